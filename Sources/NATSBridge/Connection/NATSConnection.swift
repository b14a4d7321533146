internal import CNATS
import Synchronization

// SAFETY: `handle` is this object's own from init to deinit, and the library's calls on a connection are thread-safe.
/// One connection to one server, from its handshake to its loss.
///
/// It never reconnects by itself. A client that reconnects in silence sends what it had buffered into a new life of
/// the server, where acknowledgements and requests of the old one mean something else; here the owner learns that
/// the connection is gone, opens another, and compares positions before anything is sent. Nothing is called back:
/// the owner asks, or waits in a subscription.
@safe
public final class NATSConnection: @unchecked Sendable {
    /// Which server it is.
    public let server: NATSAddress
    /// Bounds and names that it was opened with.
    public let options: NATSOptions
    /// The server's limit of one message.
    public let payloadBytesMax: Int
    /// The version of the client library and the id of the server, for reports.
    public let serverID: String

    /// One signature in some 250 that the library (3.4.1) makes of a server's question is wrong, so that who is refused
    /// answers another question.
    private static let signaturesMax = 3

    let handle: OpaquePointer
    let faults: ConnectionFaults
    /// Addresses of subscriptions that wait for the connection's end.
    private let ended = Mutex<[UInt]>([])

    /// Connects to the first server of the list that lets this client in. Blocks for `connectMs` a server at most.
    /// Throws `badOptions`, `unreachable`. Allocates.
    public convenience init(_ options: NATSOptions) throws(BusError) {
        var last = BusError.badOptions(reason: "no NATS server is named")
        for server in options.servers {
            do throws(BusError) {
                try self.init(options, server)
                return
            } catch {
                if case .badOptions = error { throw error }
                last = error
            }
        }
        throw last
    }

    private init(_ options: NATSOptions, _ server: NATSAddress) throws(BusError) {
        _ = LibraryThreads.areStarted
        let faults = ConnectionFaults()
        let context = unsafe faults.lend()
        var handle: OpaquePointer?
        do throws(BusError) {
            let settings = try ConnectionSettings()
            try unsafe settings.set(options, server, context)
            var status = NATS_OK
            for _ in 0..<(options.identity.isSigned ? Self.signaturesMax : 1) {
                // SAFETY: the settings live for the call; the library copies them.
                status = unsafe natsConnection_Connect(&handle, settings.handle)
                if status != NATS_CONNECTION_AUTH_FAILED { break }
            }
            guard status == NATS_OK else { throw Self.refusal(status, server, options) }
        } catch {
            // Without a connection there is no closed callback.
            unsafe ConnectionFaults.takeBack(context)
            throw error
        }
        guard let handle = unsafe handle else {
            preconditionFailure("a connect that succeeded gives a connection")
        }
        self.server = server
        self.options = options
        self.faults = faults
        unsafe self.handle = handle
        payloadBytesMax = Int(unsafe natsConnection_GetMaxPayload(handle))
        var text = [CChar](repeating: 0, count: 128)
        // SAFETY: the buffer is as long as the call is told.
        _ = unsafe natsConnection_GetConnectedServerId(handle, &text, text.count)
        serverID = NATSText.harmless(
            text.prefix { $0 != 0 }.map { String(UnicodeScalar(UInt8(bitPattern: $0))) }.joined())
    }

    deinit {
        // SAFETY: nobody else has the handle; callbacks that are still to come have their own reference. Nobody uses
        // the ended subscriptions any more, and the library's thread that did has ended with the connection.
        unsafe natsConnection_Close(handle)
        ended.withLock { list in
            for subscription in list {
                if let subscription = unsafe OpaquePointer(bitPattern: subscription) {
                    unsafe natsSubscription_Destroy(subscription)
                }
            }
        }
        unsafe natsConnection_Destroy(handle)
    }

    /// Ends the connection now. What is under way fails with `disconnected`. Any thread.
    public func close() {
        // SAFETY: the handle lives as long as this object.
        unsafe natsConnection_Close(handle)
    }

    /// Whether the connection still stands, as far as is known. Any thread.
    public var isConnected: Bool {
        // SAFETY: as above.
        unsafe natsConnection_Status(handle) == NATS_CONN_STATUS_CONNECTED
    }

    /// What the server or the library last complained about; empty when nothing. Any thread.
    public var lastComplaint: String { faults.current.lastReason }

    /// How often the server has refused a subject: it does so without saying which call it was. Any thread.
    public var refusedCount: Int { faults.current.permissionCount }

    /// Throws `disconnected` with the reason when the connection is gone.
    public func check() throws(BusError) {
        if !isConnected {
            let reason = lastComplaint
            throw .disconnected(reason: reason.isEmpty ? "the server went away" : reason)
        }
    }

    /// Takes over a subscription that has been ended. It must not be destroyed before the connection is closed: the
    /// library (3.4.1) may be putting a message into it without holding on to it.
    func bury(_ subscription: OpaquePointer) { ended.withLock { $0.append(UInt(bitPattern: subscription)) } }

    /// Subscriptions that were ended and still take memory. A connection that has ended very many is better closed.
    var endedCount: Int { ended.withLock { $0.count } }

    private static func refusal(
        _ status: natsStatus, _ server: NATSAddress, _ options: NATSOptions
    ) -> BusError {
        // SAFETY: the library's texts live until its next call on this thread.
        let special = NATSText.withoutPlace(
            unsafe nats_GetLastError(nil).map { unsafe String(cString: $0) } ?? "")
        let words = special.isEmpty ? unsafe String(cString: natsStatus_GetText(status)) : special
        let advice: String
        switch status {
        case NATS_CONNECTION_AUTH_FAILED, NATS_NOT_PERMITTED:
            advice = "the server does not let this user in: check who this is, and what the account may do"
        case NATS_SSL_ERROR:
            let name = NATSText.harmless(options.security?.hostname ?? server.host)
            advice =
                "the server's certificate must be for \(name), valid, and signed by who is trusted: check the address and"
                + " the authorities"
        case NATS_SECURE_CONNECTION_REQUIRED: advice = "the server wants TLS: write tls://"
        case NATS_SECURE_CONNECTION_WANTED: advice = "the server has no TLS: ask for it there"
        default:
            return .unreachable(
                servers: server.description, reason: NATSText.harmless(words), isRefused: false)
        }
        return .unreachable(
            servers: server.description, reason: "\(NATSText.harmless(words)) (\(advice))", isRefused: true)
    }
}
