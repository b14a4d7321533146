import CSeqlock
import Feeds
import FillProducer
import Glibc
import Service
import ShmFiles
import ShmReader

/// Rows of files onto one producer's ring: a handle for each key, fills when they are due, and patience while the
/// ring is full. One thread.
final class FeedSession: FillSink {
    /// One key of the input.
    struct Key {
        let handle: UInt32
        /// The row that named it first.
        let place: SourceFiles.Place
        let names: String
    }

    let sources = SourceFiles()
    let rejects: RejectLog
    /// The keys that have a handle.
    private(set) var keys: [Key] = []
    /// Fills put on the ring.
    private(set) var sentCount: UInt64 = 0
    private(set) var lags = LagHistogram()
    private(set) var watch: WriterWatch
    /// When the first fill was sent.
    private(set) var beganNs: Int64?
    /// What ended the feed early.
    private(set) var failure: CommandError?
    /// The signal that ended the feed early.
    private(set) var stopSignal: Int32?
    /// Records of an earlier life that no writer had applied yet.
    let leftOverCount: UInt64
    let isResumed: Bool

    private let book: String
    private let producerName: String
    private var producer: FillProducer
    private var pace: FeedPace
    private let progressLine: ProgressLine
    private let countsBefore: ProducerCounts
    /// The ring's handle for the feed's; nil when the ring has none left.
    private var handles: [UInt32?] = []
    private var heldExtension: pks_extension_record?
    private var unpublishedCount = 0
    private var tickedNs: Int64 = 0

    private static let tickNs: Int64 = 50_000_000
    /// The most fills that wait for a publish when there is no pace.
    private static let batchMax = 64

    init(
        _ producer: consuming FillProducer, options: ProducerOptions, pace: FeedPace.Kind,
        rejects: RejectLog, progress: ProgressLine
    ) {
        book = options.book
        producerName = options.producer
        isResumed = producer.isResumed
        leftOverCount = producer.putCount &- min(producer.putCount, producer.appliedCount)
        countsBefore = producer.counts
        watch = WriterWatch(
            book: options.book, producer: options.producer, epoch: producer.writerEpoch)
        self.producer = producer
        self.pace = FeedPace(pace)
        self.rejects = rejects
        progressLine = progress
    }

    // MARK: - What a feed sends

    func openBook(_ name: String, index: Int) -> String? {
        name == book
            ? nil : "this feed is for book \(book) (feed such rows with --book \(name))"
    }

    func send(_ record: UnsafeRawPointer, book: Int) -> Bool {
        // SAFETY: the feed's record is whole, aligned, and alive for the call.
        switch unsafe Int32(record.load(as: UInt8.self)) {
        case PKS_KIND_KEY: return define(unsafe record.load(as: pks_key_record.self))
        case PKS_KIND_EXTENSION:
            heldExtension = unsafe record.load(as: pks_extension_record.self)
            return true
        default: return sendFill(unsafe record.load(as: pks_fill_record.self))
        }
    }

    func reject(_ reject: FeedReject) -> Bool {
        rejects.add(reject, at: sources.currentPlace(line: reject.line))
        flushRejects()
        return goesOn
    }

    func progress(_ progress: FeedProgress) { progressLine.update(progress) }

    private var goesOn: Bool { failure == nil && stopSignal == nil }

    private func flushRejects() {
        do throws(CommandError) { try rejects.flush() } catch { failure = failure ?? error }
    }

    private func define(_ key: pks_key_record) -> Bool {
        sources.note(key.source_ref)
        while true {
            switch producer.define(key) {
            case .handle(let handle):
                handles.append(handle)
                let names = [
                    FixedText.load(of: key.account), FixedText.load(of: key.strategy),
                    FixedText.load(of: key.symbol),
                ]
                keys.append(
                    Key(
                        handle: handle, place: sources.place(of: key.source_ref),
                        names: names.joined(separator: " ")))
                return true
            case .refused(.full): if !waitForRoom() { return false }
            case .refused(.quarantined): return noteQuarantine()
            case .refused:
                handles.append(nil)
                return true
            }
        }
    }

    private func sendFill(_ record: pks_fill_record) -> Bool {
        var fill = record
        sources.note(fill.source_ref)
        guard let handle = handles[Int(fill.handle)] else { return refuse(fill) }
        fill.handle = handle
        let dueNs = pace.dueNs(index: sentCount, eventNs: fill.event_ns)
        if let dueNs, !wait(until: dueNs) { return false }
        if beganNs == nil { beganNs = pks_monotonic_ns() }
        while true {
            switch put(fill) {
            case .ok:
                heldExtension = nil
                sentCount += 1
                unpublishedCount += 1
                if let dueNs { lags.add(pks_monotonic_ns() - dueNs) }
                if dueNs != nil || unpublishedCount >= Self.batchMax { publish() }
                return sentCount & 1023 != 0 || tick(pks_monotonic_ns())
            case .full: if !waitForRoom() { return false }
            case .quarantined: return noteQuarantine()
            case .badHandle, .redefined, .badKey: preconditionFailure("a fill needs room and nothing else")
            }
        }
    }

    private func put(_ fill: pks_fill_record) -> PutAnswer {
        guard var extended = heldExtension else { return producer.put(fill) }
        extended.handle = fill.handle
        return producer.put(extended, fill: fill)
    }

    /// The ring has no handle for the fill's key.
    private func refuse(_ fill: pks_fill_record) -> Bool {
        heldExtension = nil
        rejects.add(
            sources.place(of: fill.source_ref), column: nil, tradeID: FixedText.load(of: fill.trade_id),
            reason: "ring_handles",
            detail: "the ring has no room for another key (use another --producer with more --ring-handles)")
        flushRejects()
        return goesOn
    }

    // MARK: - Waiting

    private func publish() {
        producer.publish()
        unpublishedCount = 0
    }

    /// Waits until a fill is due. False when the feed is to end.
    private func wait(until dueNs: Int64) -> Bool {
        var nowNs = pks_monotonic_ns()
        while nowNs < dueNs {
            if unpublishedCount > 0 { publish() }
            if !tick(nowNs) { return false }
            Waiting.sleep(until: dueNs, nowNs: nowNs, sliceNs: Self.tickNs, spins: pace.isDense)
            nowNs = pks_monotonic_ns()
        }
        return true
    }

    /// Waits until the writer has freed some of the ring. False when the feed is to end.
    private func waitForRoom() -> Bool {
        publish()
        // An extension goes with its fill.
        let needed: UInt64 = heldExtension == nil ? 1 : 2
        var backoff = Backoff()
        while producer.room < needed {
            if producer.isQuarantined { return noteQuarantine() }
            if !tick(pks_monotonic_ns()) { return false }
            backoff.wait()
        }
        return true
    }

    /// There is no input yet: what came so far goes out.
    func idle() {
        publish()
        _ = tick(pks_monotonic_ns())
    }

    /// Closes the ring and waits until everything on it is in the book and accounted for. False when the feed is to
    /// end before.
    func finish() -> Bool {
        producer.close()
        var backoff = Backoff()
        while goesOn, producer.appliedCount != producer.putCount {
            if tick(pks_monotonic_ns()) {
                let waiting = producer.putCount &- producer.appliedCount
                progressLine.update("waiting for the book to apply \(waiting) records")
                backoff.wait()
            }
        }
        endedNs = pks_monotonic_ns()
        awaitCounts()
        return goesOn
    }

    /// Waits until everything on the ring is on the book's disk: a writer with a journal frees nothing before that.
    /// False when the feed is to end before.
    func finishDurable() -> Bool {
        var backoff = Backoff()
        while goesOn, producer.freedCount != producer.putCount {
            guard hasJournal() else {
                failure = .failed(
                    .unavailable, what: "book \(book)",
                    why: "has no journal, so that nothing becomes durable",
                    advice: "run it with --journal DIR, or feed without --wait durable")
                return false
            }
            if tick(pks_monotonic_ns()) {
                let waiting = producer.putCount &- producer.freedCount
                progressLine.update("waiting until \(waiting) records are on disk")
                backoff.wait()
            }
        }
        return goesOn
    }

    /// Whether the book's writer has a journal, whose first record it writes itself. Yes while that cannot be told.
    func hasJournal() -> Bool {
        guard let reader = try? SegmentReader(book: book) else { return true }
        switch reader.writerStatus() {
        case .live, .degraded: return reader.durableSeq > 0
        default: return true
        }
    }

    /// When everything was applied.
    private(set) var endedNs: Int64 = 0

    /// The writer tells its counts a little after it has applied. Bounded: a writer that dies now tells nothing.
    private func awaitCounts() {
        var backoff = Backoff()
        while goesOn, leftOverCount > 0 || watch.restarts > 0 || countedRecords < sentCount {
            let nowNs = pks_monotonic_ns()
            if producer.writerHeartbeatNs > endedNs || nowNs - endedNs > 1_000_000_000 { return }
            _ = tick(nowNs)
            backoff.wait()
        }
    }

    private var countedRecords: UInt64 { counts.fills + counts.duplicates + counts.rejects }

    /// What became of the records of this feed, and of those left over from an earlier one.
    var counts: ProducerCounts {
        var now = producer.counts
        guard now.writerEpoch == countsBefore.writerEpoch else { return now }
        now.fills &-= countsBefore.fills
        now.duplicates &-= countsBefore.duplicates
        now.rejects &-= countsBefore.rejects
        return now
    }

    /// The keys that the book refused.
    var refusedKeys: [(key: Key, answer: KeyAnswer)] {
        keys.map { ($0, producer.answer(Int($0.handle))) }.filter { $1 != .accepted && $1 != .pending }
    }

    /// Takes the ring's name away when all of it is applied. True when it is gone.
    func remove() throws(CommandError) -> Bool {
        do throws(ProducerError) { return try producer.removeIfApplied() } catch { throw CommandError(error) }
    }

    /// Shows what was put and closes the ring, when the feed ends early.
    func leave() { producer.close() }

    /// Gives a sign of life, and looks at everything that is looked at now and then. False when the feed is to end.
    private func tick(_ nowNs: Int64) -> Bool {
        if nowNs - tickedNs < Self.tickNs { return goesOn }
        tickedNs = nowNs
        // Last, so that whoever sees it knows that everything was looked at since.
        defer { producer.beat(nowNs: nowNs) }
        if let signal = StopSignal.number { stopSignal = signal }
        if producer.isQuarantined { return noteQuarantine() }
        if isNameless { return noteRemoval() }
        if let message = watch.look(at: producer, nowNs: nowNs) {
            progressLine.clear()
            say(message)
        }
        return goesOn
    }

    /// Somebody has taken the ring's name away: no writer will ever look for it again.
    private var isNameless: Bool {
        // SAFETY: the name lives for the call.
        unsafe access(producer.path, F_OK) != 0 && errno == ENOENT
    }

    private func noteRemoval() -> Bool {
        failure = .failed(
            .unavailable, what: producer.path, why: "the ring was removed while this feed used it",
            advice: "feed again: what the book has already changes nothing")
        return false
    }

    private func noteQuarantine() -> Bool {
        let reason = producer.quarantineReason ?? UInt64(PKS_QUARANTINE_CURSORS)
        failure = .failed(
            .unavailable, what: producer.path,
            why: "the writer of book \(book) reads this ring no more: "
                + QuarantineText.text(reason),
            advice: "remove the file, and feed again")
        return false
    }
}
