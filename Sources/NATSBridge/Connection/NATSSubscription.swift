internal import CNATS

// SAFETY: `handle` is this value's own from init to deinit.
/// Messages of one subject, taken one by one by the thread that owns this, where they also end. Nothing is called back,
/// and nothing is dropped: how much can lie waiting is what its owner has asked for.
@safe
public struct NATSSubscription: ~Copyable, @unchecked Sendable {
    private let handle: OpaquePointer
    private let connection: NATSConnection
    /// Of messages that this gave out: they end on the thread that takes them.
    private let bin = MessageBin()

    /// Subscribes. The server knows of it after a flush. Throws `disconnected`, `library`.
    public init(_ connection: NATSConnection, subject: String) throws(BusError) {
        var made: OpaquePointer?
        // SAFETY: the text lives for the call.
        let status = unsafe natsConnection_SubscribeSync(&made, connection.handle, subject)
        guard status == NATS_OK, let made = unsafe made else {
            throw BusError(status, "subscribing to \(subject)")
        }
        let limit = unsafe natsSubscription_SetPendingLimits(made, -1, -1)
        precondition(limit == NATS_OK, "a subscription that was just made takes limits")
        unsafe handle = made
        self.connection = connection
    }

    deinit {
        _ = unsafe natsSubscription_Unsubscribe(handle)
        unsafe connection.bury(handle)
    }

    /// The next message, waiting for `waitMs` at most (0: not at all); nil when none came.
    /// Throws `disconnected` when none will come any more, and `noJetStream` in place of a message that says that
    /// nobody listens to what was asked or sent: an empty one with the status 503.
    public func next(waitMs: Int64) throws(BusError) -> NATSMessage? {
        var message: OpaquePointer?
        // SAFETY: the handle lives as long as this value; the message is owned by what is returned.
        let status = unsafe natsSubscription_NextMsg(&message, handle, waitMs)
        if status == NATS_OK, let message = unsafe message { return unsafe NATSMessage(message, bin: bin) }
        bin.empty()
        if status == NATS_TIMEOUT { return nil }
        // The library keeps such a message to itself.
        if status == NATS_NO_RESPONDERS { throw .noJetStream(operation: "receiving") }
        throw BusError(status, "receiving", detail: connection.lastComplaint)
    }

    /// Messages that lie waiting.
    public var waitingCount: Int {
        var count: UInt64 = 0
        return unsafe natsSubscription_QueuedMsgs(handle, &count) == NATS_OK ? Int(count) : 0
    }
}
