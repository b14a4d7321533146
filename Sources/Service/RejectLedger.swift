import Accumulator
import CSeqlock
import Glibc
import Synchronization

/// Rejects of one reason, ring and key as the writer counts them: plain data of a fixed size.
struct RejectEntry {
    /// The handle of a reject whose key nobody knows.
    static let noHandle = UInt32.max

    var reason: UInt8 = 0
    var handle: UInt32 = 0
    var producer = ProducerName()
    var count: UInt64 = 0
    var firstNs: Int64 = 0
    var lastNs: Int64 = 0
    var tradeID = PaddedText40()
    var sourceRef: UInt64 = 0
}

/// A producer's name in 64 bytes, to be copied and compared without a string.
struct ProducerName: BitwiseCopyable, Equatable {
    private typealias Words = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

    private var words: Words = (0, 0, 0, 0, 0, 0, 0, 0)

    init() {}

    /// A name of at most 64 bytes.
    init(_ text: String) {
        // SAFETY: the bytes of `words`, exclusively ours for the closure.
        unsafe withUnsafeMutableBytes(of: &words) { bytes in
            for (place, byte) in text.utf8.prefix(bytes.count).enumerated() { unsafe bytes[place] = byte }
        }
    }

    /// The name. Allocates.
    var text: String {
        // SAFETY: a copy that lives for the closure.
        unsafe withUnsafeBytes(of: words) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    static func == (left: ProducerName, right: ProducerName) -> Bool {
        let (a, b) = (left.words, right.words)
        let low = (a.0 ^ b.0) | (a.1 ^ b.1) | (a.2 ^ b.2) | (a.3 ^ b.3)
        return low | (a.4 ^ b.4) | (a.5 ^ b.5) | (a.6 ^ b.6) | (a.7 ^ b.7) == 0
    }
}

// SAFETY: `entries` and `index` are allocated in init and freed in deinit and touched by the writer's thread
// alone; what others see is the copy behind the lock.
/// The different rejects of a book, counted on the writer's thread in memory of its own, and handed on as a copy
/// whenever nobody is just looking at the last one. Bounded: rejects beyond the 256th kind are only counted.
@safe
final class RejectLedger: @unchecked Sendable {
    static let entriesMax = 256
    private static let indexMask = 1023

    /// What others see: the entries as last handed over, and how many rejects were not told apart.
    struct Copy: Sendable {
        var entries = InlineEntries()
        var notTold: UInt64 = 0
    }

    private let entries: UnsafeMutablePointer<RejectEntry>
    private let index: UnsafeMutablePointer<UInt16>
    private var count = 0
    private var notTold: UInt64 = 0
    private var isDirty = false
    private let shared: Mutex<Copy>
    /// Whose records the next effects are of. The writer's.
    var producer = ProducerName()

    init() {
        unsafe entries = .allocate(capacity: Self.entriesMax)
        unsafe entries.initialize(repeating: RejectEntry(), count: Self.entriesMax)
        unsafe index = .allocate(capacity: Self.indexMask + 1)
        unsafe index.initialize(repeating: 0, count: Self.indexMask + 1)
        shared = Mutex(Copy())
    }

    deinit {
        unsafe entries.deallocate()
        unsafe index.deallocate()
    }

    /// Counts a run of rejects. The writer's thread; allocates nothing.
    func note(_ effects: UnsafeBufferPointer<Effect>) {
        let nowNs = pks_realtime_ns()
        // SAFETY: the caller's effects live for the call.
        for place in 0..<effects.count {
            let effect = unsafe effects[place]
            if effect.kind == .reject { note(effect, nowNs: nowNs) }
        }
        isDirty = true
    }

    private func note(_ effect: Effect, nowNs: Int64) {
        let handle = effect.handle < UInt32(PKS_CAPACITY_MAX) ? effect.handle : RejectEntry.noHandle
        let mixed = (UInt64(handle) << 8 | UInt64(effect.reason)) &* 0x9e37_79b9_7f4a_7c15
        var place = Int(truncatingIfNeeded: mixed >> 40)
        for _ in 0...Self.indexMask {
            place &= Self.indexMask
            // SAFETY: masked; an index entry is 0 or 1 + the place of an entry.
            let known = unsafe Int(index[place])
            if known == 0 { break }
            let entry = unsafe entries + (known - 1)
            if unsafe entry.pointee.handle == handle && entry.pointee.reason == effect.reason
                && entry.pointee.producer == producer
            {
                unsafe update(entry, effect, nowNs: nowNs)
                return
            }
            place += 1
        }
        guard count < Self.entriesMax else {
            notTold &+= 1
            return
        }
        // SAFETY: count < entriesMax, and the index has four times as many places.
        unsafe entries[count] = RejectEntry()
        unsafe entries[count].reason = effect.reason
        unsafe entries[count].handle = handle
        unsafe entries[count].producer = producer
        unsafe entries[count].firstNs = nowNs
        unsafe update(entries + count, effect, nowNs: nowNs)
        count += 1
        unsafe index[place & Self.indexMask] = UInt16(count)
    }

    private func update(_ entry: UnsafeMutablePointer<RejectEntry>, _ effect: Effect, nowNs: Int64) {
        // SAFETY: the caller's entry is one of `entries`.
        unsafe entry.pointee.count &+= 1
        unsafe entry.pointee.lastNs = nowNs
        unsafe entry.pointee.tradeID = effect.tradeID
        unsafe entry.pointee.sourceRef = effect.sourceRef
    }

    /// Hands a copy over unless somebody is just reading the last one. The writer's thread; never waits.
    func handOver() {
        guard isDirty else { return }
        let isDone: Void? = shared.withLockIfAvailable { copy in
            // SAFETY: the first `count` of the writer's own entries.
            unsafe copy.entries.replace(UnsafeBufferPointer(start: entries, count: count))
            copy.notTold = notTold
        }
        if isDone != nil { isDirty = false }
    }

    /// Hands the last copy over, waiting for a reader. The writer's thread, when it ends.
    func handOverAtLast() {
        while isDirty {
            handOver()
            if isDirty { sched_yield() }
        }
    }

    /// The entries as last handed over, and how many rejects were not told apart. Any thread.
    func told() -> (entries: [RejectEntry], notTold: UInt64) {
        shared.withLock { copy in (copy.entries.array, copy.notTold) }
    }
}

// SAFETY: `base` has entriesMax places, allocated in init and never freed before its ledger; used under the
// ledger's lock only.
/// Room for a copy of a ledger's entries, reserved once.
@safe
final class InlineEntries: @unchecked Sendable {
    private let base: UnsafeMutablePointer<RejectEntry>
    private var count = 0

    init() {
        unsafe base = .allocate(capacity: RejectLedger.entriesMax)
        unsafe base.initialize(repeating: RejectEntry(), count: RejectLedger.entriesMax)
    }

    deinit { unsafe base.deallocate() }

    func replace(_ entries: UnsafeBufferPointer<RejectEntry>) {
        precondition(entries.count <= RejectLedger.entriesMax)
        count = entries.count
        if let first = entries.baseAddress { unsafe base.update(from: first, count: count) }
    }

    /// Allocates.
    var array: [RejectEntry] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }
}
