import CSeqlock
import ShmReader
import TestSupport

@testable import Accumulator

/// One random stream over two rings, drained now and then by a writer, with the reference beside it.
struct PathRun: ~Copyable {
    private var post: Post
    private var reference: PathReference
    private var planner: NaiveBook
    private var stream: FillStream
    private let keys: StreamKeys
    private let tray: EffectTray
    private let referenceTray: EffectTray
    /// What was put on each ring and not yet taken.
    private var waiting: [[pks_fill_record]] = Array(repeating: [], count: Post.ringCount)
    private var announced: Set<[Int]> = []
    private var drains = 0
    private(set) var problems: [String] = []

    private init(
        _ post: consuming Post, _ reference: consuming PathReference, _ planner: NaiveBook,
        _ stream: FillStream, _ keys: StreamKeys, _ trays: [EffectTray]
    ) {
        self.post = post
        self.reference = reference
        self.planner = planner
        self.stream = stream
        self.keys = keys
        tray = trays[0]
        referenceTray = trays[1]
    }

    static func begin(_ profile: StreamProfile, seed: UInt64) throws -> PathRun {
        var stream = FillStream(profile, seed: seed)
        let keys = StreamKeys(&stream)
        let config = keys.config(profile, hashSeed: seed)
        let trays = [EffectTray(), EffectTray()]
        // SAFETY: the consumers copy what they are shown.
        let log = unsafe EffectLog(countMax: 5, consumer: trays[0].consumer)
        let referenceLog = unsafe EffectLog(countMax: 5, consumer: trays[1].consumer)
        let post = try Post.open(config, effects: log)
        let reference = PathReference(Book(config, effects: referenceLog), ringCount: Post.ringCount)
        return PathRun(post, reference, keys.planner(profile), stream, keys, trays)
    }

    mutating func step() throws {
        let draw = RingDraw(&stream, &planner)
        announce(draw.handle, draw.ring)
        for record in draw.records { send(record, draw.ring) }
        if stream.random.chance(8) { drain(stream.random.pick([0, 1])) }
    }

    /// Closes both producers, takes what is left and compares everything.
    mutating func end() throws {
        for ring in 0..<Post.ringCount {
            post.rings[ring].close()
            while drain(ring) > 0 {}
        }
        compareAll()
    }

    /// Puts the KEY before the first fill that needs it; a few are left out, and their fills are refused.
    private mutating func announce(_ handle: Int, _ ring: Int) {
        guard handle < planner.positions.count, announced.insert([handle, ring]).inserted else { return }
        if stream.random.chance(5) { return }
        var key = keys.key(handle)
        key.handle = RingDraw.handle(UInt32(handle), on: ring)
        // SAFETY: both are 128 bytes without padding.
        send(unsafe unsafeBitCast(key, to: pks_fill_record.self), ring)
    }

    private mutating func send(_ record: pks_fill_record, _ ring: Int) {
        while !post.rings[ring].put(record) {
            if drain(ring) == 0 {
                problems.append("a full ring gives nothing")
                return
            }
        }
        waiting[ring].append(record)
    }

    @discardableResult
    private mutating func drain(_ ring: Int) -> Int {
        let countMax = RingDraw.countMax(&stream.random)
        let taken = post.writer.drain(ring: ring, countMax: countMax)
        for record in waiting[ring].prefix(taken) { reference.consume(record, ring: ring) }
        reference.settle(ring: ring)
        waiting[ring].removeFirst(taken)
        drains += 1
        compareEffects()
        if drains % 8 == 0 { compareAll() }
        return taken
    }

    private mutating func compareEffects() {
        post.writer.book.effects.flush()
        reference.book.effects.flush()
        let effects = tray.take()
        let expected = referenceTray.take()
        if effects.count != expected.count {
            problems.append("\(effects.count) effects, not \(expected.count)")
        }
        for (effect, other) in zip(effects, expected) where effect.fields != other.fields {
            problems.append("\(effect.summary)\nshould be\n\(other.summary)")
        }
    }

    private mutating func compareAll() {
        compareEffects()
        let seq = post.writer.book.seq
        if post.writer.book.digest() != reference.book.digest() { problems.append("seq \(seq): digest") }
        if post.reader.appliedSeq != seq { problems.append("seq \(seq): the segment's applied seq") }
        let counters = post.reader.counters
        let expected = reference.book.counters
        let isSame =
            counters.fills == expected.fills && counters.rejects == expected.rejects
            && counters.duplicates == expected.duplicates && counters.conflicts == expected.conflicts
            && counters.late == expected.late && counters.matches == expected.matches
            && counters.openLots == expected.openLots
        if !isSame { problems.append("seq \(seq): the segment's counters \(counters)") }
        if post.reader.slotCount != reference.book.positionCount { problems.append("seq \(seq): slots") }
        for handle in 0..<reference.book.positionCount {
            // SAFETY: a handle below positionCount.
            var slot = unsafe reference.book.position(UInt32(handle)).pointee.slot
            var shown = post.shown(handle)
            slot.publish_ns = 0
            shown?.publish_ns = 0
            if shown.map(NaiveFill.bytes) != NaiveFill.bytes(of: slot) {
                problems.append("seq \(seq): slot \(handle) shows \(String(describing: shown))")
            }
        }
    }
}
