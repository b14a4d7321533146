import CSeqlock

/// Asks a consumer for messages by the raw pull protocol, and receives them on an inbox of its own.
final class MessagePull {
    let subscription: NATSSubscription
    var window = PullWindow()
    private let connection: NATSConnection
    private let inbox: String
    private let next: String
    private let batch: Int
    private let expiresMs: Int64
    private let bytesMax: Int
    private var askedNs: Int64 = 0
    private var notBeforeNs: Int64 = 0
    /// Why the server does not hand out messages though it is asked; empty when it does.
    var refusal = ""

    init(_ connection: NATSConnection, prefix: String, options: BusIngestOptions) throws(BusError) {
        self.connection = connection
        inbox = try connection.makeInbox()
        subscription = try NATSSubscription(connection, subject: inbox + ".*")
        let consumer = BusNames.subject(options.names.consumer, book: options.book)
        next = "\(prefix).CONSUMER.MSG.NEXT.\(options.names.bookingStream).\(consumer)"
        batch = options.batch
        expiresMs = options.pullMs
        // So that what lies waiting in this process is bounded whatever the messages are.
        bytesMax = max(8 << 20, 2 * connection.payloadBytesMax)
    }

    /// Asks for as many as fit, when that is worth it.
    func ask(room: Int) throws(BusError) {
        let nowNs = pks_monotonic_ns()
        if window.isOpen && nowNs - askedNs > (expiresMs + 2000) * 1_000_000 {
            // The server has forgotten: it says when a request ends.
            window.closeAll()
        }
        if nowNs < notBeforeNs { return }
        let count = window.ask(batch: batch, room: room)
        if count == 0 { return }
        let number = window.open(count)
        askedNs = nowNs
        let request = Array(
            #"{"batch":\#(count),"expires":\#(expiresMs * 1_000_000),"max_bytes":\#(bytesMax)}"#.utf8)
        // SAFETY: the bytes live for the closure; a typed throw leaves through a result.
        try unsafe request.withUnsafeBytes { bytes in
            Result { () throws(BusError) in
                try unsafe connection.publish(next, bytes, reply: "\(inbox).\(number)")
            }
        }.get()
    }

    /// Takes note of a status message, such as the end of a request. True when the consumer is not as it was.
    func noteStatus(_ message: borrowing NATSMessage) -> Bool {
        guard let status = message.status else { return false }
        if let number = UInt64(message.subject.dropFirst(inbox.count + 1)) { window.close(number) }
        let words = message.header("Description") ?? ""
        switch PullEnd(status: status, words: words) {
        case .ordinary: return false
        case .later:
            notBeforeNs = pks_monotonic_ns() + 50_000_000
            // Limits of the consumer that this client did not set.
            if words.contains("Exceeded Max") && !words.contains("MaxAckPending") {
                refusal =
                    "the consumer refuses to hand out messages: \(NATSText.harmless(words)) (take that limit from it)"
            }
            return false
        case .changed: return true
        case .unknown:
            notBeforeNs = pks_monotonic_ns() + 50_000_000
            return true
        }
    }
}

/// What a status message says about the end of a request for messages. Pure.
enum PullEnd: Equatable {
    /// It has given what it could, or its time is up: the next may follow at once.
    case ordinary
    /// The consumer is full of something; asking at once would be asked again and again.
    case later
    /// The consumer is not as it was.
    case changed
    /// Nothing that is known.
    case unknown

    /// Reads a status and its description.
    init(status: Int, words: String) {
        switch status {
        case 100, 404, 408: self = .ordinary
        case 409 where words.contains("Consumer Deleted") || words.contains("Leadership Change"):
            self = .changed
        // A limit of the consumer on what may be asked for: refused at once, each time.
        case 409 where words.contains("MaxRequest"): self = .later
        // Current servers say so of each request with a bound of bytes that was served whole.
        case 409 where words.contains("MaxBytes") || words.contains("Batch Completed"): self = .ordinary
        case 409: self = .later
        default: self = .unknown
        }
    }
}
