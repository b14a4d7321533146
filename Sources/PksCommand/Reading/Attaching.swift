import CSeqlock
import Glibc
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
    if hasDied(reader) {
        return "the writer (process \(pid)) has died: these are its last positions"
    }
    switch status {
    case .live, .stopped: return nil
    case .starting: return "the writer (process \(pid)) is starting: positions are not complete yet"
    case .degraded(let reasons):
        return "the writer (process \(pid)) is degraded: \(degradedText(reasons)); positions are right, but "
            + "fills are being rejected"
    case .retired: return "another segment has taken this one's name: read again"
    case .stale(let sinceNs):
        return "the writer (process \(pid)) has shown no sign of life for \(ageText(nowNs - sinceNs)): these "
            + "are its last positions"
    }
}

/// Whether the writer is dead without having said that it ends. A process that cannot be found may live in
/// another pid namespace: one whose heart still beats does. Takes up to a third of a second, and only then.
func hasDied(_ reader: borrowing SegmentReader) -> Bool {
    let status = reader.writerStatus()
    if status.hasEnded || ProcessIdentity.isAlive(reader.header.writer) { return false }
    if case .stale = status { return true }
    let beatNs = reader.heartbeatNs
    for _ in 0..<30 {
        _ = poll(nil, 0, 10)  // no descriptors: this only waits
        if reader.heartbeatNs != beatNs { return false }
    }
    return true
}

extension WriterStatus {
    /// Whether the writer said that it has ended.
    var hasEnded: Bool {
        switch self {
        case .stopped, .retired: true
        case .starting, .live, .degraded, .stale: false
        }
    }
}

/// A length of time for people: 850us, 12ms, 3.2s, 4m, 5h, 6d.
func ageText(_ ns: Int64) -> String {
    let seconds = Double(ns) / 1e9
    switch ns {
    case ..<0: return "0ms"
    case ..<1_000_000: return "\(ns / 1000)us"
    case ..<1_000_000_000: return "\(ns / 1_000_000)ms"
    case ..<60_000_000_000: return "\((seconds * 10).rounded() / 10)s"
    case ..<3_600_000_000_000: return "\(ns / 60_000_000_000)m"
    case ..<86_400_000_000_000: return "\(ns / 3_600_000_000_000)h"
    default: return "\(ns / 86_400_000_000_000)d"
    }
}
