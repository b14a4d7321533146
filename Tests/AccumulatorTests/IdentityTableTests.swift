import CSeqlock
import TestSupport
import Testing

@testable import Accumulator

/// The table of identities against a dictionary, with hashes that a good hash would never give.
@Suite struct IdentityTableTests {
    /// How hashes spread: few buckets, few tags, or both, so that everything collides with everything.
    enum Spread: CaseIterable {
        case random, oneHash, oneBucket, oneTag, neighbours

        func hash(_ random: inout SeededRandom, buckets: UInt64) -> UInt64 {
            let any = random.next()
            return switch self {
            case .random: any
            case .oneHash: 0x7777_0000_0000_0000
            case .oneBucket: any & 0xffff_0000_0000_0000
            case .oneTag: (any & 0x0000_ffff_ffff_ffff) | UInt64.random(in: 0...2, using: &random) << 48
            // The last buckets, so that what they cannot hold goes round to the first.
            case .neighbours: (any & 0x0003_0000_0000_0000) | (buckets - 1 - any % min(2, buckets))
            }
        }
    }

    @Test(arguments: Spread.allCases, [4, 8, 16, 64])
    func theTableFindsWhatIsRememberedAndNothingElse(spread: Spread, entriesMax: Int) {
        for stream in 0..<TestSeed.streams(6) {
            let seed = TestSeed.base &+ UInt64(stream)
            var run = TableRun(spread, entriesMax: entriesMax, seed: seed)
            for step in 0..<1500 {
                guard let problem = run.step() else { continue }
                Issue.record("\(spread), \(entriesMax), PKS_TEST_SEED=\(seed), step \(step): \(problem)")
                return
            }
            #expect(run.repeats > 0 && run.forgotten > 0)
            let rest = run.forgetAll()
            #expect(rest == 0, "\(spread), \(entriesMax): an emptied table is not empty")
        }
    }

    /// Two buckets of seven lanes: first one entry goes on from bucket 0 to 1, later one from 1 to 0. Both
    /// buckets have then been passed, and a lookup of something unknown must still end.
    @Test func aLookupEndsWhenEveryBucketWasPassed() {
        let table = IdentityTable(entriesMax: 8)
        let window = FillWindow(countMax: 8, placesMax: 64)
        var unknown = Records.fill("unknown", buy: true, qty: 1, price: 1)
        for place in UInt64(0)..<15 {
            let hash: UInt64 = place < 8 ? 0 : 1
            if place >= 8 { table.remove(0, place: place - 8) }
            // SAFETY (all of this function): the record outlives the calls.
            let found = unsafe table.find(hash, &unknown, in: window.stored)
            table.insert(hash, place: place, at: found.free)
        }
        let passed = (table.passed(0), table.passed(1))
        #expect(passed.0 > 0 && passed.1 > 0)
        for hash: UInt64 in [0, 1, 0x0002_0000_0000_0000, 0x0003_0000_0000_0001] {
            let found = unsafe table.find(hash, &unknown, in: window.stored)
            #expect(found.place == nil)
        }
    }

    @Test func theWindowIsARing() {
        var window = FillWindow(countMax: 4, placesMax: 64)
        var records = (0..<11).map { Records.fill("\($0)", buy: true, qty: 1, price: Int64($0)) }
        for index in records.indices {
            let isFull = window.isFull
            #expect(isFull == (index >= 4))
            if isFull { window.oldest += 1 }
            // SAFETY (all of this function): records outlive the calls, and places are in the window.
            unsafe window.place(ahead: 0).pointee = records[index]
            window.keepNext(seq: UInt64(100 + index))
            for place in window.oldest..<window.next {
                let price = unsafe window.record(place).pointee.price
                let seq = window.seq(place)
                let isSame = unsafe window.stored.isSame(place, &records[Int(place)])
                #expect(price == Int64(place) && seq == 100 + place && isSame)
            }
        }
        var other = records[10]
        other.handle = 1
        let isSame = unsafe window.stored.isSame(10, &other)
        #expect(!isSame)
    }
}

/// A table and a window used as a book uses them, with the oldest entry forgotten when there is no room.
private struct TableRun: ~Copyable {
    private let table: IdentityTable
    private var window: FillWindow
    private let spread: IdentityTableTests.Spread
    private let entriesMax: Int
    private var random: SeededRandom
    /// Place of each identity that is remembered.
    private var model: [Int: UInt64] = [:]
    /// Identity and hash of every place so far.
    private var entries: [(identity: Int, hash: UInt64)] = []
    private(set) var repeats = 0
    private(set) var forgotten = 0

    init(_ spread: IdentityTableTests.Spread, entriesMax: Int, seed: UInt64) {
        table = IdentityTable(entriesMax: entriesMax)
        window = FillWindow(countMax: entriesMax, placesMax: 128)
        self.spread = spread
        self.entriesMax = entriesMax
        random = SeededRandom(seed: seed)
    }

    mutating func step() -> String? {
        let identity: Int
        let hash: UInt64
        if !entries.isEmpty && random.chance(40) {
            (identity, hash) = random.pick(entries)
        } else {
            identity = entries.count
            hash = spread.hash(&random, buckets: UInt64(max(1, entriesMax / 4)))
        }
        // SAFETY (all of this function): the next place of the window is this run's to write.
        let record = unsafe window.place(ahead: 0)
        // Identities differ in one part only: the trade id, the order id or the key.
        unsafe record.pointee = Records.fill(
            "\(identity % 3)", buy: true, qty: 1, price: 1, handle: UInt32(identity / 9),
            order: "\(identity / 3 % 3)")
        let found = unsafe table.find(hash, record, in: window.stored)
        if found.place != model[identity] {
            return "\(identity) was found at \(found.place ?? .max), not \(model[identity] ?? .max)"
        }
        if found.place != nil {
            repeats += 1
            return nil
        }
        if model.count == entriesMax { forget() }
        table.insert(hash, place: window.next, at: found.free)
        model[identity] = window.next
        entries.append((identity, hash))
        window.keepNext(seq: 0)
        return nil
    }

    /// Forgets everything; then no lane may be taken and no bucket be marked as passed.
    mutating func forgetAll() -> Int {
        while window.oldest < window.next { forget() }
        return (0...table.mask).reduce(0) { sum, bucket in
            (0..<7).reduce(sum + Int(table.passed(bucket))) { $0 + Int(table.tag(bucket, $1)) }
        }
    }

    private mutating func forget() {
        let (identity, hash) = entries[Int(window.oldest)]
        table.remove(hash, place: window.oldest)
        model[identity] = nil
        window.oldest += 1
        forgotten += 1
    }
}
