import CSeqlock
import Glibc
import ShmBridge

/// pks-pulse BOOK POSITIONS CHANGES_PER_SECOND SECONDS: a writer that makes up positions and changes them at a fixed
/// rate, evenly over the time, to see what watching them costs. PKS_RUN_DIR is where its lock goes.
@main
struct Main {
    static func main() throws {
        let words = CommandLine.arguments.dropFirst()
        let numbers = words.dropFirst().compactMap { Int($0) }
        guard let book = words.first, numbers.count == 3, let directory = runDirectory() else {
            print("usage: PKS_RUN_DIR=DIR pks-pulse BOOK POSITIONS CHANGES_PER_SECOND SECONDS")
            exit(64)
        }
        var pulse = try Pulse(book: book, positions: numbers[0], runDirectory: directory)
        try pulse.run(changesPerSecond: numbers[1], seconds: numbers[2])
    }

    private static func runDirectory() -> String? {
        // SAFETY: nobody changes the environment.
        guard let text = unsafe getenv("PKS_RUN_DIR") else { return nil }
        return unsafe String(cString: text)
    }
}

struct Pulse: ~Copyable {
    private var writer: SegmentWriter
    private var positions: [pks_position]
    private var counters = SegmentCounters()
    private var seq: UInt64 = 0
    private var state: UInt64 = 88_172_645_463_325_252

    init(book: String, positions count: Int, runDirectory: String) throws(ShmError) {
        writer = try SegmentWriter(
            SegmentConfiguration(book: book, slotCapacity: max(1, count)),
            lock: WriterLock(book: book, runDirectory: runDirectory))
        positions = [pks_position](repeating: pks_position(), count: count)
        for index in 0..<count {
            var entry = pks_directory_entry()
            Self.store("acc\(index % 8)", in: &entry.account)
            Self.store("strat\(index / 8 % 5)", in: &entry.strategy)
            Self.store("SYM\(index / 40)", in: &entry.symbol)
            Self.store("USD", in: &entry.currency)
            entry.multiplier = 1
            entry.price_decimals = 2
            entry.qty_decimals = 3
            entry.fee_decimals = 8
            _ = writer.claimSlot(entry)
        }
        writer.setState(.live)
    }

    private static func store<Field>(_ text: String, in field: inout Field) {
        // SAFETY: the bytes of `field` are exclusively ours for the closure.
        unsafe withUnsafeMutableBytes(of: &field) { unsafe $0.copyBytes(from: text.utf8) }
    }

    /// A few changes every millisecond.
    mutating func run(changesPerSecond: Int, seconds: Int) throws(ShmError) {
        let startNs = pks_monotonic_ns()
        var done = 0
        while true {
            let nowNs = pks_monotonic_ns()
            let elapsedNs = nowNs - startNs
            if elapsedNs >= Int64(seconds) * 1_000_000_000 { break }
            let due = Int(Double(elapsedNs) / 1e9 * Double(changesPerSecond))
            while done < due {
                change(nowNs)
                done += 1
            }
            writer.beat(nowNs: nowNs)
            counters.fills = UInt64(done)
            writer.setCounters(counters)
            writer.setApplied(seq)
            _ = poll(nil, 0, 1)
        }
        print("changes \(done)")
        try writer.stop(keep: false)
    }

    private mutating func random() -> Int64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int64(bitPattern: state >> 1)
    }

    private mutating func change(_ nowNs: Int64) {
        seq += 1
        let slot = Int(random() % Int64(positions.count))
        let quantity = random() % 2001 - 1000
        positions[slot].net_qty += quantity
        if quantity > 0 {
            positions[slot].bought_qty += quantity
        } else {
            positions[slot].sold_qty -= quantity
        }
        positions[slot].last_price = 10_000 + random() % 100
        let realised = Int128(_low: positions[slot].realized_pnl_lo, _high: positions[slot].realized_pnl_hi)
        let moved = realised + Int128(random() % 20_001 - 10_000)
        positions[slot].realized_pnl_lo = UInt64(truncatingIfNeeded: moved)
        positions[slot].realized_pnl_hi = Int64(truncatingIfNeeded: moved >> 64)
        positions[slot].fees += 125
        positions[slot].fill_count += 1
        positions[slot].open_lots = UInt32(truncatingIfNeeded: random() & 15)
        positions[slot].applied_seq = seq
        positions[slot].publish_ns = nowNs
        positions[slot].event_ns = nowNs
        // SAFETY: the element outlives the call.
        unsafe writer.publish(slot: slot, value: &positions[slot])
    }
}
