import Glibc
import ShmFiles

/// Records of a journal by number. A record's place follows from its number, so that finding one is an array lookup in
/// a mapping of the file; a block is checked when it is first looked at, and then believed.
///
/// For whoever needs a few records and not all of them: what stands behind a number, a correction, a consumer that has
/// fallen behind. It takes no lock and can be used while a writer goes on. One thread at a time; maps files as they are
/// asked for, and keeps them mapped. Their pages come from the page cache.
public final class JournalReader {
    /// One file.
    private final class Segment {
        let file: FileHandle
        let mapping: MappedFile
        /// Blocks that were found good, a bit each.
        var good: [UInt64]

        init(_ file: consuming FileHandle, _ mapping: consuming MappedFile, blocks: Int) {
            self.file = file
            self.mapping = mapping
            good = [UInt64](repeating: 0, count: (blocks + 63) / 64)
        }
    }

    private let path: String
    private let layout: JournalLayout
    private let epoch: UInt64
    private var segments: [UInt64: Segment] = [:]
    private let tails = BlockBuffer(count: 2)

    /// A reader of the journal in the directory `path`, of this layout and epoch, as a scan tells them.
    public init(path: String, layout: JournalLayout, epoch: UInt64) {
        self.path = path
        self.layout = layout
        self.epoch = epoch
    }

    /// Calls `body` with the 128 bytes of record `seq` (from 1), valid during the call. Throws `damaged` with file and
    /// offset when they cannot be believed or were never written, and `system` when the file cannot be had.
    public func withRecord<Value>(
        _ seq: UInt64, _ body: (UnsafeRawBufferPointer) -> Value
    ) throws(JournalError) -> Value {
        precondition(seq > 0, "records count from 1")
        let number = JournalLayout.block(ofRecord: seq)
        let place = Int(seq - JournalLayout.firstRecord(ofBlock: number))
        let segment = try segment(layout.segment(ofBlock: number))
        let block = unsafe try block(number, place: place, in: segment)
        // SAFETY: a whole block, and a place in it.
        return unsafe body(UnsafeRawBufferPointer(start: block + 128 + place * 128, count: 128))
    }

    private func segment(_ number: UInt64) throws(JournalError) -> Segment {
        if let known = segments[number] { return known }
        let name = path + "/" + JournalLayout.name(ofSegment: number)
        let (byteCount, blocks) = (layout.segmentBytes, layout.blocksPerSegment)
        let segment = try journalCall { () throws(SystemError) in
            let file = try FileHandle(path: name, flags: O_RDONLY)
            let has = try file.status().byteCount
            if has < byteCount { throw SystemError("read", name, code: ENODATA) }
            var mapping = try MappedFile(file, byteCount: byteCount, writable: false, populates: false)
            mapping.guardAgainstCuts()
            return Segment(file, mapping, blocks: blocks)
        }
        segments[number] = segment
        return segment
    }

    /// The block that has the record: its own, once it is written, and a tail until then.
    private func block(
        _ number: UInt64, place: Int, in segment: Segment
    ) throws(JournalError) -> UnsafeRawPointer {
        let index = Int(number - layout.firstBlock(ofSegment: layout.segment(ofBlock: number)))
        let offset = layout.offset(ofBlock: number)
        // SAFETY (all of this function): the offset of a block lies inside the mapping; the buffer has two blocks.
        let block = unsafe UnsafeRawPointer(segment.mapping.base + offset)
        if segment.good[index / 64] >> UInt64(index % 64) & 1 == 1 { return unsafe block }
        if let header = unsafe JournalBlock.open(block, epoch: epoch), !header.isTail, header.number == number
        {
            segment.good[index / 64] |= 1 << UInt64(index % 64)
            return unsafe block
        }
        // Read and not mapped: a writer may be at them, and what is checked must be what is used.
        for turn in 0...1 {
            let count = try journalCall { () throws(SystemError) in
                unsafe try segment.file.read(
                    into: tails.bytes(turn..<turn + 1), at: JournalLayout.offset(ofTail: turn))
            }
            guard count == JournalLayout.blockBytes,
                let header = unsafe JournalBlock.open(UnsafeRawPointer(tails.block(turn)), epoch: epoch),
                header.isTail, header.number == number, header.count > place
            else { continue }
            return unsafe UnsafeRawPointer(tails.block(turn))
        }
        throw .damaged(
            object: segment.file.path, offset: offset,
            reason:
                "record \(JournalLayout.firstRecord(ofBlock: number) + UInt64(place)) cannot be read, or is not "
                + "written yet")
    }
}
