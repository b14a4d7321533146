internal import CNATS

/// A message as a stream keeps it.
public struct StoredMessage: Equatable, Sendable {
    /// Its place in the stream.
    public var sequence: UInt64
    /// When the server stored it, ns since 1970.
    public var storedNs: Int64
    /// The subject it was sent to.
    public var subject: String
    /// Its `Nats-Msg-Id`; nil when it has none.
    public var messageID: String?
    /// Its `Status`, which only messages of the server's own should have.
    public var status: String?
    /// Its content.
    public var payload: [UInt8]

    /// A message of these parts.
    public init(sequence: UInt64, storedNs: Int64, subject: String, messageID: String?, payload: [UInt8]) {
        self.sequence = sequence
        self.storedNs = storedNs
        self.subject = subject
        self.messageID = messageID
        self.payload = payload
    }

    init(_ message: borrowing NATSMessage) {
        // SAFETY: the message lives for the call.
        unsafe self.init(
            sequence: natsMsg_GetSequence(message.handle), storedNs: natsMsg_GetTime(message.handle),
            subject: message.subject, messageID: message.header("Nats-Msg-Id"), payload: message.payload)
        status = message.header("Status")
    }
}
