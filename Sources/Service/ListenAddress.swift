import Glibc

/// A TCP address that the daemon listens on, as it is written: `127.0.0.1:9464`, `[::1]:9464`, `localhost:0`.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A numeric IPv4 or IPv6 address, without brackets.
    public let host: String
    /// Whether `host` is an IPv6 address.
    public let isIPv6: Bool
    /// 1...65535, or 0 for a free one that the kernel chooses.
    public let port: UInt16

    /// From its text; nil when it is none. Host names other than `localhost` are not looked up, because what a
    /// service listens on must not depend on a name server. Allocates.
    public init?(_ text: String) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let digits = text[text.utf8.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.count <= 5,
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(digits)
        else { return nil }
        var host = text[..<colon]
        if host == "localhost" { host = "127.0.0.1" }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard isBracketed ? Self.isIPv6(String(host)) : Self.isIPv4(String(host)) else { return nil }
        self.host = String(host)
        self.isIPv6 = isBracketed
        self.port = port
    }

    /// Whether only processes of this machine reach it.
    public var isLoopback: Bool { isIPv6 ? host == "::1" : host.hasPrefix("127.") }

    /// `host:port`, with brackets around an IPv6 address. Allocates.
    public var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The same host with another port.
    public func with(port: UInt16) -> ListenAddress { ListenAddress(host: host, isIPv6: isIPv6, port: port) }

    private init(host: String, isIPv6: Bool, port: UInt16) {
        self.host = host
        self.isIPv6 = isIPv6
        self.port = port
    }

    private static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        // SAFETY: the text and the result live for the call.
        return unsafe inet_pton(AF_INET, text, &address) == 1
    }

    private static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        // SAFETY: the text and the result live for the call.
        return unsafe inet_pton(AF_INET6, text, &address) == 1
    }
}
