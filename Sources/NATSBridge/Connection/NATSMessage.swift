internal import CNATS

// SAFETY (all of it): `handle` is this value's own from init to deinit; texts and bytes in it live as long as it does.
/// One message that was received. Its bytes live in it.
@safe
public struct NATSMessage: ~Copyable {
    let handle: OpaquePointer
    private let bin: MessageBin?

    /// Takes over a message. With a bin it goes there in the end, on this thread.
    init(_ handle: OpaquePointer, bin: MessageBin? = nil) {
        unsafe self.handle = handle
        self.bin = bin
    }

    /// A message without content, as one that lies in a stream. Throws `library`.
    init(empty subject: String, id: String?) throws(BusError) {
        var made: OpaquePointer?
        let status = unsafe natsMsg_Create(&made, subject, nil, nil, 0)
        guard status == NATS_OK, let made = unsafe made else { throw BusError(status, "making a message") }
        unsafe self.init(made)
        if let id { _ = unsafe natsMsgHeader_Set(handle, "Nats-Msg-Id", id) }
    }

    deinit {
        if let bin {
            unsafe bin.add(handle)
        } else {
            unsafe natsMsg_Destroy(handle)
        }
    }

    /// Runs `body` with the content, which lives for the call. Allocates nothing.
    public func withPayload<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let count = Int(unsafe natsMsg_GetDataLength(handle))
        return unsafe body(UnsafeRawBufferPointer(start: natsMsg_GetData(handle), count: count))
    }

    /// Runs `body` with the reply subject's bytes, none when there is no reply subject. Allocates nothing.
    public func withReply<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard let text = unsafe natsMsg_GetReply(handle) else {
            return unsafe body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        var count = 0
        while unsafe text[count] != 0 { count += 1 }
        return unsafe body(UnsafeRawBufferPointer(start: text, count: count))
    }

    /// Runs `body` with the subject's bytes. Allocates nothing.
    public func withSubject<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard let text = unsafe natsMsg_GetSubject(handle) else {
            return unsafe body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        var count = 0
        while unsafe text[count] != 0 { count += 1 }
        return unsafe body(UnsafeRawBufferPointer(start: text, count: count))
    }

    /// Bytes of the content.
    public var byteCount: Int { Int(unsafe natsMsg_GetDataLength(handle)) }

    /// The content. Allocates.
    public var payload: [UInt8] { unsafe withPayload { bytes in unsafe Array(bytes) } }

    /// The subject. Allocates.
    public var subject: String {
        unsafe withSubject { bytes in unsafe String(decoding: bytes, as: UTF8.self) }
    }

    /// The subject for an answer; empty when there is none. Allocates.
    public var reply: String { unsafe withReply { bytes in unsafe String(decoding: bytes, as: UTF8.self) } }

    /// The first value of a header; nil when there is none. Allocates.
    public func header(_ name: String) -> String? {
        var value: UnsafePointer<CChar>?
        guard unsafe natsMsgHeader_Get(handle, name, &value) == NATS_OK, let value = unsafe value else {
            return nil
        }
        return unsafe String(cString: value)
    }

    /// The number of a status that the server sent instead of a message (404, 408, 409, 503 ...); nil for an
    /// ordinary message. Looks at the headers of empty messages only.
    public var status: Int? {
        guard byteCount == 0, let text = header("Status") else { return nil }
        return Int(text)
    }
}
