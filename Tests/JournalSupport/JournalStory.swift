public import Accumulator
import CJournal
import CSeqlock
public import Journal
import TestSupport

/// The records of a journal as a writer would have written them, at random: rings, keys, fills, extensions, refused
/// records and changes of bounds.
public struct JournalStory {
    /// The journal's epoch.
    public static let epoch: UInt64 = 7
    /// Small segments, so that there are many.
    public static let layout = JournalLayout(blocksPerSegment: 5)
    /// Bounds that no record of the journal states.
    public static let config = BookConfig(name: "main", positionsMax: 3, lotsMax: 64, identitiesMax: 64)

    /// The records, 128 bytes each.
    public private(set) var records: [[UInt8]] = []
    private var random: SeededRandom
    private var keyCount: UInt32 = 0
    private var drawn = 0
    /// `identitiesMax`, which grows.
    private var identitiesMax: UInt64 = 3000

    /// The same seed gives the same records.
    public init(seed: UInt64, count: Int) {
        random = SeededRandom(seed: seed)
        addConfig()
        addRing(0, next: 5)
        for _ in 0..<3 { addKey() }
        while records.count < count {
            switch Int.random(in: 0..<100, using: &random) {
            case 0: addKey()
            case 1: addConfig()
            case 2: addRing(Int.random(in: 0..<3, using: &random), next: random.next() >> 40)
            case 3..<8: addRefused()
            case 8..<20: addFill(extended: true)
            default: addFill(extended: false)
            }
        }
    }

    // MARK: - What a journal does with them

    /// A journal with the first `count` records.
    public func journal(_ count: Int? = nil) throws -> SimulatedDirectory {
        let directory = SimulatedDirectory()
        var writer = try JournalWriter(
            directory, book: "main", after: .beginning(epoch: Self.epoch, layout: Self.layout),
            batchBlocksMax: 3, nowRealtimeNs: 1)
        for record in records.prefix(count ?? records.count) {
            // SAFETY: the array outlives the calls.
            try unsafe record.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                while unsafe !writer.append(base) { try writer.commit(nowRealtimeNs: 1) }
            }
        }
        try writer.commit(nowRealtimeNs: 1)
        return directory
    }

    /// What the first `count` records make, in one go.
    public func outcome(_ count: Int) throws -> (digest: String, rings: RingTable) {
        var replay = BookReplay(name: "main", hashSeed: 5)
        let bytes = records.prefix(count).flatMap { $0 }
        // SAFETY: the array outlives the call.
        try unsafe bytes.withUnsafeBytes { unsafe try replay.take($0, firstSeq: 1) }
        replay.end()
        return (replay.book.digest(), replay.rings)
    }

    // MARK: - Records

    private mutating func add<Record>(_ record: Record, ring: UInt32? = nil, handle: UInt32 = 0xff_ffff) {
        // SAFETY: all kinds are 128 bytes without padding; bytes 4 to 7 are the handle.
        records.append(
            unsafe withUnsafeBytes(of: record) { raw in
                var bytes = unsafe Array(raw)
                let tagged = handle & 0xff_ffff | (ring ?? 0xff) << 24
                for index in 0..<4 {
                    bytes[4 + index] = UInt8(truncatingIfNeeded: tagged >> UInt32(index * 8))
                }
                return bytes
            })
    }

    private mutating func addConfig() {
        var record = pks_config_record()
        record.kind = UInt8(PKS_KIND_CONFIG)
        record.version = 1
        (record.positions_max, record.lots_max, record.other_fees_max) = (16, 2000, 50)
        record.identities_max = identitiesMax
        record.identity_window_ns = 1000
        record.late_after_ns = Int64.random(in: 0...50, using: &random)
        identitiesMax += 10
        add(record)
    }

    private mutating func addRing(_ ring: Int, next: UInt64) {
        var record = pks_ring_record()
        record.kind = UInt8(PKS_KIND_RING)
        record.state = UInt8(random.chance(80) ? PKS_RING_RECORD_ATTACHED : PKS_RING_RECORD_GONE)
        record.epoch = 1000 + random.next() % 5
        record.next = next
        SmallBook.write("producer-\(record.epoch)", into: &record, at: 24)
        add(record, ring: UInt32(ring))
    }

    private mutating func addKey() {
        if keyCount == 16 { return }
        var instrument = pks_instrument_record()
        instrument.kind = UInt8(PKS_KIND_INSTRUMENT)
        (instrument.price_decimals, instrument.qty_decimals, instrument.fee_decimals) = (2, 3, 4)
        instrument.multiplier = Int64.random(in: 1...50, using: &random)
        instrument.method = UInt8(keyCount % 5 + 1)
        SmallBook.write("USD", into: &instrument, at: 24)
        SmallBook.write("S\(keyCount)", into: &instrument, at: 80)
        add(instrument, ring: 0)
        var key = pks_key_record()
        key.kind = UInt8(PKS_KIND_KEY)
        (key.price_decimals, key.qty_decimals, key.fee_decimals) = (2, 3, 4)
        SmallBook.write("account", into: &key, at: 16)
        SmallBook.write("strategy", into: &key, at: 48)
        SmallBook.write("S\(keyCount)", into: &key, at: 80)
        add(key, ring: 0, handle: keyCount)
        keyCount += 1
    }

    private mutating func addFill(extended: Bool) {
        let ring = UInt32.random(in: 0..<3, using: &random)
        if extended {
            var extra = pks_extension_record()
            extra.kind = UInt8(PKS_KIND_EXTENSION)
            extra.flags = UInt16(PKS_EXTENSION_FEE_CURRENCY)
            SmallBook.write(random.pick(["EUR", "BNB", "USD"]), into: &extra, at: 8)
            add(extra, ring: ring)
        }
        var fill = pks_fill_record()
        fill.kind = UInt8(PKS_KIND_FILL)
        fill.flags = extended ? UInt16(PKS_FILL_EXTENDED) : 0
        fill.side = random.chance(55) ? UInt8(PKS_SIDE_BUY) : UInt8(PKS_SIDE_SELL)
        fill.qty = Int64.random(in: 0...9, using: &random)
        fill.price = Int64.random(in: -5...500, using: &random)
        fill.fee = Int64.random(in: -2...9, using: &random)
        // Some are late, some come again.
        if !random.chance(5) { drawn += 1 }
        fill.event_ns = Int64(drawn) - (random.chance(10) ? 100 : 0)
        SmallBook.write("trade-\(drawn)", into: &fill, at: 40)
        add(fill, ring: ring, handle: UInt32.random(in: 0..<keyCount, using: &random))
    }

    private mutating func addRefused() {
        var fill = pks_fill_record()
        fill.kind = UInt8(PKS_KIND_REFUSED)
        fill.flags = UInt16(PKS_KIND_FILL) << 8 | UInt16(RejectReason.danglingExtension.rawValue)
        add(fill, ring: 1)
    }
}
