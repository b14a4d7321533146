import Glibc
import Service
import ShmFiles

/// A socket that listens, and what has to be removed when it goes. One thread at a time.
struct ListeningSocket {
    /// The descriptor; the HTTP library owns it once it serves it.
    let descriptor: Int32
    /// Where it can be reached, for people.
    let name: String

    private static let backlog: Int32 = 32

    private init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// Gives the descriptor up: somebody else has it now.
    func close() { _ = Glibc.close(descriptor) }

    /// A socket of the file system at `path` that only this user may open. Made under another name, so that
    /// whoever sees `path` can connect to it.
    static func unix(path: String) throws(TelemetryError) -> ListeningSocket {
        let buildingPath = path + UnixAddress.buildingSuffix
        let address = try UnixAddress(buildingPath)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if descriptor < 0 { throw .system(operation: "socket", object: path, code: errno) }
        let made = ListeningSocket(descriptor: descriptor, name: path)
        // SAFETY: names live for the calls.
        _ = unsafe unlink(buildingPath)
        // The mode counts from the moment that the name is there, so it is that of the open socket already.
        if fchmod(descriptor, 0o600) != 0 { throw made.failure("fchmod") }
        if address.bind(descriptor) != 0 { throw made.failure("bind") }
        if unsafe chmod(buildingPath, 0o600) != 0 { throw made.failure("chmod") }
        if listen(descriptor, backlog) != 0 { throw made.failure("listen") }
        if unsafe rename(buildingPath, path) != 0 { throw made.failure("rename") }
        return made
    }

    /// A TCP socket; the address has the port that it got.
    static func tcp(
        _ address: ListenAddress
    ) throws(TelemetryError) -> (socket: ListeningSocket, address: ListenAddress) {
        let family = address.isIPv6 ? AF_INET6 : AF_INET
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if descriptor < 0 { throw .system(operation: "socket", object: "metrics on \(address)", code: errno) }
        let made = ListeningSocket(descriptor: descriptor, name: "metrics on \(address)")
        var one: Int32 = 1
        // SAFETY: the option lives for the calls.
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        if address.isIPv6 {
            _ = unsafe setsockopt(
                descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one,
                socklen_t(MemoryLayout<Int32>.size))
        }
        if bind(descriptor, address) != 0 || listen(descriptor, backlog) != 0 {
            let code = errno
            made.close()
            if code == EADDRINUSE { throw .addressInUse(address) }
            throw .system(operation: "listen on TCP", object: made.name, code: code)
        }
        guard let port = boundPort(descriptor) else { throw made.failure("getsockname") }
        return (made, address.with(port: port))
    }

    private func failure(_ operation: String) -> TelemetryError {
        let code = errno
        close()
        return .system(operation: operation, object: name, code: code)
    }

    private static func bind(_ descriptor: Int32, _ address: ListenAddress) -> Int32 {
        // SAFETY: the addresses live for the calls and are as long as stated; both begin like a sockaddr.
        if address.isIPv6 {
            var raw = sockaddr_in6()
            raw.sin6_family = sa_family_t(AF_INET6)
            raw.sin6_port = address.port.bigEndian
            _ = unsafe inet_pton(AF_INET6, address.host, &raw.sin6_addr)
            return unsafe withUnsafePointer(to: raw) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
        var raw = sockaddr_in()
        raw.sin_family = sa_family_t(AF_INET)
        raw.sin_port = address.port.bigEndian
        _ = unsafe inet_pton(AF_INET, address.host, &raw.sin_addr)
        return unsafe withUnsafePointer(to: raw) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func boundPort(_ descriptor: Int32) -> UInt16? {
        var raw = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        // SAFETY: the address lives for the call and is as long as stated. The port lies at the same place in both
        // families.
        let result = unsafe withUnsafeMutablePointer(to: &raw) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &size)
            }
        }
        return result == 0 ? UInt16(bigEndian: raw.sin6_port) : nil
    }
}

/// A path as an address of a socket.
struct UnixAddress {
    static let buildingSuffix = ".new"
    /// Of a path, with room for the name under which a socket is made and for the NUL.
    static let pathBytesMax =
        MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1 - buildingSuffix.utf8.count

    private var raw = sockaddr_un()

    init(_ path: String) throws(TelemetryError) {
        if path.utf8.count > Self.pathBytesMax + Self.buildingSuffix.utf8.count {
            throw .pathTooLong(path: path, bytesMax: Self.pathBytesMax)
        }
        raw.sun_family = sa_family_t(AF_UNIX)
        _ = FixedText.store(path, in: &raw.sun_path)
    }

    func bind(_ descriptor: Int32) -> Int32 {
        // SAFETY: the address lives for the call and is as long as stated; it begins like a sockaddr.
        unsafe withUnsafePointer(to: raw) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    func connect(_ descriptor: Int32) -> Int32 {
        // SAFETY: as above.
        unsafe withUnsafePointer(to: raw) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
