import CSeqlock
import Glibc
import ShmReader

/// A strategy that reads every slot of a book over and over, and does not believe what it reads.
enum SoakPoller {
    /// Polls until the segment says that its writer has stopped.
    static func run(_ plan: SoakPlan, book: Int) throws {
        let reader = try attach(plan.book(book))
        var seen: [(seq: UInt64, fills: UInt64)] = []
        var (reads, busy, sweeps) = (0, 0, 0)
        var position = pks_position()
        while true {
            let status = reader.writerStatus()
            while seen.count < reader.slotCount { seen.append((0, 0)) }
            for slot in 0..<seen.count {
                guard reader.read(slot, into: &position) == .value else {
                    busy += 1
                    continue
                }
                reads += 1
                guard position.net_qty == position.bought_qty - position.sold_qty else {
                    throw SoakFailure("slot \(slot): net \(position.net_qty) is not bought less sold")
                }
                guard position.applied_seq >= seen[slot].seq, position.fill_count >= seen[slot].fills else {
                    throw SoakFailure("slot \(slot) went back from record \(seen[slot].seq)")
                }
                seen[slot] = (position.applied_seq, position.fill_count)
            }
            sweeps += 1
            if case .stopped = status { break }
            if case .retired = status { throw SoakFailure("the segment was retired") }
            Pace.rest(ms: 1)
        }
        say("{\"book\":\"\(plan.book(book))\",\"reads\":\(reads),\"busy\":\(busy),\"sweeps\":\(sweeps)}")
    }

    private static func attach(_ book: String) throws -> SegmentReader {
        while true {
            do throws(AttachError) {
                return try SegmentReader(book: book)
            } catch {
                switch error {
                case .notFound: Pace.rest(ms: 1)
                default: throw error
                }
            }
        }
    }
}
