internal import CNATS

/// What can go wrong on the bus. Everything here is an operating error: the caller goes on without the bus, tries
/// again, or tells a person.
public enum BusError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The options contradict each other, or name something that is not there.
    case badOptions(reason: String)
    /// No server of the list could be reached, or none let this client in; the reason is the last server's, and says what
    /// to do when it was a refusal.
    case unreachable(servers: String, reason: String, isRefused: Bool)
    /// The connection is gone; everything under way on it is in doubt.
    case disconnected(reason: String)
    /// Nothing came back in time.
    case timedOut(operation: String, milliseconds: Int64)
    /// The account may not do this.
    case notPermitted(operation: String, reason: String)
    /// The server, or this account on it, has no JetStream.
    case noJetStream(operation: String)
    /// JetStream answered with one of its error codes.
    case jetStream(operation: String, code: Int, reason: String)
    /// A stream or a consumer is not there, or not as it must be, and nobody asked for it to be made.
    case missing(what: String, remedy: String)
    /// Larger than the server takes.
    case tooLarge(operation: String, byteCount: Int, byteCountMax: Int)
    /// A file of the bus's own cannot be read or written.
    case file(path: String, operation: String, reason: String)
    /// The ring to the book cannot be had, or is broken.
    case ring(reason: String)
    /// Anything else that the client library reports.
    case library(operation: String, reason: String)

    /// What happened, why, and what to do. Without secrets and control characters.
    public var description: String {
        switch self {
        case .badOptions(let reason): reason
        case .unreachable(let servers, let reason, true):
            "NATS at \(servers): \(reason)"
        case .unreachable(let servers, let reason, false):
            "NATS at \(servers): \(reason) (is a server running there?)"
        case .disconnected(let reason): "NATS: the connection is gone: \(reason) (it is made anew by itself)"
        case .timedOut(let operation, let milliseconds):
            "NATS: \(operation): no answer within \(milliseconds) ms (is the server busy or stopped?)"
        case .notPermitted(let operation, let reason):
            "NATS: \(operation): \(reason) (give the account that permission)"
        case .noJetStream(let operation):
            "NATS: \(operation): JetStream is not there (start the server with it, or enable it for the account)"
        case .jetStream(let operation, let code, let reason):
            "NATS: \(operation): \(reason) (JetStream error \(code))"
        case .missing(let what, let remedy): "NATS: \(what) (\(remedy))"
        case .tooLarge(let operation, let byteCount, let byteCountMax):
            "NATS: \(operation): \(byteCount) bytes are more than the server's \(byteCountMax)"
                + " (raise max_payload on the server)"
        case .file(let path, let operation, let reason): "\(path): \(operation) failed: \(reason)"
        case .ring(let reason): reason
        case .library(let operation, let reason): "NATS: \(operation): \(reason)"
        }
    }

    /// The connection is of no use any more: open another.
    public var isConnectionLost: Bool {
        switch self {
        case .disconnected, .unreachable: true
        default: false
        }
    }
}

extension BusError {
    /// The library's answer to an operation, with what it says about it. Call it on the thread of the operation.
    init(_ status: natsStatus, _ operation: String, detail: String = "", milliseconds: Int64 = 0) {
        // SAFETY: the library returns static text, and its thread-local text lives until its next call.
        let general = unsafe String(cString: natsStatus_GetText(status))
        let special = NATSText.withoutPlace(
            unsafe nats_GetLastError(nil).map { unsafe String(cString: $0) } ?? "")
        let words = [detail, special, general].first { !$0.isEmpty } ?? "unknown"
        let reason = NATSText.harmless(words)
        switch status {
        case NATS_CONNECTION_CLOSED, NATS_CONNECTION_DISCONNECTED, NATS_STALE_CONNECTION, NATS_IO_ERROR,
            NATS_INVALID_SUBSCRIPTION:
            self = .disconnected(reason: reason)
        case NATS_TIMEOUT: self = .timedOut(operation: operation, milliseconds: milliseconds)
        case NATS_NOT_PERMITTED: self = .notPermitted(operation: operation, reason: reason)
        case NATS_NO_RESPONDERS: self = .noJetStream(operation: operation)
        default: self = .library(operation: operation, reason: reason)
        }
    }

    /// The same for a call of JetStream's own, which has a code besides.
    init(_ status: natsStatus, _ code: jsErrCode, _ operation: String, milliseconds: Int64) {
        let plain = BusError(status, operation, milliseconds: milliseconds)
        let number = Int(code.rawValue)
        switch (number, plain) {
        case (0, _): self = plain
        case (Self.notEnabled, _), (Self.notEnabledForAccount, _): self = .noJetStream(operation: operation)
        case (_, .library(_, let reason)):
            self = .jetStream(operation: operation, code: number, reason: reason)
        default: self = .jetStream(operation: operation, code: number, reason: plain.description)
        }
    }

    private static let notEnabled = 10076
    private static let notEnabledForAccount = 10039
}
