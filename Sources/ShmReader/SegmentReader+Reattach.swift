public import CSeqlock
import ShmFiles

/// What looking for a newer segment gave.
public enum ReattachResult: Sendable, Equatable {
    /// The segment is the current one of its book.
    case current(epoch: UInt64)
    /// The reader has moved to a newer segment: slot numbers of the old epoch mean nothing now.
    case reattached(fromEpoch: UInt64, toEpoch: UInt64)
    /// The book has no segment any more; this one's last positions stay readable.
    case gone(epoch: UInt64)
}

extension SegmentReader {
    /// Whether the writer, or a later one, has said that another segment takes this one's name. One load.
    public var isRetired: Bool { liveWord(\.state) == UInt64(PKS_STATE_RETIRED) }

    /// Moves to the book's newer segment when there is one. Cheap while the writer is well: it looks at the
    /// files only when the segment is retired, stopped or stale. Throws what attaching throws; the reader
    /// then stays where it is.
    public mutating func reattachIfNeeded(
        staleAfterNs: Int64 = 1_000_000_000, nowNs: Int64 = pks_monotonic_ns()
    ) throws(AttachError) -> ReattachResult {
        switch writerStatus(staleAfterNs: staleAfterNs, nowNs: nowNs) {
        case .starting, .live, .degraded: return .current(epoch: epoch)
        case .stopped, .retired, .stale: break
        }
        let oldEpoch = epoch
        do throws(AttachError) {
            let standing = try Self.open(path, allowedOwners).header.epoch
            if standing == oldEpoch { return .current(epoch: oldEpoch) }
            self = try SegmentReader(book: book, directory: shmDirectory, allowedOwners: allowedOwners)
        } catch {
            if case .notFound = error { return .gone(epoch: oldEpoch) }
            throw error
        }
        return epoch == oldEpoch
            ? .current(epoch: epoch) : .reattached(fromEpoch: oldEpoch, toEpoch: epoch)
    }
}
