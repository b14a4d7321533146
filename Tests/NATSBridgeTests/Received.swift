import NATSBridge

/// A message as a value that tests can compare.
struct Received: Equatable {
    var subject: String
    var reply: String
    var payload: [UInt8]
    var messageID: String?
    var reason: String?
}

extension NATSSubscription {
    /// The next message, waiting a minute for one that must come; nil when none did.
    func take(waitMs: Int64 = 60_000) throws(BusError) -> Received? {
        guard let message = try next(waitMs: waitMs) else { return nil }
        return Received(
            subject: message.subject, reply: message.reply, payload: message.payload,
            messageID: message.header("Nats-Msg-Id"), reason: message.header("Pks-Reason"))
    }
}
