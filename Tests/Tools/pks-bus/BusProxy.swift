import Glibc
import NATSSupport
import Synchronization

// SAFETY (all of this file): addresses and buffers are locals that outlive the calls.
/// A way to a server that can be cut, or swallow what a client says. One thread of its own.
final class BusProxy: Sendable {
    private struct Orders {
        var cuts = 0
        var swallows = false
        var ends = false
    }

    /// Where clients connect.
    let port: Int
    private let target: Int
    private let listener: Int32
    private let orders = Mutex(Orders())

    init(to target: Int) throws {
        self.target = target
        port = try FreePort.find()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        unsafe setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = Self.loopback(port)
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(listener, 64) == 0 else {
            throw BusFailure("the proxy cannot listen: errno \(errno)")
        }
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        guard unsafe pthread_create(&thread, nil, busProxyMain, context) == 0 else {
            throw BusFailure("no thread for the proxy")
        }
        pthread_detach(thread)
    }

    /// Ends every connection; new ones are let through.
    func cut() { orders.withLock { $0.cuts += 1 } }

    /// What clients say gets lost from now on, or not any more.
    func swallow(_ isOn: Bool) { orders.withLock { $0.swallows = isOn } }

    /// Ends the proxy.
    func end() { orders.withLock { $0.ends = true } }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    // MARK: - The thread

    /// A client, and the server's end for it.
    private struct Pair {
        let client: Int32
        let server: Int32
    }

    fileprivate func serve() {
        var pairs: [Pair] = []
        var cutsDone = 0
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let now = orders.withLock { $0 }
            if now.ends { break }
            if now.cuts != cutsDone {
                cutsDone = now.cuts
                while let pair = pairs.popLast() { Self.close(pair) }
            }
            var waits = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
            for pair in pairs {
                for end in [pair.client, pair.server] {
                    waits.append(pollfd(fd: end, events: Int16(POLLIN), revents: 0))
                }
            }
            _ = unsafe poll(&waits, nfds_t(waits.count), 5)
            var open: [Pair] = []
            for (index, pair) in pairs.enumerated() {
                let isClientWhole =
                    waits[1 + 2 * index].revents == 0
                    || Self.move(pair.client, pair.server, &chunk, isSwallowed: now.swallows)
                let isServerWhole =
                    waits[2 + 2 * index].revents == 0
                    || Self.move(pair.server, pair.client, &chunk, isSwallowed: false)
                if isClientWhole && isServerWhole { open.append(pair) } else { Self.close(pair) }
            }
            pairs = open
            if waits[0].revents != 0, let pair = accepted() { pairs.append(pair) }
        }
        for pair in pairs { Self.close(pair) }
        _ = Glibc.close(listener)
    }

    private func accepted() -> Pair? {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return nil }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(target)
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let pair = Pair(client: client, server: server)
        if status == 0 { return pair }
        Self.close(pair)
        return nil
    }

    /// Passes on what is there; false when an end is gone.
    private static func move(_ from: Int32, _ to: Int32, _ chunk: inout [UInt8], isSwallowed: Bool) -> Bool {
        let count = unsafe recv(from, &chunk, chunk.count, 0)
        if count <= 0 { return false }
        if isSwallowed { return true }
        var sent = 0
        while sent < count {
            let part = unsafe chunk.withUnsafeBytes { bytes in
                unsafe send(to, bytes.baseAddress.map { unsafe $0 + sent }, count - sent, Int32(MSG_NOSIGNAL))
            }
            if part <= 0 { return false }
            sent += part
        }
        return true
    }

    private static func close(_ pair: Pair) {
        _ = Glibc.close(pair.client)
        _ = Glibc.close(pair.server)
    }
}

/// The proxy's thread.
private func busProxyMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<BusProxy>.fromOpaque(context).takeRetainedValue().serve()
    return nil
}
