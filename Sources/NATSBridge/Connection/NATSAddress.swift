/// Where a server is: `nats://` or `tls://`, perhaps a user and a password or a token, a host, perhaps a port.
/// Never shows what is before the `@`.
public struct NATSAddress: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// Without brackets when it is an IPv6 address.
    public let host: String
    /// 4222 when none is stated.
    public let port: Int
    /// `tls://`: no connection without.
    public let isSecure: Bool
    /// Who, and with which secret.
    let userInfo: String

    /// Reads one address; the scheme may be left out. Throws `badOptions`.
    public init(_ text: String) throws(BusError) {
        var rest = text[...]
        var scheme = "nats"
        if let range = rest.firstRange(of: "://") {
            scheme = String(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        // What cannot be read may be a secret anywhere: nothing of it is shown but the scheme.
        let shown = scheme == "nats" || scheme == "tls" ? "\(scheme)://***" : "***"
        guard scheme == "nats" || scheme == "tls" else {
            throw .badOptions(reason: "the server \(shown) is neither nats:// nor tls://")
        }
        isSecure = scheme == "tls"
        if let at = rest.lastIndex(of: "@") {
            userInfo = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        } else {
            userInfo = ""
        }
        if rest.last == "/" { rest.removeLast() }
        let portText: Substring
        if rest.first == "[", let end = rest.firstIndex(of: "]") {
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            portText = rest[rest.index(after: end)...]
        } else {
            let colon = rest.firstIndex(of: ":") ?? rest.endIndex
            host = String(rest[..<colon])
            portText = rest[colon...]
        }
        guard !host.isEmpty, !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f }), !host.contains("/")
        else {
            throw .badOptions(reason: "the server \(shown) has no host (write nats://host:4222)")
        }
        guard portText.isEmpty || (portText.first == ":" && Int(portText.dropFirst()) != nil),
            let port = portText.isEmpty ? 4222 : Int(portText.dropFirst()), (1...65535).contains(port)
        else {
            throw .badOptions(reason: "the server \(shown) has no port in 1...65535")
        }
        self.port = port
    }

    /// What the library is told, secrets and all.
    var url: String {
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        return (isSecure ? "tls://" : "nats://") + (userInfo.isEmpty ? "" : userInfo + "@") + place
    }

    /// The address with `***` for its user, password or token.
    public var description: String { NATSText.harmless(url) }
    /// The same.
    public var debugDescription: String { description }
    /// Nothing more than the description.
    public var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}
