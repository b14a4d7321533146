import CSeqlock
import Glibc

/// Sends messages to one subject and waits until JetStream has stored each. Messages are stored in the order in which
/// they are sent: whatever goes wrong, everything from the first one that is not known to be stored is sent again over a
/// new connection, under the same ids. One thread; bounded memory.
public final class BusSender {
    /// What a sender is told.
    public struct Options: Sendable {
        /// Where the bus is.
        public var nats: NATSOptions
        /// The subject of all messages.
        public var subject: String
        /// The stream that must store them.
        public var stream: String
        /// The most messages under way.
        public var messagesMax = 4096
        /// The most bytes under way, at least one message.
        public var bytesMax = 16 << 20
        /// How long an answer may take until everything is sent again.
        public var answerMs: Int64 = 5000
        /// For how long nothing may become stored until the sender gives up.
        public var patienceMs: Int64 = 60_000

        /// Options with the product's defaults.
        public init(nats: NATSOptions, subject: String, stream: String) {
            self.nats = nats
            self.subject = subject
            self.stream = stream
        }
    }

    /// What became of the messages so far.
    public struct Counts: Equatable, Sendable {
        /// Messages that were given to the sender.
        public var messages: UInt64 = 0
        /// Messages that are stored, those that were there before included.
        public var stored: UInt64 = 0
        /// Messages that were there already, sent earlier under the same id.
        public var alreadyThere: UInt64 = 0
        /// Messages that were sent again, each time counted.
        public var resent: UInt64 = 0
        /// Connections that were lost or given up.
        public var setbacks: UInt64 = 0
    }

    private struct Entry {
        var id = ""
        var payload: [UInt8] = []
        var isStored = false
        var wasResent = false
    }

    /// What became of the messages so far.
    public private(set) var counts = Counts()
    /// What was wrong last; nil when nothing was.
    public private(set) var lastTrouble: BusError?
    /// The stream as it was before the first message.
    public let streamBefore: StreamState

    private let options: Options
    private let goesOn: () -> Bool
    private var connection: NATSConnection
    private var answers: NATSSubscription
    private var inbox: String
    /// Messages `first ..< end` are under way, each at its number modulo the count of places.
    private var entries: [Entry]
    private var first: UInt64 = 0
    private var end: UInt64 = 0
    private var byteCount = 0
    private var progressNs = pks_monotonic_ns()

    private static let pauseMs: Int64 = 100

    /// Connects and looks at the stream. `goesOn` is asked while something is waited for; false ends the waiting.
    /// Throws `unreachable`, `missing` when the stream is not there or does not take the subject, and what a question
    /// to JetStream does.
    public init(_ options: Options, goesOn: @escaping () -> Bool) throws(BusError) {
        precondition(options.messagesMax > 0)
        self.options = options
        self.goesOn = goesOn
        entries = [Entry](repeating: Entry(), count: options.messagesMax)
        connection = try NATSConnection(options.nats)
        guard let state = try JetStream(connection).stream(options.stream) else {
            throw .missing(
                what: "there is no stream \(options.stream)",
                remedy: "pks run --nats-create makes it, or name another with --stream")
        }
        guard state.subjects.contains(where: { SubjectFilter.matches($0, options.subject) }) else {
            throw .missing(
                what: "stream \(options.stream) does not take \(options.subject)",
                remedy: "add that subject to the stream, or name another with --stream")
        }
        streamBefore = state
        inbox = try connection.makeInbox()
        answers = try NATSSubscription(connection, subject: inbox + ".*")
    }

    /// Messages that are not known to be stored.
    public var underWayCount: Int { Int(end - first) }

    /// Sends a message, or waits until it can. False when the waiting was ended; the message was not taken then.
    /// Throws what went wrong last when nothing became stored for too long, and `tooLarge`.
    public func send(id: String, _ payload: UnsafeRawBufferPointer) throws(BusError) -> Bool {
        if payload.count > connection.payloadBytesMax {
            throw .tooLarge(
                operation: "sending to \(options.subject)", byteCount: payload.count,
                byteCountMax: connection.payloadBytesMax)
        }
        while underWayCount == options.messagesMax
            || (underWayCount > 0 && byteCount + payload.count > options.bytesMax)
        {
            if !goesOn() { return false }
            try step(waitMs: 50)
        }
        if underWayCount == 0 { progressNs = pks_monotonic_ns() }
        let place = Int(end % UInt64(entries.count))
        entries[place].id = id
        entries[place].isStored = false
        entries[place].wasResent = false
        entries[place].payload.removeAll(keepingCapacity: true)
        // SAFETY: the caller's bytes live for the call.
        unsafe entries[place].payload.append(contentsOf: payload)
        byteCount += payload.count
        counts.messages += 1
        end += 1
        try recovering { () throws(BusError) in try self.transmit(self.end - 1) }
        if counts.messages % 64 == 0 { try step(waitMs: 0) }
        return true
    }

    /// Waits until everything is stored. False when the waiting was ended. Throws as `send` does.
    public func finish() throws(BusError) -> Bool {
        while underWayCount > 0 {
            if !goesOn() { return false }
            try step(waitMs: 50)
        }
        return true
    }

    /// Takes the answers that are there, waiting for the first for so long. Throws as `send` does.
    public func step(waitMs: Int64) throws(BusError) {
        try recovering { () throws(BusError) in
            var wait = waitMs
            while self.underWayCount > 0, let answer = try self.answers.next(waitMs: wait) {
                wait = 0
                try self.note(answer)
            }
            let silentNs = pks_monotonic_ns() - self.progressNs
            if self.underWayCount > 0 && silentNs > self.options.answerMs * 1_000_000 {
                throw .timedOut(operation: "storing messages", milliseconds: self.options.answerMs)
            }
        }
    }

    // MARK: - On a connection

    private func transmit(_ number: UInt64) throws(BusError) {
        let place = Int(number % UInt64(entries.count))
        let id = entries[place].id
        let reply = "\(inbox).\(number)"
        // SAFETY: the payload lives for the closure; a typed throw leaves through a result.
        try unsafe entries[place].payload.withUnsafeBytes { bytes in
            Result { () throws(BusError) in
                try unsafe connection.publish(
                    options.subject, bytes, reply: reply, headers: [(name: "Nats-Msg-Id", value: id)])
            }
        }.get()
    }

    private func note(_ answer: borrowing NATSMessage) throws(BusError) {
        guard let number = UInt64(answer.subject.dropFirst(inbox.utf8.count + 1)), number >= first,
            number < end
        else { return }
        let payload = answer.payload
        if case .refused(let reason) = StoreAnswer(payload, status: answer.status) {
            throw .jetStream(operation: "storing a message in \(options.stream)", code: 0, reason: reason)
        }
        let text = JSONValue(payload) ?? .null
        guard text["stream"].text == options.stream else {
            throw .jetStream(
                operation: "storing a message in \(options.stream)", code: 0,
                reason: "it went into stream \(NATSText.harmless(text["stream"].text ?? "?"))")
        }
        let place = Int(number % UInt64(entries.count))
        if entries[place].isStored { return }
        entries[place].isStored = true
        counts.stored += 1
        // One that was sent twice and stored the first time is no news.
        if text["duplicate"].isTrue && !entries[place].wasResent { counts.alreadyThere += 1 }
        progressNs = pks_monotonic_ns()
        while first < end, entries[Int(first % UInt64(entries.count))].isStored {
            byteCount -= entries[Int(first % UInt64(entries.count))].payload.count
            first += 1
        }
    }

    // MARK: - After trouble

    /// Runs something; after trouble, opens a connection and sends everything again that is not stored, until that
    /// succeeds, the waiting is ended, or patience is.
    private func recovering(_ body: () throws(BusError) -> Void) throws(BusError) {
        do throws(BusError) { return try body() } catch {
            if case .tooLarge = error { throw error }
            lastTrouble = error
        }
        counts.setbacks += 1
        connection.close()
        while goesOn() {
            do throws(BusError) { return try sendAgain() } catch {
                lastTrouble = error
                if case .tooLarge = error { throw error }
                if case .badOptions = error { throw error }
                if pks_monotonic_ns() - progressNs > options.patienceMs * 1_000_000 { throw error }
            }
            // Whatever is wrong, asking at once would be asked again and again.
            pause()
        }
    }

    private func sendAgain() throws(BusError) {
        let made = try NATSConnection(options.nats)
        let inbox = try made.makeInbox()
        answers = try NATSSubscription(made, subject: inbox + ".*")
        connection = made
        self.inbox = inbox
        // The first alone: a stream that is not ready yet would refuse all of them.
        guard first < end else { return }
        var number = first
        while number < end {
            let place = Int(number % UInt64(entries.count))
            entries[place].isStored = false
            entries[place].wasResent = true
            number += 1
        }
        counts.stored = counts.messages - UInt64(underWayCount)
        try resend(first)
        let endNs = pks_monotonic_ns() + options.answerMs * 1_000_000
        let before = first
        while first == before {
            if !goesOn() { return }
            if pks_monotonic_ns() > endNs {
                throw .timedOut(operation: "storing messages", milliseconds: options.answerMs)
            }
            if let answer = try answers.next(waitMs: 50) { try note(answer) }
        }
        number = first
        while number < end {
            try resend(number)
            number += 1
        }
    }

    private func resend(_ number: UInt64) throws(BusError) {
        counts.resent += 1
        try transmit(number)
    }

    private func pause() {
        let endNs = pks_monotonic_ns() + Self.pauseMs * 1_000_000
        while pks_monotonic_ns() < endNs && goesOn() { _ = poll(nil, 0, 10) }
    }
}
