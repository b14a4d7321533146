/// Messages of one book on their way to the streams: what is sent, what came back, what is known to be stored, and what
/// to do when that is in doubt. It knows neither the library nor journals; a port stands for the bus.
///
/// The rule: a message counts as stored only when a stream has said so or it was found there, and whenever something went
/// wrong (a connection, a refusal, silence) nothing is believed: the streams are looked at, and everything that is not in
/// them is sent again, in order and under the same ids. One thread.
final class PublisherEngine {
    /// How it behaves.
    struct Options {
        var window = PublishWindow.Bounds()
        /// Silence of so long about a message that was sent is a failure, ns.
        var answerNs: Int64 = 4_000_000_000
        /// Between two attempts: the first and the longest pause, ns.
        var retryMinNs: Int64 = 50_000_000
        var retryMaxNs: Int64 = 2_000_000_000
        /// Whether older states of a position give way to newer ones when it lags.
        var conflates = true
        /// Messages that are sent between two looks at the answers.
        var burst = 1024
    }

    /// Fewer messages than these are no crowd: the server is done with them in some milliseconds.
    private static let crowdMin = 512

    /// A stream that takes topics of this book.
    struct KnownStream {
        var mark: PublisherCursor.Mark
        var topics: [PublishTopic]
    }

    let book: String
    let epoch: UInt64
    let options: Options
    let port: any PublishPort
    var window: PublishWindow
    var status = BusPublisherStatus()
    /// Everything up to here is done.
    var through: MessageID
    /// By stream.
    var streams: [KnownStream] = []
    /// By topic: its stream, as an index.
    var streamOf = [Int](repeating: -1, count: PublishTopic.allCases.count)
    /// Marks as the cursor had them, of streams that were not looked at yet in this life.
    var oldMarks: [PublisherCursor.Mark]
    /// By topic: messages up to here are stored.
    var storedThrough: [MessageID]
    /// Messages that were found in a stream and that the replay has not come to yet, with their places.
    var foundAhead: [MessageID: UInt64] = [:]
    /// Records up to this one were durable when this life began: no stream can have messages of later ones from before.
    var knownSeq: UInt64 = .max
    /// What was published does not fit to this journal: nothing is sent in this life, because a number would come to mean
    /// two things.
    var misfit: BusError?
    /// The same for the next life.
    var keptMisfit: PublisherCursor.Misfit?
    /// A stream has lost messages after this one: the owner begins again behind it, and says so.
    var restartAfter: MessageID?

    /// What it does about the connection.
    enum Link: Equatable {
        case down
        /// Connected, and all is well.
        case up
        /// Connected; nothing is sent until everything under way is answered or time is up.
        case settling(untilNs: Int64)
        /// Connected; what was refused is tried again then.
        case pausing(untilNs: Int64)
    }

    private(set) var link = Link.down
    /// The streams were looked at in this life: what need not be sent is known.
    private(set) var hasLooked = false
    private var nextAttemptNs: Int64 = 0
    private var retryNs: Int64
    /// Where to look from stays as it is until messages from this one on are done: those before may have been sent twice,
    /// and lie in another order.
    private var frozenUntil: UInt64 = 0
    private var isFlushed = true
    /// The window had no room for the newest message.
    private var isFull = false
    /// The server was there, and did not let the work be done.
    private var isTurnedAway = false

    /// An engine that goes on behind a cursor.
    init(book: String, cursor: PublisherCursor, port: any PublishPort, options: Options = Options()) {
        self.book = book
        epoch = cursor.epoch
        self.port = port
        self.options = options
        window = PublishWindow(options.window)
        through = cursor.through
        storedThrough = cursor.storedThrough
        oldMarks = cursor.marks
        retryNs = options.retryMinNs
        if let kept = cursor.misfit {
            keptMisfit = kept
            misfit = misfitError(kept)
        }
    }

    /// What a new life needs to go on.
    var cursor: PublisherCursor {
        var cursor = PublisherCursor(epoch: epoch, through: through, marks: oldMarks)
        for stream in streams { cursor.set(stream.mark) }
        cursor.misfit = keptMisfit
        for topic in PublishTopic.allCases where storedThrough[topic.rawValue] > through {
            cursor.storedThrough[topic.rawValue] = storedThrough[topic.rawValue]
        }
        return cursor
    }

    // MARK: - In

    /// Takes the next message. False when there is no room: `serve`, and come again.
    func offer(
        _ id: MessageID, _ topic: PublishTopic, handle: UInt32, _ bytes: UnsafeRawBufferPointer
    ) -> Bool {
        if restartAfter != nil { return true }
        if id <= through || id <= storedThrough[topic.rawValue] {
            if !foundAhead.isEmpty { foundAhead.removeValue(forKey: id) }
            status.foundCount += 1
            return true
        }
        // SAFETY: the caller's bytes are copied.
        guard unsafe window.append(id, topic, handle: handle, bytes, conflates: options.conflates) else {
            isFull = true
            return false
        }
        if let seq = foundAhead.removeValue(forKey: id) {
            window.store(window.end - 1, streamSeq: seq)
            status.foundCount += 1
        }
        return true
    }

    /// Says that everything of the records up to `seq` was offered; records up to `durableSeq` are durable.
    func finish(through seq: UInt64, durableSeq: UInt64) {
        if !foundAhead.isEmpty && restartAfter == nil { dropForeign(through: seq, durableSeq: durableSeq) }
        if window.isEmpty && restartAfter == nil { through = max(through, .all(of: seq)) }
    }

    /// The owner begins again with what is not done yet.
    func abandon() {
        window.removeAll()
        foundAhead.removeAll()
        port.disconnect()
        link = .down
        hasLooked = false
        nextAttemptNs = 0
    }

    /// The owner begins again behind `restartAfter`, or later where that cannot be had.
    func restarted(after id: MessageID) {
        restartAfter = nil
        through = id
    }

    // MARK: - One round

    /// Does what can be done now without waiting: connects, takes answers, sends. True when there was something. Blocks
    /// for no longer than the port's own bounds.
    func serve() -> Bool {
        let nowNs = port.nowNs
        if link == .down {
            if nowNs < nextAttemptNs { return false }
            open()
            return link != .down
        }
        do throws(BusError) {
            var isBusy = try takeAnswers()
            if try settle(nowNs) { isBusy = true }
            // What the streams have already is passed first: a state of a position must not come after a newer one.
            if link == .up, foundAhead.isEmpty || isFull, try send(nowNs) { isBusy = true }
            advance()
            return isBusy
        } catch {
            fail(error)
            return true
        }
    }

    /// Takes answers, and sends nothing more. True when there were any.
    func serveAnswers() -> Bool {
        do throws(BusError) {
            let isBusy = try takeAnswers()
            advance()
            return isBusy
        } catch {
            fail(error)
            return true
        }
    }

    /// There is more to send, and the server has enough to go on with.
    var isCrowded: Bool {
        link == .up && window.unsentCount > 0
            && window.underWayCount > max(Self.crowdMin, options.window.underWayMax / 2)
    }

    /// Brings the status up to date.
    func refreshStatus(durableSeq: UInt64) {
        status.durableSeq = durableSeq
        status.publishedSeq = through.n == .max ? through.seq : max(1, through.seq) - 1
        status.underWayCount = window.underWayCount
        status.unsentCount = window.unsentCount
        status.resentCount = window.resentCount
        status.conflatedCount = window.conflatedCount
        switch (link, status.state) {
        case (_, .stopped), (_, .failed): break
        case (.up, _): status.state = .publishing
        case (.settling, _), (.pausing, _): status.state = .waiting
        case (.down, _): status.state = isTurnedAway ? .waiting : .connecting
        }
    }

    /// Waits a little for an answer, or for time to pass.
    func wait(ns: Int64) {
        if link == .down || window.underWayCount == 0 || ns < 1_000_000 {
            port.pause(ns: ns)
            return
        }
        do throws(BusError) {
            if let answer = try port.nextAnswer(waitMs: ns / 1_000_000) { take(answer) }
            advance()
        } catch { fail(error) }
    }

    private func takeAnswers() throws(BusError) -> Bool {
        var isBusy = false
        while let answer = try port.nextAnswer(waitMs: 0) {
            take(answer)
            isBusy = true
        }
        return isBusy
    }

    private func take(_ answer: PublishAnswer) {
        let token = answer.token
        guard window.has(token), window[token].state == .underWay else { return }
        switch answer.outcome {
        case .stored(let seq, false):
            window.store(token, streamSeq: seq)
            status.storedCount += 1
            if link == .up {
                retryNs = options.retryMinNs
                status.trouble = nil
            }
        case .stored(let seq, true):
            guard isOurs(seq, window[token]) else {
                refuse(
                    token,
                    "a message of another life with the id \(window[token].id.text(book: book)) is remembered"
                )
                return
            }
            window.store(token, streamSeq: seq)
            status.foundCount += 1
        case .refused(let reason): refuse(token, reason)
        }
    }

    /// Whether a message that a stream says it has already is really this one, and there.
    private func isOurs(_ seq: UInt64, _ entry: PublishWindow.Entry) -> Bool {
        let index = streamOf[entry.topic.rawValue]
        guard index >= 0 else { return false }
        let name = streams[index].mark.stream
        do throws(BusError) {
            if let found = try port.message(seq, of: name) {
                return found.messageID == entry.id.text(book: book) && found.journal == journalText
            }
            // Gone by the stream's own limits, which is no loss; or what another journal had put there before.
            return seq > streams[index].mark.metSeq
        } catch { return false }
    }

    /// What the `Pks-Journal` header of this journal's messages says.
    var journalText: String { String(epoch, radix: 16) }

    private func refuse(_ token: UInt64, _ reason: String) {
        window.refuse(token)
        status.refusedCount += 1
        status.trouble = reason
        if link == .up { link = .settling(untilNs: port.nowNs + options.answerNs) }
    }

    /// Sends what may be sent. True when something was.
    private func send(_ nowNs: Int64) throws(BusError) -> Bool {
        var count = 0
        while count < options.burst, let token = window.takeNext(nowNs: nowNs) {
            let entry = window[token]
            var failure: BusError?
            // SAFETY: the bytes are copied by the library during the call.
            unsafe window.withBytes(token) { bytes in
                do throws(BusError) {
                    unsafe try port.send(entry.topic, token: token, id: entry.id, bytes)
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            count += 1
        }
        if count > 0 { isFlushed = false }
        if !isFlushed && window.unsentCount == 0 {
            // Nobody adds to what lies in this process: it goes out at once.
            try port.flush()
            isFlushed = true
        }
        return count > 0
    }

    /// Ends a wait for answers: when all are there, or none came for too long.
    private func settle(_ nowNs: Int64) throws(BusError) -> Bool {
        switch link {
        case .down: return false
        case .up:
            guard let sentNs = window.oldestSentNs, nowNs - sentNs > options.answerNs else { return false }
            status.trouble = "no answer from \(port.server) for \(options.answerNs / 1_000_000) ms"
        case .settling(let untilNs):
            guard window.underWayCount == 0 || nowNs >= untilNs else { return false }
            link = .pausing(untilNs: nowNs + retryNs)
            retryNs = min(options.retryMaxNs, retryNs * 2)
            return true
        case .pausing(let untilNs):
            if nowNs < untilNs { return false }
        }
        try reconcile()
        link = .up
        return true
    }

    /// Takes out what is done.
    private func advance() {
        while window.first < window.end {
            let token = window.first
            guard let entry = window.popSettled() else { return }
            isFull = false
            through = entry.id
            let index = streamOf[entry.topic.rawValue]
            guard entry.state == .stored, index >= 0 else { continue }
            if entry.streamSeq > streams[index].mark.seq {
                streams[index].mark.seq = entry.streamSeq
                streams[index].mark.id = entry.id
            }
            if token >= frozenUntil { streams[index].mark.scanFrom = streams[index].mark.seq }
        }
    }

    // MARK: - Connections

    private func open() {
        do throws(BusError) {
            if let misfit { throw misfit }
            try port.connect()
            status.connectCount += 1
            try reconcile()
            hasLooked = true
            // What is found from now on may be this life's own.
            knownSeq = .max
            link = .up
            status.server = port.server
            status.trouble = nil
        } catch { fail(error) }
    }

    /// Gives the connection up; what was sent on it is in doubt.
    private func fail(_ error: BusError) {
        status.trouble = error.description
        isTurnedAway = !error.isConnectionLost
        port.disconnect()
        link = .down
        status.server = ""
        delay()
    }

    private func delay() {
        nextAttemptNs = port.nowNs + retryNs
        retryNs = min(options.retryMaxNs, retryNs * 2)
    }

    /// From now on messages may be sent twice, and lie in another order.
    func freezeScan() { frozenUntil = window.end }
}
