import Accumulator
import CSeqlock

/// What a book does, on the bus: durable records are replayed on a second book, and each of its effects is sent as one
/// message. One thread; it takes as long as the bus needs, and nobody waits for it.
final class BookPublisher {
    /// How it behaves.
    struct Options {
        var engine = PublisherEngine.Options()
        /// Records that are replayed between two looks at the bus.
        var runRecords = 512
        /// How often the cursor is written, at most, ns.
        var cursorNs: Int64 = 100_000_000
        /// How long the end may wait for answers, ns.
        var stopNs: Int64 = 2_000_000_000
    }

    let engine: PublisherEngine
    private let records: any DurableRecords
    private let encoder: any EffectEncoding
    private let options: Options
    private let save: (PublisherCursor) throws(BusError) -> Void
    private let isStopping: () -> Bool
    private let report: (BusPublisherStatus) -> Void
    private var saved: PublisherCursor
    private var nextSaveNs: Int64 = 0
    private var nextReportNs: Int64 = 0
    private var idleNs: Int64 = 0

    private static let idleMinNs: Int64 = 20_000
    private static let idleMaxNs: Int64 = 1_000_000
    /// While the server has more than it can do in this time, answers are taken and messages sent in pieces of as long:
    /// one by one they would cost both sides more than the work itself.
    private static let crowdedNs: Int64 = 1_000_000
    private static let reportNs: Int64 = 5_000_000
    private static let restNs: Int64 = 1_000_000_000

    /// A publisher that goes on behind `cursor`. `save` makes a cursor durable; `report` is told how things are, some
    /// hundred times a second at most; a yes of `isStopping` ends `run`.
    init(
        _ records: any DurableRecords, cursor: PublisherCursor, port: any PublishPort,
        encoder: any EffectEncoding, options: Options = Options(),
        save: @escaping (PublisherCursor) throws(BusError) -> Void, isStopping: @escaping () -> Bool,
        report: @escaping (BusPublisherStatus) -> Void
    ) {
        self.records = records
        self.encoder = encoder
        self.options = options
        self.save = save
        self.isStopping = isStopping
        self.report = report
        saved = cursor
        engine = PublisherEngine(book: records.book, cursor: cursor, port: port, options: options.engine)
        engine.knownSeq = records.durableSeq
        if cursor.neededFromSeq > engine.knownSeq + 1 { _ = engine.noteMisfit(cursor.neededFromSeq - 1) }
    }

    /// Publishes until it is told to end, or the journal cannot be read any more.
    func run() {
        let replica = BookReplica(records) { [encoder] in
            encoder.learnKeys(of: $0)
        } note: { [encoder] in
            encoder.noteKey($0, seq: $1)
        } consumer: { [unowned self] in
            offer($0, $1)
        }
        while !isStopping() {
            if engine.misfit != nil {
                standStill()
                continue
            }
            do throws(DurableRecordsError) { try publish(replica) } catch { rest(error) }
        }
        finish()
        trySave()
        engine.port.disconnect()
        engine.status.server = ""
        engine.status.state = .stopped
        tell()
    }

    /// Publishes until it is told to end, or has to begin again at another record.
    private func publish(_ replica: BookReplica) throws(DurableRecordsError) {
        trySave()
        var replay = try begin(replica)
        engine.status.replicaBytes = replay.book.reservedBytes
        engine.status.state = .starting
        while !isStopping() && engine.restartAfter == nil && engine.misfit == nil {
            try step(replica, &replay)
        }
        if let last = engine.restartAfter { engine.restarted(after: last) }
    }

    /// Nothing can be published in this life.
    private func standStill() {
        engine.abandon()
        engine.status.trouble = engine.misfit?.description
        engine.status.state = .failed
        trySave()
        tell()
        engine.port.pause(ns: 5_000_000)
    }

    /// The journal cannot be read: says so, and lets some time pass. Nothing is lost by that.
    private func rest(_ error: DurableRecordsError) {
        let text = error.description
        if engine.status.lastAlarm != text { engine.alarm(text) }
        engine.abandon()
        engine.status.trouble = text
        engine.status.state = .failed
        tell()
        let endNs = engine.port.nowNs + Self.restNs
        while !isStopping() && engine.port.nowNs < endNs {
            _ = engine.serveAnswers()
            engine.port.pause(ns: 5_000_000)
        }
    }

    /// The book before the first record that is wanted; or, when that cannot be had any more, before the first that can.
    private func begin(_ replica: BookReplica) throws(DurableRecordsError) -> BookReplay {
        let fromSeq = engine.cursor.neededFromSeq
        do throws(DurableRecordsError) {
            return try replica.replay(before: fromSeq, isStopped: isStopping)
        } catch {
            guard case .gone(_, let possibleSeq, _, _) = error else { throw error }
            engine.alarm(
                "records \(fromSeq) to \(possibleSeq - 1) are not published: " + error.description)
            engine.through = .all(of: possibleSeq - 1)
            return try replica.replay(before: possibleSeq, isStopped: isStopping)
        }
    }

    /// One round: what the bus has to say, then some records.
    private func step(_ replica: BookReplica, _ replay: inout BookReplay) throws(DurableRecordsError) {
        var isBusy = engine.serve()
        // Nothing is replayed before the streams were looked at: they say what need not be sent.
        if engine.hasLooked && engine.restartAfter == nil {
            let durableSeq = records.durableSeq
            if try replica.advance(&replay, countMax: options.runRecords) { isBusy = true }
            // Read before the replay: what becomes durable meanwhile may be what was found.
            if !isStopping() { engine.finish(through: replay.lastSeq, durableSeq: durableSeq) }
        }
        look()
        rest(afterWork: isBusy)
    }

    /// Takes an effect, however long it takes to find room for its message.
    private func offer(_ effect: Effect, _ n: UInt32) {
        let id = MessageID(seq: effect.seq, n: n)
        let topic = PublishTopic(effect.kind)
        encoder.encode(effect, n: n)
        while engine.restartAfter == nil && engine.misfit == nil && !isStopping() {
            // SAFETY: the encoder's bytes stay until it encodes the next message.
            let isTaken = unsafe encoder.withBytes { bytes in
                unsafe engine.offer(id, topic, handle: effect.handle, bytes)
            }
            if isTaken { return }
            let isBusy = engine.serve()
            look()
            rest(afterWork: isBusy)
        }
    }

    private func rest(afterWork isBusy: Bool) {
        if engine.isCrowded {
            idleNs = 0
            engine.port.pause(ns: Self.crowdedNs)
        } else if isBusy {
            idleNs = 0
        } else {
            idle()
        }
    }

    private func idle() {
        idleNs = idleNs == 0 ? Self.idleMinNs : min(Self.idleMaxNs, idleNs + idleNs / 2)
        engine.wait(ns: idleNs)
    }

    /// Waits for the answers to what was sent, as long as that may take.
    private func finish() {
        let deadlineNs = engine.port.nowNs + options.stopNs
        while engine.link == .up && engine.window.underWayCount > 0 && engine.port.nowNs < deadlineNs {
            if !engine.serveAnswers() { engine.wait(ns: 1_000_000) }
        }
    }

    // MARK: - Telling

    private func look() {
        let nowNs = engine.port.nowNs
        if nowNs >= nextSaveNs { trySave() }
        if nowNs >= nextReportNs { tell() }
    }

    private func trySave() {
        nextSaveNs = engine.port.nowNs + options.cursorNs
        let cursor = engine.cursor
        if cursor == saved { return }
        do throws(BusError) {
            try save(cursor)
            saved = cursor
            do throws(DurableRecordsError) {
                try records.hold(fromSeq: cursor.neededFromSeq)
            } catch { engine.status.trouble = error.description }
        } catch { engine.status.trouble = error.description }
    }

    private func tell() {
        nextReportNs = engine.port.nowNs + Self.reportNs
        engine.refreshStatus(durableSeq: records.durableSeq)
        report(engine.status)
    }
}

/// Makes the message of an effect. One thread.
protocol EffectEncoding: AnyObject {
    /// Learns the keys that the book has and that were not learnt yet.
    func learnKeys(of book: borrowing Book)
    /// Takes note of a KEY record that was refused, before its effect is encoded.
    func noteKey(_ key: pks_key_record, seq: UInt64)
    /// Makes the message of an effect, the `n`th of its record; its key was learnt.
    func encode(_ effect: Effect, n: UInt32)
    /// The message that was made last.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result
}
