import CSeqlock
import FillProducer
import Glibc

/// One producing process: a ring in each book, filled at a fixed rate whatever the daemon does.
enum SoakProducer {
    /// Sends everything, waits until all of it is in the books, and takes its rings away.
    static func run(_ plan: SoakPlan, producer: Int) throws {
        var lanes: [Lane] = []
        for book in 0..<plan.books { lanes.append(try Lane(plan, producer: producer, book: book)) }
        let beganNs = pks_monotonic_ns()
        var lateNsMax: Int64 = 0
        var fullCount = 0
        let ratePerLane = plan.rate / plan.books
        var isSending = true
        while isSending {
            let elapsedNs = pks_monotonic_ns() - beganNs
            let due = min(plan.fillsPerRing, Int(Double(elapsedNs) * Double(ratePerLane) / 1e9))
            isSending = false
            for lane in lanes {
                let behind = due - lane.sent
                lateNsMax = max(lateNsMax, Int64(Double(behind) / Double(ratePerLane) * 1e9))
                if !lane.send(until: due) { fullCount += 1 }
                if lane.sent < plan.fillsPerRing { isSending = true }
            }
            Pace.rest(ms: 1)
        }
        for lane in lanes { try lane.finish() }
        let duplicates = lanes.reduce(0) { $0 + $1.duplicates }
        say(
            "{\"producer\":\(producer),\"sent\":\(plan.fillsPerRing * plan.books),\"duplicates\":\(duplicates),"
                + "\"ring_full\":\(fullCount),\"behind_schedule_seconds_max\":\(Double(lateNsMax) / 1e9),"
                + "\"seconds\":\(Double(pks_monotonic_ns() - beganNs) / 1e9)}")
    }

    /// The ring of one book.
    private final class Lane {
        private(set) var sent = 0
        var duplicates: UInt64 { stream.duplicates }
        private var ring: FillProducer
        private var stream: SoakStream
        private var handles: [UInt32] = []
        private var held: pks_fill_record?

        init(_ plan: SoakPlan, producer: Int, book: Int) throws {
            var options = ProducerOptions(book: plan.book(book), producer: plan.producer(producer))
            options.runDirectory = plan.runDirectory
            ring = try FillProducer(options)
            stream = SoakStream(plan, producer: producer, book: book)
            for index in 0..<SoakStream.keyCount {
                let key = SoakStream.key(index, producer: producer)
                guard
                    case .handle(let handle) = ring.define(
                        account: key.account, strategy: key.strategy, symbol: key.symbol)
                else { throw SoakFailure("the ring of \(options.producer) takes no key") }
                handles.append(handle)
            }
            ring.publish()
        }

        /// Puts fills up to number `due`; false when the ring was full before.
        func send(until due: Int) -> Bool {
            while sent < due {
                let fill = held ?? stream.next(handles)
                guard ring.put(fill) == .ok else {
                    held = fill
                    ring.publish()
                    return false
                }
                held = nil
                sent += 1
                if sent & 63 == 0 { ring.publish() }
            }
            ring.publish()
            ring.beat(nowNs: pks_monotonic_ns())
            return true
        }

        /// Returns when the book has everything.
        func finish() throws {
            while try !ring.removeIfApplied() {
                if ring.isQuarantined { throw SoakFailure("the ring is quarantined") }
                Pace.rest(ms: 1)
            }
        }
    }
}

/// Why a soak failed.
struct SoakFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Prints one line at once.
func say(_ line: String) {
    var text = line + "\n"
    // SAFETY: the bytes live for the closure.
    text.withUTF8 { bytes in _ = unsafe write(1, bytes.baseAddress, bytes.count) }
}
