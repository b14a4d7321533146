import CSeqlock
import Glibc

/// Asks a daemon for its figures over its socket. Blocks the calling thread for at most the stated time.
package enum StatsRequest {
    /// Why there is no answer.
    package enum Failure: Error, Equatable, Sendable {
        /// Nobody listens there: a daemon that has ended.
        case dead
        /// It did not answer in time: it is stopped, or the machine is very busy.
        case timeout
        /// It answered with something else than was asked for.
        case unexpected(String)
        /// A system call failed.
        case system(operation: String, code: Int32)
    }

    private static let answerBytesMax = 64 << 20

    /// The body of `GET path`. Allocates.
    package static func get(
        _ path: String, socket: String, timeoutMs: Int
    ) -> Result<[UInt8], Failure> {
        let deadlineNs = pks_monotonic_ns() + Int64(timeoutMs) * 1_000_000
        let descriptor: Int32
        switch connect(socket, timeoutMs: timeoutMs) {
        case .failure(let failure): return .failure(failure)
        case .success(let connected): descriptor = connected
        }
        defer { _ = close(descriptor) }
        let request = Array("GET \(path) HTTP/1.0\r\n\r\n".utf8)
        // SAFETY: the array's storage lives for the call. A request of this size fits any socket's buffer.
        let sent = unsafe request.withUnsafeBytes {
            unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if sent != request.count { return .failure(.system(operation: "send", code: errno)) }
        return receive(descriptor, deadlineNs).flatMap(body)
    }

    /// A connected socket, which the caller closes.
    static func connect(_ path: String, timeoutMs: Int) -> Result<Int32, Failure> {
        guard let address = try? UnixAddress(path) else {
            return .failure(.system(operation: "connect", code: ENAMETOOLONG))
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if descriptor < 0 { return .failure(.system(operation: "socket", code: errno)) }
        // Connecting to a full queue waits as long as sending may. A time of zero would be for ever.
        var limit = timeval(tv_sec: timeoutMs / 1000, tv_usec: max(1, timeoutMs % 1000 * 1000))
        // SAFETY: the time lives for the call.
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if address.connect(descriptor) == 0 { return .success(descriptor) }
        let code = errno
        _ = close(descriptor)
        switch code {
        case ECONNREFUSED, ENOENT: return .failure(.dead)
        case EAGAIN, EINTR, EINPROGRESS: return .failure(.timeout)
        default: return .failure(.system(operation: "connect", code: code))
        }
    }

    /// Everything until the daemon closes.
    private static func receive(_ descriptor: Int32, _ deadlineNs: Int64) -> Result<[UInt8], Failure> {
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while answer.count <= answerBytesMax {
            let leftNs = deadlineNs - pks_monotonic_ns()
            if leftNs <= 0 { return .failure(.timeout) }
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // SAFETY: the request outlives the call.
            let ready = unsafe poll(&request, 1, Int32(min(leftNs / 1_000_000 + 1, 60_000)))
            if ready < 0 && errno != EINTR { return .failure(.system(operation: "poll", code: errno)) }
            if ready <= 0 { continue }
            // SAFETY: the array's storage lives for the call, which stays inside it.
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
            }
            if count == 0 { return .success(answer) }
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                return .failure(.system(operation: "recv", code: errno))
            }
            answer.append(contentsOf: chunk[..<count])
        }
        return .failure(.unexpected("an answer without end"))
    }

    /// What follows the head of an answer with status 200 and is as long as it says.
    private static func body(_ answer: [UInt8]) -> Result<[UInt8], Failure> {
        let blank: [UInt8] = [13, 10, 13, 10]
        guard let end = answer.indices.first(where: { answer[$0...].starts(with: blank) }) else {
            return .failure(.unexpected("no HTTP answer"))
        }
        let head = String(decoding: answer[..<end], as: UTF8.self).split(separator: "\r\n")
        let words = head.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1] == "200" else {
            return .failure(.unexpected("HTTP status \(words.count > 1 ? String(words[1]) : "none")"))
        }
        let body = Array(answer[(end + blank.count)...])
        for line in head.dropFirst() where line.lowercased().hasPrefix("content-length:") {
            let stated = line.drop { $0 != ":" }.dropFirst().drop { $0 == " " }
            if Int(stated) != body.count { return .failure(.unexpected("a cut answer")) }
        }
        return .success(body)
    }
}
