import CSeqlock
import Glibc
import ShmFiles

/// A segment that stands under the name which a new one is to get. It may be anything: the last run's, a
/// live one of a process with another run directory, or garbage. It is only read and written through
/// system calls, never mapped, so that nothing in it can harm this process.
struct SegmentLeftover: ~Copyable {
    private let file: FileHandle
    private let liveOffset: Int

    /// Opens what stands at `path`; nil when there is nothing that could have attached readers.
    /// Throws `alreadyRunning` when its writer is alive.
    static func find(path: String) throws(ShmError) -> SegmentLeftover? {
        guard
            let checked = try? HeaderCheck.open(
                path: path, flags: O_RDWR, magic: UInt64(PKS_SEGMENT_MAGIC), empty: pks_segment_header())
        else { return nil }
        let header = checked.header
        guard let liveOffset = Int(exactly: header.live_offset), liveOffset >= 0, liveOffset % 8 == 0,
            liveOffset <= checked.status.byteCount - MemoryLayout<pks_live>.size
        else { return nil }
        var state: UInt64 = 0
        // SAFETY: the bytes of `state` are exclusively ours for the closure.
        let count = unsafe withUnsafeMutableBytes(of: &state) { bytes in
            unsafe try? checked.file.read(into: bytes, at: liveOffset + fieldOffset(\pks_live.state))
        }
        guard count == 8 else { return nil }
        let hasEnded = state == UInt64(PKS_STATE_STOPPED) || state == UInt64(PKS_STATE_RETIRED)
        if !hasEnded, header.writer.pid != UInt32(getpid()), ProcessIdentity.isAlive(header.writer) {
            throw .alreadyRunning(object: path, pid: header.writer.pid)
        }
        return SegmentLeftover(checked, liveOffset: liveOffset)
    }

    private init(_ checked: consuming HeaderCheck.Checked<pks_segment_header>, liveOffset: Int) {
        self.file = checked.takeFile()
        self.liveOffset = liveOffset
    }

    /// Tells attached readers that another segment takes this one's name. Eight-byte writes to a shared
    /// file show in every mapping of it; only the lowest byte of the state changes, so it cannot be torn.
    /// What fails here is ignored: readers then see a heartbeat that stays old.
    func retire() {
        let now = UInt64(bitPattern: pks_monotonic_ns())
        try? file.write(word: now, at: liveOffset + fieldOffset(\pks_live.state_since_ns))
        try? file.write(word: UInt64(PKS_STATE_RETIRED), at: liveOffset + fieldOffset(\pks_live.state))
    }
}

/// Byte offset of a field of a C layout. The asserts in CSeqlock say which it must be.
func fieldOffset<Root, Value>(_ field: KeyPath<Root, Value>) -> Int {
    guard let offset = MemoryLayout<Root>.offset(of: field) else {
        preconditionFailure("every field of a C structure has an offset")
    }
    return offset
}
