import Glibc

/// What a server says to whoever connects, before anybody has said who they are: its version and what it asks for.
public struct ServerGreeting: Equatable, Sendable {
    /// Such as 2.9.10.
    public var version: String
    /// How the server calls itself.
    public var name: String
    /// Nobody gets in without saying who they are.
    public var asksForIdentity: Bool
    /// Nobody gets in without TLS.
    public var asksForSecurity: Bool
    /// JetStream is on, for some account at least.
    public var hasJetStream: Bool
}

extension ServerGreeting {
    private static let bytesMax = 64 * 1024

    /// Connects, listens and leaves. Blocks for `waitMs` a step at most. Throws `unreachable`.
    public init(_ server: NATSAddress, waitMs: Int64) throws(BusError) {
        let line = try Self.line(from: server, waitMs)
        guard line.starts(with: Array("INFO ".utf8)), let info = JSONValue(Array(line.dropFirst(5))) else {
            throw .unreachable(
                servers: server.description, reason: "what listens there is no NATS server", isRefused: false)
        }
        version = NATSText.harmless(info["version"].text ?? "?")
        name = NATSText.harmless(info["server_name"].text ?? "")
        asksForIdentity = info["auth_required"].isTrue
        asksForSecurity = info["tls_required"].isTrue
        hasJetStream = info["jetstream"].isTrue
    }

    /// Whether its version is older than this one; no for a version that is no number.
    public func isBefore(_ major: Int, _ minor: Int) -> Bool {
        let parts = version.split(separator: ".").prefix(2).compactMap { Int($0) }
        return parts.count == 2 && (parts[0], parts[1]) < (major, minor)
    }

    // SAFETY (all of it): addresses, lists and buffers live for the calls that are given them; the list of addresses is
    // given back on every way out.

    private static func line(from server: NATSAddress, _ waitMs: Int64) throws(BusError) -> [UInt8] {
        func failure(_ reason: String) -> BusError {
            .unreachable(servers: server.description, reason: reason, isRefused: false)
        }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(server.host, "\(server.port)", &hints, &list) == 0, let first = unsafe list
        else {
            throw failure("no such host")
        }
        defer { unsafe freeaddrinfo(first) }
        var place: UnsafeMutablePointer<addrinfo>? = unsafe first
        while let entry = unsafe place {
            let descriptor = unsafe socket(
                entry.pointee.ai_family, entry.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
            if descriptor >= 0 {
                defer { _ = close(descriptor) }
                var limit = timeval(tv_sec: Int(waitMs / 1000), tv_usec: Int(waitMs % 1000) * 1000)
                for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
                    _ = unsafe setsockopt(
                        descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
                }
                if unsafe connect(descriptor, entry.pointee.ai_addr, entry.pointee.ai_addrlen) == 0 {
                    return read(descriptor)
                }
            }
            unsafe place = entry.pointee.ai_next
        }
        throw failure("nobody answers there")
    }

    private static func read(_ descriptor: Int32) -> [UInt8] {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while line.count < bytesMax {
            let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
            if count <= 0 { break }
            line += chunk[..<count]
            if let end = line.firstIndex(of: UInt8(ascii: "\n")) { return Array(line[..<end]) }
        }
        return []
    }
}
