import CSeqlock
import CTorture
import Glibc
import ShmBridge
import ShmReader
import TestSupport

/// How a slot is read: the product's way, or one of the broken ways that prove the check.
enum Variant: String {
    case correct
    case unchecked
    case otherCell = "other-cell"
    case plain
}

/// What the reading side saw. All values that a reader called whole are checked; `reads` counts those of
/// blocks during which the writer published, `idle` those of blocks during which it did not run.
struct Tally {
    private static var blockReads: UInt64 { 256 }
    /// Nobody needs more proof than this.
    private static var tornEnough: UInt64 { 10 }

    var reads: UInt64 = 0
    var idle: UInt64 = 0
    var torn: UInt64 = 0
    var backwards: UInt64 = 0
    var changed: UInt64 = 0
    var busy: UInt64 = 0
    var publishes: UInt64 = 0
    private var blocks: UInt64 = 0
    private var last: UInt64 = 0

    /// Reads until `wanted` values came back while the writer wrote. `read` says whether it calls its copy
    /// whole, `sequence` how often the slot was published.
    mutating func run(
        wanted: UInt64, sequence: () -> UInt64, betweenBlocks: () -> Void,
        _ read: (inout pks_position) -> Bool
    ) {
        while reads < wanted, torn < Self.tornEnough {
            let before = sequence()
            checkBlock(read)
            let published = sequence() - before
            publishes += published
            blocks += 1
            if blocks % 64 == 0 { betweenBlocks() }
            if published > 0 {
                reads += Self.blockReads
            } else {
                idle += Self.blockReads
                sched_yield()
            }
        }
    }

    private mutating func checkBlock(_ read: (inout pks_position) -> Bool) {
        // SAFETY: both are locals that outlive the calls.
        var value = pks_position()
        var isWhole: Int32 = 0
        var count: UInt64 = 0
        while count < Self.blockReads {
            guard read(&value) else {
                busy += 1
                continue
            }
            count += 1
            let counter = unsafe torture_counter(&value, &isWhole)
            if isWhole == 0 {
                torn += 1
                continue
            }
            if counter < last { backwards += 1 }
            if counter != last { changed += 1 }
            last = counter
        }
    }

    /// One line of figures; the status is 0 only when nothing was torn.
    func report() -> Int32 {
        say(
            "reads=\(reads) torn=\(torn) backwards=\(backwards) changed=\(changed) publishes=\(publishes)"
                + " idle=\(idle) busy=\(busy)")
        return torn == 0 && backwards == 0 ? 0 : 1
    }
}

enum TornReads {
    // SAFETY (all of these): values passed by address are locals that outlive the call; addresses of slots
    // come from a reader or writer that is alive.

    static func acrossProcesses(_ arguments: inout Arguments) throws -> Int32 {
        let directory = arguments.text("DIRECTORY")
        let wanted = arguments.number("READS")
        let variant = variant(&arguments)
        let seed = arguments.text("SEED")
        let writer = try Subprocess([Subprocess.product("pks-torture"), "write", directory, seed])
        defer { writer.kill() }
        guard writer.line() != nil else { arguments.fail("the writing process did not start") }
        _ = torture_pin(1)
        let reader = try SegmentReader(book: "main", directory: directory)
        return try tally(reader, wanted, variant).report()
    }

    static func acrossThreads(_ arguments: inout Arguments) throws -> Int32 {
        let directory = arguments.text("DIRECTORY")
        let wanted = arguments.number("READS")
        let variant = variant(&arguments)
        var writer = try Writers.segment(directory)
        guard let slot = writer.claimSlot(Writers.entry("TORN")) else { return 1 }
        var value = pks_position()
        unsafe torture_fill(&value, 1)
        let published = unsafe writer.publish(slot: slot, published: 1, value: &value)
        // One mapping for both: the sanitizer tells memory by its address.
        let reader = try SegmentReader(sharing: writer.mapping, book: "main")
        try WritingThread.start(writer, slot: slot, published: published, breaksRules: variant == .plain)
        return try tally(reader, wanted, variant) { readTheRest(reader) }.report()
    }

    /// Everything else that readers do, for the sanitizer to watch.
    private static func readTheRest(_ reader: borrowing SegmentReader) {
        let count = reader.slotCount
        if let key = reader.key(of: count - 1) {
            _ = reader.find(account: key.account, strategy: key.strategy, symbol: key.symbol)
        }
        var snapshot = PositionSnapshot()
        _ = reader.snapshot(into: &snapshot, rounds: 2)
        var cursor = reader.changeCursor()
        for _ in 0..<4 { _ = reader.nextChange(&cursor) }
        _ = (reader.counters, reader.writerStatus(), reader.durableSeq)
    }

    private static func variant(_ arguments: inout Arguments) -> Variant {
        let text = arguments.text("VARIANT")
        guard let variant = Variant(rawValue: text) else { arguments.fail("unknown variant \(text)") }
        return variant
    }

    private static func tally(
        _ reader: borrowing SegmentReader, _ wanted: UInt64, _ variant: Variant,
        betweenBlocks: () -> Void = {}
    ) throws -> Tally {
        guard let slot = reader.find(account: "acc", strategy: "strat", symbol: "TORN") else {
            throw AttachError.notFound(object: "TORN")
        }
        let address = unsafe reader.slotAddress(slot).assumingMemoryBound(to: pks_slot.self)
        var tally = Tally()
        func run(_ read: (inout pks_position) -> Bool) {
            tally.run(
                wanted: wanted, sequence: { reader.sequence(of: slot) }, betweenBlocks: betweenBlocks, read)
        }
        switch variant {
        case .correct: run { Probes.read(reader, slot, &$0) }
        case .unchecked: run { unsafe broken_read_unchecked(address, &$0) != 0 }
        case .otherCell: run { unsafe broken_read_other_cell(address, &$0) != 0 }
        case .plain: run { unsafe broken_read_plain(address, &$0) != 0 }
        }
        return tally
    }
}
