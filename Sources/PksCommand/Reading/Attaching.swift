import CSeqlock
import Glibc
import PositionText
import ShmFiles
import ShmReader

/// Gives what can go wrong on attaching to a segment its exit status.
extension CommandError {
    init(_ error: AttachError) {
        switch error {
        case .badName: self = .said(.usage, error.description)
        case .wrongOwner: self = .said(.noPermission, error.description)
        case .system(EACCES, _, let object), .system(EPERM, _, let object):
            self = .failed(
                .noPermission, what: object, why: "this user may not read it",
                advice: "ask the writer's user for access to its group, or run as that user")
        case .notFound, .system, .truncated, .wrongMagic, .wrongVersion, .wrongLayout, .invalid:
            self = .said(.unavailable, error.description)
        }
    }
}

/// Attaches to a book's segment.
func attach(book: String) throws(CommandError) -> SegmentReader {
    do throws(AttachError) {
        return try SegmentReader(book: book)
    } catch {
        if case .notFound(let object) = error {
            throw .failed(
                .unavailable, what: "book \(book)", why: "there is no segment \(object)",
                advice: "pks ls shows what there is; pks replay FILE --book \(book) --keep makes one")
        }
        throw CommandError(error)
    }
}

/// What a person should know of the writer before believing its positions; nil when all is well. A writer
/// that ended in good order is well: its positions are final. One that was killed is known at once, not when
/// its heartbeat has become old.
func warning(of reader: borrowing SegmentReader) -> String? {
    let nowNs = pks_monotonic_ns()
    let pid = reader.header.writer.pid
    let status = reader.writerStatus(nowNs: nowNs)
    if reader.hasWriterDied() {
        return "the writer (process \(pid)) has died: these are its last positions"
    }
    switch status {
    case .live, .stopped: return nil
    case .starting: return "the writer (process \(pid)) is starting: positions are not complete yet"
    case .degraded(let reasons):
        return
            "the writer (process \(pid)) is degraded: \(degradedText(reasons)); \(degradedMeaning(reasons))"
    case .retired: return "another segment has taken this one's name: read again"
    case .stale(let sinceNs):
        return "the writer (process \(pid)) has shown no sign of life for \(ageText(nowNs - sinceNs)): these "
            + "are its last positions"
    }
}

/// What the reasons of a degraded writer mean for its positions, and for the fills that come.
func degradedMeaning(_ reasons: UInt64) -> String {
    let full = PKS_DEGRADED_SLOTS_FULL | PKS_DEGRADED_LOTS_FULL | PKS_DEGRADED_IDENTITIES_FULL
    func has(_ bits: Int32) -> Bool { reasons & UInt64(bits) != 0 }
    var words: [String] = []
    if has(full) { words.append("fills are being rejected") }
    if has(PKS_DEGRADED_JOURNAL) { words.append("fills wait until it can be") }
    if has(PKS_DEGRADED_PRODUCER) { words.append("fills of that producer are not read") }
    let isWhole = !has(PKS_DEGRADED_HISTORY)
    if words.isEmpty { return isWhole ? "positions are right" : "positions lack those" }
    return (isWhole ? "positions are right, but " : "positions lack those, and ")
        + words.joined(separator: ", ")
}
