internal import CNATS

// SAFETY (all of these): the handle lives as long as the connection; texts and bytes live for the call, which copies
// them.
extension NATSConnection {
    /// Sends bytes, with a subject for the answer when `reply` is not empty. Returns when they are in the library's
    /// buffer, or written when that is full: blocks for `writeMs` at most. Throws `disconnected`, `tooLarge`,
    /// `library`. Does not allocate when there is no header.
    public func publish(
        _ subject: String, _ bytes: UnsafeRawBufferPointer, reply: String = ""
    ) throws(BusError) {
        let count = Int32(clamping: bytes.count)
        let status =
            reply.isEmpty
            ? unsafe natsConnection_Publish(handle, subject, bytes.baseAddress, count)
            : unsafe natsConnection_PublishRequest(handle, subject, reply, bytes.baseAddress, count)
        if status != NATS_OK { throw sendError(status, bytes.count, subject) }
    }

    /// Acknowledges a delivery to its reply subject, which ends in NUL. Allocates nothing. Throws `disconnected`.
    func acknowledge(_ subject: UnsafePointer<CChar>) throws(BusError) {
        let status = unsafe natsConnection_Publish(handle, subject, "+ACK", 4)
        if status != NATS_OK { throw sendError(status, 4, "an acknowledgement") }
    }

    /// The same with headers, in this order. Names and values must be plain text without line ends: others are
    /// `library` errors.
    public func publish(
        _ subject: String, _ bytes: UnsafeRawBufferPointer, reply: String = "",
        headers: [(name: String, value: String)]
    ) throws(BusError) {
        var message: OpaquePointer?
        var status = unsafe natsMsg_Create(
            &message, subject, reply.isEmpty ? nil : reply,
            bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
            Int32(clamping: bytes.count))
        guard status == NATS_OK, let message = unsafe message else {
            throw sendError(status, bytes.count, subject)
        }
        let owned = unsafe NATSMessage(message)
        for header in headers {
            guard NATSConnection.isHeaderText(header.name), NATSConnection.isHeaderText(header.value) else {
                throw .library(operation: "sending to \(subject)", reason: "a header has control characters")
            }
            status = unsafe natsMsgHeader_Set(owned.handle, header.name, header.value)
            if status != NATS_OK { throw sendError(status, bytes.count, subject) }
        }
        status = unsafe natsConnection_PublishMsg(handle, owned.handle)
        if status != NATS_OK { throw sendError(status, bytes.count, subject) }
    }

    /// Sends a request and waits for its answer, `requestMs` at most. Throws `timedOut`, `disconnected`,
    /// `noJetStream` when nobody listens. Allocates.
    public func request(_ subject: String, _ bytes: UnsafeRawBufferPointer) throws(BusError) -> NATSMessage {
        var answer: OpaquePointer?
        let status = unsafe natsConnection_Request(
            &answer, handle, subject, bytes.baseAddress, Int32(clamping: bytes.count), options.requestMs)
        guard status == NATS_OK, let answer = unsafe answer else {
            throw BusError(status, "asking \(subject)", milliseconds: options.requestMs)
        }
        return unsafe NATSMessage(answer)
    }

    /// Waits until the server has seen everything sent so far, `requestMs` at most. Throws `timedOut`,
    /// `disconnected`.
    public func flush() throws(BusError) {
        let status = unsafe natsConnection_FlushTimeout(handle, options.requestMs)
        if status != NATS_OK { throw BusError(status, "flushing", milliseconds: options.requestMs) }
    }

    /// Bytes that are still in this process.
    public var bufferedBytes: Int { max(0, Int(unsafe natsConnection_Buffered(handle))) }

    /// A subject of this connection's own, for answers. Allocates.
    public func makeInbox() throws(BusError) -> String {
        var inbox: UnsafeMutablePointer<natsInbox>?
        let status = unsafe natsInbox_Create(&inbox)
        guard status == NATS_OK, let inbox = unsafe inbox else { throw BusError(status, "making an inbox") }
        defer { unsafe natsInbox_Destroy(inbox) }
        return unsafe String(cString: inbox)
    }

    private func sendError(_ status: natsStatus, _ byteCount: Int, _ subject: String) -> BusError {
        if status == NATS_MAX_PAYLOAD {
            return .tooLarge(
                operation: "sending to \(subject)", byteCount: byteCount, byteCountMax: payloadBytesMax)
        }
        // A write that was stuck for too long leaves the library with half of something sent.
        if status == NATS_TIMEOUT {
            return .disconnected(reason: "a write was stuck for \(options.writeMs) ms")
        }
        return BusError(status, "sending to \(subject)", detail: lastComplaint)
    }

    private static func isHeaderText(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }
}
