import CJournal
import CSeqlock
import LotMatching
import ShmReader
import TestSupport

@testable import Accumulator

/// One random stream over two rings into a book with a journal, whose writer dies at random moments with any part of
/// what is not durable yet, and comes back from what the journal has.
struct JournaledRun: ~Copyable {
    private var post: Post
    private var queue: RecordQueue
    private var planner: NaiveBook
    private var stream: FillStream
    private let keys: StreamKeys
    private let config: BookConfig
    private let isDurableFirst: Bool
    /// The journal, as far as it is durable.
    private var journal: [[UInt8]] = []
    /// What was put on each ring, and what the writers took of it, in order.
    private var sent: [[pks_fill_record]] = Array(repeating: [], count: Post.ringCount)
    private var taken = [0, 0]
    private var order: [(ring: Int, index: Int)] = []
    private var announced: Set<[Int]> = []
    private(set) var deaths = 0
    private(set) var problems: [String] = []

    private init(
        _ post: consuming Post, _ queue: RecordQueue, _ planner: NaiveBook, _ stream: FillStream,
        _ keys: StreamKeys, _ config: BookConfig, _ isDurableFirst: Bool
    ) {
        self.post = post
        self.queue = queue
        self.planner = planner
        self.stream = stream
        self.keys = keys
        self.config = config
        self.isDurableFirst = isDurableFirst
    }

    static func begin(_ profile: StreamProfile, seed: UInt64, isDurableFirst: Bool) throws -> JournaledRun {
        var stream = FillStream(profile, seed: seed)
        let keys = StreamKeys(&stream)
        let config = keys.config(profile, hashSeed: seed)
        let queue = RecordQueue(capacity: 64, after: 0)
        let post = try Post.open(config, journal: queue, isDurableFirst: isDurableFirst)
        return JournaledRun(post, queue, keys.planner(profile), stream, keys, config, isDurableFirst)
    }

    mutating func step() throws {
        let draw = RingDraw(&stream, &planner)
        announce(draw.handle, draw.ring)
        for record in draw.records { send(record, draw.ring) }
        if stream.random.chance(8) { drain(stream.random.pick([0, 1])) }
        if stream.random.chance(15) { makeDurable(all: false) }
        if stream.random.chance(2) { try die() }
    }

    /// Closes both producers, takes what is left, and compares the book with one that was given every record once,
    /// and with a replay of the journal.
    mutating func end() throws {
        for ring in 0..<Post.ringCount { post.rings[ring].close() }
        var isIdle = false
        while !isIdle {
            isIdle = true
            for ring in 0..<Post.ringCount where drain(ring) > 0 { isIdle = false }
            if queue.publishedSeq != queue.durableSeq { isIdle = false }
            makeDurable(all: true)
        }
        post.writer.beat()
        compare()
    }

    private mutating func announce(_ handle: Int, _ ring: Int) {
        guard handle < planner.positions.count, announced.insert([handle, ring]).inserted else { return }
        var key = keys.key(handle)
        key.handle = RingDraw.handle(UInt32(handle), on: ring)
        while !post.rings[ring].announce(key) { makeRoom(ring) }
        // SAFETY: both are 128 bytes without padding.
        sent[ring].append(unsafe unsafeBitCast(key, to: pks_fill_record.self))
    }

    private mutating func send(_ record: pks_fill_record, _ ring: Int) {
        while !post.rings[ring].put(record) { makeRoom(ring) }
        sent[ring].append(record)
    }

    /// A full ring is freed by what becomes durable, and by nothing else.
    private mutating func makeRoom(_ ring: Int) {
        drain(ring)
        makeDurable(all: true)
        drain(ring)
        post.writer.beat()
    }

    @discardableResult
    private mutating func drain(_ ring: Int) -> Int {
        let countMax = RingDraw.countMax(&stream.random)
        let before = post.writer.takenCount(ring: ring)
        let count = post.writer.drain(ring: ring, countMax: countMax)
        let after = Int(post.writer.takenCount(ring: ring))
        for index in Int(before)..<after { order.append((ring, index)) }
        taken[ring] = after
        compareShown()
        return count
    }

    private mutating func makeDurable(all: Bool) {
        let published = queue.publishedSeq
        let durable = queue.durableSeq
        if published == durable { return }
        let seq = all ? published : UInt64.random(in: durable...published, using: &stream.random)
        take(through: seq)
        queue.setDurable(seq)
    }

    private mutating func take(through seq: UInt64) {
        while UInt64(journal.count) < seq {
            // SAFETY: a published record, copied.
            let bytes = unsafe UnsafeRawBufferPointer(
                start: queue.record(UInt64(journal.count) + 1), count: 128)
            unsafe journal.append(Array(bytes))
        }
    }

    private func replayed() throws -> BookReplay {
        var replay = BookReplay(name: config.name, hashSeed: 1)
        // In pieces, as blocks come.
        for start in stride(from: 0, to: journal.count, by: 31) {
            let piece = journal[start..<min(start + 31, journal.count)].flatMap { $0 }
            // SAFETY: the array outlives the call. The result carries a typed error over the closure.
            let result = unsafe piece.withUnsafeBytes { bytes in
                Result { () throws(ReplayError) in unsafe try replay.take(bytes, firstSeq: UInt64(start) + 1)
                }
            }
            try result.get()
        }
        replay.end()
        return replay
    }

    /// The writer dies; of what is published and not reported durable any first part may be there.
    private mutating func die() throws {
        deaths += 1
        let reported = queue.durableSeq
        take(through: UInt64.random(in: reported...queue.publishedSeq, using: &stream.random))
        var replay = try replayed()
        for ring in 0..<Post.ringCount {
            let freed = post.rings[ring].freedCount
            let next = replay.rings.entries.first { $0.producer == "p\(ring)" }?.next ?? 0
            if next < freed { problems.append("ring \(ring): freed \(freed), journal has \(next)") }
            order.removeAll { $0.ring == ring && $0.index >= Int(next) }
            taken[ring] = Int(next)
        }
        let rings = replay.rings
        let seq = replay.lastSeq
        queue = RecordQueue(capacity: 64, after: seq)
        let isFirst = seq == 0
        var book = Book(config)
        if !isFirst {
            swap(&book, &replay.book)
            book.adopt(config)
        }
        try post.restart(
            book, journal: queue, isDurableFirst: isDurableFirst, rings: isFirst ? nil : rings)
    }

    // MARK: - Comparing

    /// With durable-first nothing that a slot shows may be missing from the journal.
    private mutating func compareShown() {
        guard isDurableFirst else { return }
        for slot in 0..<post.reader.slotCount {
            guard let shown = post.shown(slot), shown.applied_seq > queue.durableSeq else { continue }
            problems.append("slot \(slot) shows record \(shown.applied_seq), durable is \(queue.durableSeq)")
        }
        if post.reader.appliedSeq > queue.durableSeq { problems.append("applied before durable") }
    }

    private mutating func compare() {
        var replay = BookReplay(name: "", hashSeed: 0)
        do { replay = try replayed() } catch { problems.append("replay: \(error)") }
        if replay.book.digest() != post.writer.book.digest() { problems.append("digest of the replay") }
        if post.reader.durableSeq != post.writer.book.seq { problems.append("durable seq in the segment") }
        var reference = PathReference(Book(config), ringCount: Post.ringCount)
        for (ring, index) in order { reference.consume(sent[ring][index], ring: ring) }
        for ring in 0..<Post.ringCount {
            reference.settle(ring: ring)
            if taken[ring] != sent[ring].count { problems.append("ring \(ring): \(taken[ring]) taken") }
            if post.rings[ring].freedCount != UInt64(sent[ring].count) {
                problems.append("ring \(ring): freed")
            }
        }
        let (counters, expected) = (post.writer.book.counters, reference.book.counters)
        let isSame =
            counters.fills == expected.fills && counters.duplicates == expected.duplicates
            && counters.conflicts == expected.conflicts && counters.matches == expected.matches
            && counters.late == expected.late && counters.openLots == expected.openLots
        if !isSame { problems.append("counters \(counters)\nshould be \(expected)") }
        comparePositions(reference.book)
    }

    /// Numbers of records apart, every position is what the reference has.
    private mutating func comparePositions(_ book: borrowing Book) {
        for handle in 0..<UInt32(book.positionCount) {
            // SAFETY: a handle below positionCount; the key outlives the call.
            var key = unsafe book.keyRecord(handle).pointee
            guard let ours = unsafe post.writer.book.keys.find(&key) else {
                problems.append("a position is missing")
                continue
            }
            var expected = ShownPosition(book, handle)
            var position = ShownPosition(post.writer.book, ours)
            expected.appliedSeq = 0
            position.appliedSeq = 0
            for place in expected.lots.indices { expected.lots[place].openSeq = 0 }
            for place in position.lots.indices { position.lots[place].openSeq = 0 }
            if position != expected { problems.append("\(position)\nshould be\n\(expected)") }
        }
    }
}
