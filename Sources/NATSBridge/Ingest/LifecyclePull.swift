import BusMessages
import CSeqlock

/// The book's lifecycle events: few, so one request at a time.
final class LifecyclePull {
    private let subscription: NATSSubscription
    private let connection: NATSConnection
    private let inbox: String
    private let request: String
    private var endNs: Int64 = 0
    private static let batch = 16
    private static let expiresMs: Int64 = 30_000

    init(_ connection: NATSConnection, prefix: String, options: BusIngestOptions) throws(BusError) {
        self.connection = connection
        inbox = try connection.makeInbox()
        subscription = try NATSSubscription(connection, subject: inbox)
        let consumer = BusNames.subject(options.names.consumer, book: options.book) + "-lifecycle"
        request = "\(prefix).CONSUMER.MSG.NEXT.\(options.names.bookingStream).\(consumer)"
    }

    /// The next event, if one is there: its place, its bytes, and the subject to acknowledge it. Does not wait.
    func next() throws(BusError) -> (AckReply, [UInt8], String)? {
        let nowNs = pks_monotonic_ns()
        while let message = try nextMessage() {
            // SAFETY: the reply's bytes live for the closure.
            if let delivery = unsafe message.withReply({ reply in unsafe AckReply(reply) }) {
                left -= 1
                return (delivery, message.payload, message.reply)
            }
            if message.status != nil { left = 0 }
        }
        if left > 0 && nowNs < endNs || nowNs < notBeforeNs { return nil }
        left = Self.batch
        endNs = nowNs + (Self.expiresMs + 2000) * 1_000_000
        notBeforeNs = nowNs + 100_000_000
        let bytes = Array(#"{"batch":\#(Self.batch),"expires":\#(Self.expiresMs * 1_000_000)}"#.utf8)
        // SAFETY: the bytes live for the closure; a typed throw leaves through a result.
        try unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(BusError) in try unsafe connection.publish(request, bytes, reply: inbox) }
        }.get()
        return nil
    }

    /// A message, if one is there. That the consumer is gone is for the comparison of positions to say.
    private func nextMessage() throws(BusError) -> NATSMessage? {
        do throws(BusError) {
            return try subscription.next(waitMs: 0)
        } catch {
            guard case .noJetStream = error else { throw error }
            left = 0
            return nil
        }
    }

    private var left = 0
    private var notBeforeNs: Int64 = 0
}

extension IngestWorker {
    /// Puts the answer to a lifecycle event among what must be stored; the event is acknowledged after that.
    func answer(_ bytes: UnsafeRawBufferPointer, _ delivery: AckReply, reply: String) {
        do throws(Poison) {
            let event = try unsafe lifecycle.decode(bytes)
            let stream = options.names.bookingStream
            rejects.encode(
                event,
                FillReject(
                    reason: "lifecycle_not_supported",
                    detail: "lifecycle events are not applied yet; book the trades that they lead to"),
                stream: stream, streamSeq: delivery.streamSequence)
            _ = letters.add(
                to: subject(options.names.rejected), unsafe Array(rejects.bytes),
                headers: [
                    ("Nats-Msg-Id", "\(options.book):in:\(delivery.streamSequence):\(delivery.storedNs):0")
                ], acknowledges: reply)
            board.update { $0.lifecycleCount += 1 }
        } catch {
            // SAFETY: the message's bytes, which live for the call.
            unsafe bury(bytes, error, delivery, acknowledges: reply)
        }
    }
}
