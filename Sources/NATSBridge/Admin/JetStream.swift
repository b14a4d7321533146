internal import CNATS

// SAFETY (all of it): `context` is this object's own from init to deinit, and keeps to its connection, which this
// object keeps; what a call gives is read and given back before the call's function returns; texts live for the call.
/// Streams and consumers over one connection. Every call blocks for the connection's `requestMs` at most, allocates,
/// and throws `timedOut`, `disconnected`, `notPermitted`, `noJetStream` or `jetStream` with the server's own code.
@safe
public final class JetStream {
    /// What it works over.
    public let connection: NATSConnection
    private let context: OpaquePointer
    /// How long one of the calls may take.
    private var waitMs: Int64 { connection.options.requestMs }

    /// For one thread at a time.
    public init(_ connection: NATSConnection) throws(BusError) {
        var options = unsafe jsOptions()
        _ = unsafe jsOptions_Init(&options)
        unsafe options.Wait = connection.options.requestMs
        var made: OpaquePointer?
        let status: natsStatus
        if let domain = connection.options.jetStreamDomain {
            status = unsafe domain.withCString { domain in
                unsafe options.Domain = domain
                return unsafe natsConnection_JetStream(&made, connection.handle, &options)
            }
        } else {
            status = unsafe natsConnection_JetStream(&made, connection.handle, &options)
        }
        guard status == NATS_OK, let made = unsafe made else { throw BusError(status, "using JetStream") }
        unsafe context = made
        self.connection = connection
    }

    deinit { unsafe jsCtx_Destroy(context) }

    /// What all API subjects begin with.
    public var prefix: String {
        connection.options.jetStreamDomain.map { "$JS.\($0).API" } ?? "$JS.API"
    }

    // MARK: - Streams

    /// What a stream is now; nil when there is none of that name.
    public func stream(_ name: String) throws(BusError) -> StreamState? {
        var info: UnsafeMutablePointer<jsStreamInfo>?
        var code = jsErrCode(rawValue: 0)
        let status = unsafe js_GetStreamInfo(&info, context, name, nil, &code)
        if isAbsent(status, code) { return nil }
        guard status == NATS_OK, let info = unsafe info else {
            throw BusError(status, code, "looking at stream \(name)", milliseconds: waitMs)
        }
        defer { unsafe jsStreamInfo_Destroy(info) }
        return unsafe StreamState(info)
    }

    /// Makes a stream. One that is there already and is the same is fine; another under the name is `jetStream`.
    @discardableResult
    public func makeStream(_ plan: StreamPlan) throws(BusError) -> StreamState {
        var config = unsafe jsStreamConfig()
        _ = unsafe jsStreamConfig_Init(&config)
        unsafe config.Storage = js_FileStorage
        unsafe config.Duplicates = plan.duplicateWindowNs
        if plan.messagesMax > 0 { unsafe config.MaxMsgs = plan.messagesMax }
        var info: UnsafeMutablePointer<jsStreamInfo>?
        var code = jsErrCode(rawValue: 0)
        let status = unsafe plan.name.withCString { name in
            unsafe withCStrings(plan.subjects) { subjects in
                unsafe config.Name = name
                unsafe config.Subjects = subjects.baseAddress
                unsafe config.SubjectsLen = Int32(subjects.count)
                return unsafe js_AddStream(&info, context, &config, nil, &code)
            }
        }
        guard status == NATS_OK, let info = unsafe info else {
            throw BusError(status, code, "making stream \(plan.name)", milliseconds: waitMs)
        }
        defer { unsafe jsStreamInfo_Destroy(info) }
        return unsafe StreamState(info)
    }

    /// Removes a stream with everything in it; false when there was none.
    @discardableResult
    public func deleteStream(_ name: String) throws(BusError) -> Bool {
        var code = jsErrCode(rawValue: 0)
        let status = unsafe js_DeleteStream(context, name, nil, &code)
        if isAbsent(status, code) { return false }
        if status != NATS_OK {
            throw BusError(status, code, "deleting stream \(name)", milliseconds: waitMs)
        }
        return true
    }

    /// Removes the messages before a sequence, or all of them (nil).
    public func purgeStream(_ name: String, before sequence: UInt64? = nil) throws(BusError) {
        var options = unsafe jsOptions()
        _ = unsafe jsOptions_Init(&options)
        unsafe options.Wait = waitMs
        unsafe options.Stream.Purge.Sequence = sequence ?? 0
        var code = jsErrCode(rawValue: 0)
        let status = unsafe js_PurgeStream(context, name, &options, &code)
        if status != NATS_OK {
            throw BusError(status, code, "purging stream \(name)", milliseconds: waitMs)
        }
    }

    // MARK: - Messages

    /// One message of a stream; nil when it is not there (any more).
    public func message(_ sequence: UInt64, of stream: String) throws(BusError) -> StoredMessage? {
        var message: OpaquePointer?
        var code = jsErrCode(rawValue: 0)
        let status = unsafe js_GetMsg(&message, context, stream, sequence, nil, &code)
        return try unsafe stored(message, status, code, "reading message \(sequence) of stream \(stream)")
    }

    /// The newest message of a stream with this subject; nil when there is none.
    public func lastMessage(on subject: String, of stream: String) throws(BusError) -> StoredMessage? {
        var message: OpaquePointer?
        var code = jsErrCode(rawValue: 0)
        let status = unsafe js_GetLastMsg(&message, context, stream, subject, nil, &code)
        return try unsafe stored(message, status, code, "reading the last message on \(subject)")
    }

    /// The first message of a stream with this subject, at or after a sequence; nil when there is none.
    public func nextSequence(
        on subject: String, from sequence: UInt64, of stream: String
    ) throws(BusError) -> UInt64? {
        let question = Array(#"{"seq":\#(sequence),"next_by_subj":"\#(subject)"}"#.utf8)
        // The bytes live for the closure; a typed throw leaves through a result.
        let answer = try unsafe question.withUnsafeBytes { bytes in
            Result { () throws(BusError) in
                try unsafe connection.request("\(prefix).STREAM.MSG.GET.\(stream)", bytes).payload
            }
        }.get()
        let text = String(decoding: answer, as: UTF8.self)
        if text.contains("\"error\"") {
            if text.contains("\"err_code\":10037") { return nil }
            throw .jetStream(
                operation: "looking for the next message on \(subject)", code: 0,
                reason: NATSText.harmless(text))
        }
        guard let start = text.firstRange(of: "\"seq\":"),
            let number = UInt64(text[start.upperBound...].prefix { $0.isNumber })
        else {
            throw .jetStream(
                operation: "looking for the next message on \(subject)", code: 0,
                reason: "an answer without number")
        }
        return number
    }

    private func stored(
        _ message: OpaquePointer?, _ status: natsStatus, _ code: jsErrCode, _ operation: String
    ) throws(BusError) -> StoredMessage? {
        if isAbsent(status, code) { return nil }
        guard status == NATS_OK, let message = unsafe message else {
            throw BusError(status, code, operation, milliseconds: waitMs)
        }
        return StoredMessage(unsafe NATSMessage(message))
    }

    // MARK: - Consumers

    /// What a consumer is now; nil when the stream or the consumer is not there.
    public func consumer(_ name: String, of stream: String) throws(BusError) -> ConsumerState? {
        var info: UnsafeMutablePointer<jsConsumerInfo>?
        var code = jsErrCode(rawValue: 0)
        let status = unsafe js_GetConsumerInfo(&info, context, stream, name, nil, &code)
        if isAbsent(status, code) { return nil }
        guard status == NATS_OK, let info = unsafe info else {
            throw BusError(status, code, "looking at consumer \(name) of \(stream)", milliseconds: waitMs)
        }
        defer { unsafe jsConsumerInfo_Destroy(info) }
        return unsafe ConsumerState(info)
    }

    /// Makes a durable consumer.
    @discardableResult
    public func makeConsumer(_ plan: ConsumerPlan, of stream: String) throws(BusError) -> ConsumerState {
        var config = unsafe jsConsumerConfig()
        _ = unsafe jsConsumerConfig_Init(&config)
        unsafe config.AckPolicy = js_AckExplicit
        unsafe config.AckWait = plan.acknowledgeNs
        unsafe config.MaxAckPending = plan.unacknowledgedMax
        if plan.startSequence > 0 {
            unsafe config.DeliverPolicy = js_DeliverByStartSequence
            unsafe config.OptStartSeq = plan.startSequence
        }
        var info: UnsafeMutablePointer<jsConsumerInfo>?
        var code = jsErrCode(rawValue: 0)
        let status = unsafe plan.name.withCString { name in
            unsafe plan.filter.withCString { filter in
                unsafe config.Durable = name
                if !plan.filter.isEmpty { unsafe config.FilterSubject = filter }
                return unsafe js_AddConsumer(&info, context, stream, &config, nil, &code)
            }
        }
        guard status == NATS_OK, let info = unsafe info else {
            throw BusError(status, code, "making consumer \(plan.name) of \(stream)", milliseconds: waitMs)
        }
        defer { unsafe jsConsumerInfo_Destroy(info) }
        return unsafe ConsumerState(info)
    }

    /// Removes a consumer; false when there was none.
    @discardableResult
    public func deleteConsumer(_ name: String, of stream: String) throws(BusError) -> Bool {
        var code = jsErrCode(rawValue: 0)
        let status = unsafe js_DeleteConsumer(context, stream, name, nil, &code)
        if isAbsent(status, code) { return false }
        if status != NATS_OK {
            throw BusError(status, code, "deleting consumer \(name) of \(stream)", milliseconds: waitMs)
        }
        return true
    }
}

/// Whether a call says that what it was about is not there. The library does so in two ways.
private func isAbsent(_ status: natsStatus, _ code: jsErrCode) -> Bool {
    status == NATS_NOT_FOUND
        || (status != NATS_OK
            && (code == JSStreamNotFoundErr || code == JSConsumerNotFoundErr || code == JSNoMessageFoundErr))
}

/// Texts as C wants a list of them, for the call.
private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafeMutableBufferPointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    var bytes: [CChar] = []
    var places: [Int] = []
    for text in texts {
        places.append(bytes.count)
        bytes.append(contentsOf: text.utf8CString)
    }
    // SAFETY: each place is inside the bytes, which live for the closure, and its text ends in NUL.
    return unsafe bytes.withUnsafeBufferPointer { bytes in
        var list = unsafe places.map { place in unsafe bytes.baseAddress.map { unsafe $0 + place } }
        return unsafe list.withUnsafeMutableBufferPointer { unsafe body($0) }
    }
}
