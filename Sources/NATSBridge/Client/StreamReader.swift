import CSeqlock

/// A message of a stream as a reader gets it.
public struct StreamDelivery: ~Copyable {
    /// Its place in the stream.
    public let sequence: UInt64
    /// When the server stored it, ns since 1970.
    public let storedNs: Int64
    /// Messages of the reader's that came after it, as far as the server knew when it sent it.
    public let pendingCount: UInt64
    /// The message.
    public let message: NATSMessage
}

/// Reads a stream's messages in their order, each once, over one connection. What it leaves at the server is a consumer
/// in memory, which goes with `close` or half a minute after the last question. One thread.
public final class StreamReader {
    /// Which messages.
    public let stream: String
    /// The place that is read next.
    public private(set) var nextSequence: UInt64
    /// Messages that waited when the server was asked where to begin.
    public private(set) var pendingCount: UInt64 = 0

    private let jetStream: JetStream
    private let filter: String
    private let wanted: Set<[UInt8]>
    private let inbox: String
    private let answers: NATSSubscription
    private var consumer = ""
    private var lastDelivery: UInt64 = 0
    private var questionCount: UInt64 = 0
    private var awaitedCount = 0
    private var askedNs: Int64 = 0

    private static let batch = 512
    private static let expiresMs: Int64 = 3000

    /// Begins at a place of a stream. With one subject, or with several on a server that can, only they are sent; else
    /// the others are left out here. Throws `jetStream` when there is no such stream.
    public init(_ jetStream: JetStream, stream: String, subjects: [String], from sequence: UInt64)
        throws(BusError)
    {
        self.jetStream = jetStream
        self.stream = stream
        filter = Self.filter(of: subjects)
        wanted = Set(subjects.map { Array($0.utf8) })
        nextSequence = max(1, sequence)
        inbox = try jetStream.connection.makeInbox()
        answers = try NATSSubscription(jetStream.connection, subject: inbox + ".*")
        try begin()
    }

    /// Takes the consumer away. What fails goes by itself later.
    public func close() {
        if !consumer.isEmpty { _ = try? jetStream.deleteConsumer(consumer, of: stream) }
        consumer = ""
    }

    /// The next message, waiting for `waitMs` at most; nil when none came. Throws `disconnected` and what making a
    /// consumer anew does.
    public func next(waitMs: Int64) throws(BusError) -> StreamDelivery? {
        let endNs = pks_monotonic_ns() + waitMs * 1_000_000
        while true {
            try ask()
            let restNs = max(0, endNs - pks_monotonic_ns())
            var found: NATSMessage?
            do throws(BusError) {
                found = try answers.next(waitMs: (restNs + 999_999) / 1_000_000)
            } catch {
                guard case .noJetStream = error else { throw error }
                if let delivery = try takeUnseen(error) { return delivery }
                continue
            }
            guard let message = found.take() else {
                if pks_monotonic_ns() >= endNs { return nil }
                continue
            }
            // SAFETY: the reply subject lives for the call.
            guard let reply = unsafe message.withReply({ unsafe AckReply($0) }) else {
                try note(message)
                continue
            }
            awaitedCount -= 1
            // What an earlier consumer still sends has other numbers; what is lost on the way is asked for again.
            if reply.streamSequence < nextSequence { continue }
            guard reply.consumerSequence == lastDelivery + 1 else {
                try begin()
                continue
            }
            lastDelivery += 1
            nextSequence = reply.streamSequence + 1
            if unsafe !message.withSubject({ subject in wanted.contains(unsafe Array(subject)) }) { continue }
            return StreamDelivery(
                sequence: reply.streamSequence, storedNs: reply.storedNs, pendingCount: reply.pendingCount,
                message: message)
        }
    }

    /// An empty message with the header `Status: 503` looks to the client library like an answer of the server's, and is
    /// not handed out: it is taken from the stream itself. Nil when it is not one that is wanted; throws `error` when
    /// there is no such message.
    private func takeUnseen(_ error: BusError) throws(BusError) -> StreamDelivery? {
        let subject = filter.isEmpty ? ">" : filter
        guard let sequence = try jetStream.nextSequence(on: subject, from: nextSequence, of: stream),
            let message = try jetStream.message(sequence, of: stream), message.payload.isEmpty,
            message.status?.hasPrefix("503") == true
        else { throw error }
        nextSequence = sequence + 1
        try begin()
        if !wanted.contains(Array(message.subject.utf8)) { return nil }
        return StreamDelivery(
            sequence: sequence, storedNs: message.storedNs, pendingCount: pendingCount,
            message: try NATSMessage(empty: message.subject, id: message.messageID))
    }

    // MARK: - The consumer

    private func begin() throws(BusError) {
        close()
        awaitedCount = 0
        lastDelivery = 0
        var answer = try make(filter)
        // Before 2.10 a filter must lie inside one of the stream's subjects.
        if answer["error"] != .null, wanted.count > 1 { answer = try make("") }
        guard answer["error"] == .null, let name = answer["name"].text else {
            let code = Int(clamping: answer["error"]["err_code"].integer ?? 0)
            let reason = NATSText.harmless(answer["error"]["description"].text ?? "an answer that is none")
            throw .jetStream(operation: "reading stream \(stream)", code: code, reason: reason)
        }
        consumer = name
        pendingCount = UInt64(clamping: answer["num_pending"].integer ?? 0)
    }

    private func make(_ filter: String) throws(BusError) -> JSONValue {
        let filtered = filter.isEmpty ? "" : #","filter_subject":"\#(filter)""#
        let request =
            #"{"stream_name":"\#(stream)","config":{"deliver_policy":"by_start_sequence","opt_start_seq":"#
            + #"\#(nextSequence),"ack_policy":"none","replay_policy":"instant","mem_storage":true,"num_replicas":1,"#
            + #""inactive_threshold":30000000000\#(filtered)}}"#
        return try jetStream.connection.ask("\(jetStream.prefix).CONSUMER.CREATE.\(stream)", request)
    }

    /// Asks for more when little is on its way.
    private func ask() throws(BusError) {
        let nowNs = pks_monotonic_ns()
        let isForgotten = awaitedCount > 0 && nowNs - askedNs > (Self.expiresMs + 2000) * 1_000_000
        if isForgotten { try begin() }
        // A question of which some is left when the next is asked may end unnoticed: that much is never waited for.
        guard awaitedCount < Self.batch / 4 else { return }
        questionCount += 1
        askedNs = nowNs
        awaitedCount += Self.batch
        let request = Array(#"{"batch":\#(Self.batch),"expires":\#(Self.expiresMs * 1_000_000)}"#.utf8)
        // SAFETY: the bytes live for the closure; a typed throw leaves through a result.
        try unsafe request.withUnsafeBytes { bytes in
            Result { () throws(BusError) in
                try unsafe jetStream.connection.publish(
                    "\(jetStream.prefix).CONSUMER.MSG.NEXT.\(stream).\(consumer)", bytes,
                    reply: "\(inbox).\(questionCount)")
            }
        }.get()
    }

    /// A question ended, or there is nobody to ask any more.
    private func note(_ message: borrowing NATSMessage) throws(BusError) {
        let number = UInt64(message.subject.dropFirst(inbox.count + 1))
        guard let status = message.status, number == questionCount else { return }
        let words = message.header("Description") ?? ""
        switch status {
        case 404, 408: awaitedCount = 0
        case 409 where !words.contains("Deleted"): awaitedCount = 0
        // Perhaps the stream is another by now: whoever reads has to look.
        default: throw .disconnected(reason: "the server has dropped the reader of stream \(stream)")
        }
    }

    /// What takes in all subjects and little else: words that differ become `*`. Empty when they are too different.
    static func filter(of subjects: [String]) -> String {
        let words = subjects.map { $0.split(separator: ".") }
        guard var pattern = words.first else { return "" }
        for other in words.dropFirst() {
            if other.count != pattern.count { return "" }
            for index in pattern.indices where pattern[index] != other[index] { pattern[index] = "*" }
        }
        return pattern.joined(separator: ".")
    }
}
