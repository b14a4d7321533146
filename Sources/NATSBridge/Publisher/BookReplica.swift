import Accumulator
import CJournal
import CSeqlock

/// A second book that is behind the first: it replays what is durable and gives each effect its number in its record.
/// The same records give the same effects under the same numbers in every life. One thread.
final class BookReplica {
    /// Takes an effect and its number in its record; called in order. It may take its time: the replay waits.
    typealias Consumer = (Effect, UInt32) -> Void

    private let records: any DurableRecords
    private let consumer: Consumer
    /// Learns keys: called before any effect of a key that the book did not have at the last call.
    private let learn: (borrowing Book) -> Void
    /// Takes note of each KEY record that was refused, before the effect that says so.
    private let note: (pks_key_record, UInt64) -> Void
    private var lastSeq: UInt64 = 0
    private var n: UInt32 = 0
    /// Effects of records before this one are nobody's.
    private var fromSeq: UInt64 = 0

    init(
        _ records: any DurableRecords, learn: @escaping (borrowing Book) -> Void,
        note: @escaping (pks_key_record, UInt64) -> Void, consumer: @escaping Consumer
    ) {
        self.records = records
        self.learn = learn
        self.note = note
        self.consumer = consumer
    }

    /// A replay that has taken everything before record `seq`, and gives the effects from there on. `isStopped` is asked
    /// now and then; a yes ends it early, somewhere before. Throws what following throws.
    func replay(
        before seq: UInt64, isStopped: () -> Bool
    ) throws(DurableRecordsError) -> BookReplay {
        var replay = try records.replay(through: seq - 1)
        while replay.lastSeq + 1 < seq && !isStopped() {
            let left = seq - 1 - replay.lastSeq
            try take(into: &replay, countMax: Int(min(left, 100_000)), through: seq - 1)
        }
        replay.flush()
        (lastSeq, n, fromSeq) = (0, 0, seq)
        // SAFETY: the closure looks at the effects during the call only, and the replay does not outlive this object: both
        // are the publisher's own.
        replay.book.effects = unsafe EffectLog(countMax: 256) { [unowned self] effects in
            for index in effects.indices { self.give(unsafe effects[index]) }
        }
        learn(replay.book)
        return replay
    }

    private func give(_ effect: Effect) {
        if effect.seq != lastSeq {
            lastSeq = effect.seq
            n = 0
        } else {
            n += 1
        }
        if effect.seq >= fromSeq { consumer(effect, n) }
    }

    /// Takes up to `countMax` records and a few more that are durable, and hands on all of their effects. True when there
    /// were any. Throws `failed`, also when no writer of this version can have written a record.
    func advance(_ replay: inout BookReplay, countMax: Int) throws(DurableRecordsError) -> Bool {
        let before = replay.lastSeq
        if records.durableSeq <= before { return false }
        try take(into: &replay, countMax: countMax, through: .max)
        replay.flush()
        return replay.lastSeq > before
    }

    private func take(
        into replay: inout BookReplay, countMax: Int, through last: UInt64
    ) throws(DurableRecordsError) {
        var failure: ReplayError?
        let from = replay.lastSeq + 1
        // SAFETY: the records are taken during the call.
        _ = unsafe try records.read(from: from, countMax: countMax) { firstSeq, bytes in
            if failure != nil || firstSeq > last { return }
            let count = Int(min(UInt64(bytes.count / 128), last - firstSeq + 1))
            do throws(ReplayError) {
                unsafe try take(bytes, count: count, firstSeq, into: &replay)
            } catch { failure = error }
        }
        if let failure {
            throw .failed("book \(records.book): \(failure.description), though its journal is whole")
        }
    }

    /// Takes records, and learns each new key before the effects of what comes after it.
    private func take(
        _ bytes: UnsafeRawBufferPointer, count: Int, _ firstSeq: UInt64, into replay: inout BookReplay
    ) throws(ReplayError) {
        var start = 0
        for index in 0..<count {
            // SAFETY (all of this function): `count` whole records are there.
            let record = unsafe bytes.loadUnaligned(fromByteOffset: index * 128, as: pks_fill_record.self)
            let isRefusedKey =
                record.kind == UInt8(PKS_KIND_REFUSED) && Int32(record.flags >> 8) == PKS_KIND_KEY
            guard isRefusedKey || record.kind == UInt8(PKS_KIND_KEY) else { continue }
            let run = unsafe UnsafeRawBufferPointer(rebasing: bytes[start * 128..<(index + 1) * 128])
            if isRefusedKey {
                note(unsafe unsafeBitCast(record, to: pks_key_record.self), firstSeq + UInt64(index))
            }
            unsafe try replay.take(run, firstSeq: firstSeq + UInt64(start))
            learn(replay.book)
            // Its names are known until the next one.
            if isRefusedKey { replay.flush() }
            start = index + 1
        }
        if start == count { return }
        let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start * 128..<count * 128])
        unsafe try replay.take(rest, firstSeq: firstSeq + UInt64(start))
    }
}
