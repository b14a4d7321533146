import CSeqlock
import Glibc

extension NATSConnection {
    /// Sends text and reads the answer as JSON. Throws what `request` does, `notPermitted` when the server has refused a
    /// subject meanwhile, and `library` for an answer that is no JSON.
    public func ask(_ subject: String, _ text: String) throws(BusError) -> JSONValue {
        let refusedBefore = refusedCount
        let bytes = Array(text.utf8)
        // SAFETY: the bytes live for the closure; a typed throw leaves through a result.
        let answer = unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(BusError) in try unsafe request(subject, bytes).payload }
        }
        if case .failure(.timedOut) = answer, refusedCount > refusedBefore {
            throw .notPermitted(operation: "asking \(subject)", reason: lastComplaint)
        }
        guard let value = JSONValue(try answer.get()) else {
            throw .library(operation: "asking \(subject)", reason: "an answer that is no JSON")
        }
        return value
    }

    /// Whether what travels on it is under TLS.
    public var isSecure: Bool { options.isSecure(server) }

    /// The shortest of five ways to the server and back, in ns.
    public func roundTripNs() throws(BusError) -> Int64 {
        var shortestNs = Int64.max
        for _ in 0..<5 {
            let beganNs = pks_monotonic_ns()
            try flush()
            shortestNs = min(shortestNs, pks_monotonic_ns() - beganNs)
        }
        return shortestNs
    }

    /// Whether this client may send to a subject.
    public enum SendingRight: Equatable, Sendable {
        /// It was let through: something came back.
        case allowed
        /// The server refuses it.
        case refused(reason: String)
        /// Neither an answer nor a refusal within a second.
        case unknown
    }

    /// Tries to send to a subject without storing anything: an empty message with a header that every stream refuses,
    /// or what the subject's listener takes for nothing. Whoever listens there without JetStream gets it too.
    public func tryToSend(_ subject: String, _ text: String = "") throws(BusError) -> SendingRight {
        let inbox = try makeInbox()
        let answers = try NATSSubscription(self, subject: inbox)
        try flush()
        let refusedBefore = refusedCount
        let bytes = Array(text.utf8)
        let headers = [(name: "Nats-Expected-Stream", value: "PKS-NATS-CHECK-STORES-NOTHING")]
        // SAFETY: as above.
        try unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(BusError) in
                if text.isEmpty { return try unsafe publish(subject, bytes, reply: inbox, headers: headers) }
                try unsafe publish(subject, bytes, reply: inbox)
            }
        }.get()
        try flush()
        let endNs = pks_monotonic_ns() + 1_000_000_000
        while pks_monotonic_ns() < endNs {
            do throws(BusError) {
                if try answers.next(waitMs: 20) != nil { return .allowed }
            } catch {
                // That nobody listens there is an answer too.
                guard case .noJetStream = error else { throw error }
                return .allowed
            }
            if refusedCount > refusedBefore { return .refused(reason: lastComplaint) }
        }
        return .unknown
    }
}
