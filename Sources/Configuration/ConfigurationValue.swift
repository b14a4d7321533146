public import LotMatching
public import NATSBridge
public import Service

/// A value of a configuration in the type that its key has.
public enum ConfigurationValue: Hashable, Sendable {
    /// Nothing: no file, no CPU, no address.
    case none
    /// A name or a path.
    case text(String)
    /// A number of things, a CPU, a number of decimals.
    case count(Int)
    /// A length of time in ns.
    case durationNs(Int64)
    /// A size in memory.
    case bytes(Int)
    /// Permission bits.
    case mode(UInt32)
    /// Yes or no.
    case flag(Bool)
    /// A lot method.
    case method(LotMethod)
    /// How a writer waits.
    case wait(WaitStrategy)
    /// An address to listen on.
    case address(ListenAddress)
    /// Users by name or number.
    case users([UserReference])
    /// Servers of a bus; what they print has no secret.
    case servers([NATSAddress])

    // An accessor of another type than the key has is a defect of the program.

    var text: String? {
        switch self {
        case .none: nil
        case .text(let text): text
        default: preconditionFailure("no text: \(self)")
        }
    }

    var count: Int? {
        switch self {
        case .none: nil
        case .count(let count): count
        default: preconditionFailure("no count: \(self)")
        }
    }

    var durationNs: Int64 {
        guard case .durationNs(let ns) = self else { preconditionFailure("no duration: \(self)") }
        return ns
    }

    var bytes: Int {
        guard case .bytes(let bytes) = self else { preconditionFailure("no size: \(self)") }
        return bytes
    }

    var mode: UInt32 {
        guard case .mode(let mode) = self else { preconditionFailure("no mode: \(self)") }
        return mode
    }

    var flag: Bool {
        guard case .flag(let isOn) = self else { preconditionFailure("no flag: \(self)") }
        return isOn
    }

    var method: LotMethod {
        guard case .method(let method) = self else { preconditionFailure("no method: \(self)") }
        return method
    }

    var wait: WaitStrategy {
        guard case .wait(let wait) = self else { preconditionFailure("no wait strategy: \(self)") }
        return wait
    }

    var address: ListenAddress? {
        switch self {
        case .none: nil
        case .address(let address): address
        default: preconditionFailure("no address: \(self)")
        }
    }

    var users: [UserReference] {
        guard case .users(let users) = self else { preconditionFailure("no users: \(self)") }
        return users
    }

    var servers: [NATSAddress] {
        guard case .servers(let servers) = self else { preconditionFailure("no servers: \(self)") }
        return servers
    }
}

/// A user as somebody named it, and its number.
public struct UserReference: Hashable, Sendable {
    /// The name, or the number in digits.
    public var text: String
    /// The user's number.
    public var uid: UInt32

    /// A user whose number is known.
    public init(text: String, uid: UInt32) {
        self.text = text
        self.uid = uid
    }
}

/// What a key's value may be.
enum ValueKind: Sendable {
    case bookName
    case method
    case wait
    /// A path that may be empty, which stands for none.
    case path
    case count(ClosedRange<Int>)
    case powerOfTwo(ClosedRange<Int>)
    case duration
    case size
    case mode
    case flag
    case cpu
    case address
    case users
    case durationBetween(ClosedRange<Int64>)
    case servers
    case streamName
    case consumerTemplate
    case subjectTemplate
    case publicKey
    /// A text without blanks that may be empty, which stands for none.
    case word

    /// Whether a relative value means another file elsewhere.
    var isPath: Bool {
        if case .path = self { true } else { false }
    }
}
