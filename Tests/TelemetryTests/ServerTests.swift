import Glibc
import ShmReader
import TestSupport
import Testing

@testable import Service
@testable import Telemetry

/// The server and whoever asks it.
@Suite struct ServerTests {
    private static func server(
        _ directory: TestDirectory, address: String? = nil, _ stats: ServiceStats = Sample.service()
    ) throws -> TelemetryServer {
        try TelemetryServer(
            runDirectory: directory.path, address: address.flatMap { ListenAddress($0) }, version: "1.2.3"
        ) { stats }
    }

    private static func head(_ answer: String) -> String {
        String(answer.split(separator: "\r\n").first ?? "")
    }

    @Test func `The socket answers, is this user's alone, and goes with the server`() throws {
        let directory = try TestDirectory()
        let server = try Self.server(directory)
        let name = "pks-\(getpid()).sock"
        #expect(directory.names == [name])
        #expect(server.address == nil)
        var status = stat()
        // SAFETY: name and status live for the call.
        #expect(unsafe lstat(server.socketPath, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        let body = try StatsRequest.get("/stats", socket: server.socketPath, timeoutMs: 60_000).get()
        #expect(JSONValue(body)?["pid"] == .number("4711"))
        #expect(
            StatsRequest.get("/nothing", socket: server.socketPath, timeoutMs: 60_000)
                == .failure(.unexpected("HTTP status 404")))
        server.stop()
        server.stop()
        #expect(directory.names == [])
        #expect(StatsRequest.get("/stats", socket: server.socketPath, timeoutMs: 60_000) == .failure(.dead))
    }

    @Test func `A free port is chosen and told, and every page has its status and type`() throws {
        let directory = try TestDirectory()
        let server = try Self.server(directory, address: "127.0.0.1:0")
        let port = try #require(server.address?.port)
        #expect(port != 0)
        let pages = [
            ("GET /metrics", "200", OpenMetricsText.contentType, "# EOF\n"),
            ("GET /metrics?x=y", "200", OpenMetricsText.contentType, "# EOF\n"),
            ("GET /stats", "200", "application/json", "\"pid\":4711"),
            ("GET /healthz", "200", "text/plain; charset=utf-8", "alpha live\n"),
            ("GET /", "200", "text/plain; charset=utf-8", "/metrics"),
            ("GET /../etc/passwd", "404", "text/plain; charset=utf-8", "no such page"),
            ("POST /metrics", "405", "text/plain; charset=utf-8", "Allow: GET, HEAD"),
            ("DELETE /stats", "405", "text/plain; charset=utf-8", "only GET"),
        ]
        for (request, status, type, content) in pages {
            let client = try RawClient(port: port)
            client.say("\(request) HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = client.hear()
            #expect(Self.head(answer).hasPrefix("HTTP/1.1 \(status) "), "\(request): \(answer)")
            #expect(answer.contains("Content-Type: \(type)\r\n"), "\(request)")
            #expect(answer.contains(content), "\(request)")
        }
        let client = try RawClient(port: port)
        client.say("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = client.hear()
        #expect(Self.head(answer).hasPrefix("HTTP/1.1 200 "))
        #expect(answer.contains("Content-Length: "))
        #expect(answer.hasSuffix("\r\n\r\n"))
        #expect(!answer.contains("EOF"))
    }

    @Test func `Health is 503 unless every book is live`() {
        func status(_ states: [WriterStatus]) -> UInt32 {
            TelemetryAnswer.to(method: "GET", path: "/healthz", version: "1") {
                Sample.service(states.map { Sample.book(status: $0) })
            }.status
        }
        #expect(status([.live, .live]) == 200)
        for other in [
            WriterStatus.starting, .degraded(reasons: 1), .stale(sinceNs: 1), .stopped(sinceNs: 1),
            .retired(sinceNs: 1),
        ] { #expect(status([.live, other]) == 503) }
    }

    @Test func `Garbage, bodies without end and half requests take nothing from others`() throws {
        let directory = try TestDirectory()
        let server = try Self.server(directory, address: "127.0.0.1:0")
        let port = try #require(server.address?.port)
        let garbage = try RawClient(port: port)
        garbage.say("\u{16}\u{3}\u{1}\r\n\r\n\u{0}\u{0}\r\n\r\n")
        let flood = try RawClient(port: port)
        flood.say("POST /stats HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
        for _ in 0..<64 { flood.say(String(repeating: "x", count: 4096)) }
        let long = try RawClient(port: port)
        long.say("GET /" + String(repeating: "a", count: 1 << 16) + " HTTP/1.1\r\n\r\n")
        let silent = try RawClient(port: port)
        silent.say("GET /metr")
        let other = try RawClient(port: port)
        other.say("GET /stats HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(Self.head(other.hear()) == "HTTP/1.1 200 OK")
        // Those that are wrong are told so or cut off.
        _ = flood.hear()
        #expect(!Self.head(long.hear()).contains(" 200 "))
    }

    @Test func `More connections than there is room for leave the socket of the file system alone`() throws {
        let directory = try TestDirectory()
        let server = try Self.server(directory, address: "127.0.0.1:0")
        let port = try #require(server.address?.port)
        var held: [Int32] = []
        for _ in 0..<40 {
            let client = try RawClient(port: port)
            client.say("GET /")
            held.append(dup(client.descriptor))
        }
        #expect(try !StatsRequest.get("/stats", socket: server.socketPath, timeoutMs: 60_000).get().isEmpty)
        for descriptor in held { _ = close(descriptor) }
    }

    @Test func `A port in use is said, and nothing is left behind`() throws {
        let directory = try TestDirectory()
        let other = try TestDirectory()
        let server = try Self.server(directory, address: "127.0.0.1:0")
        let address = try #require(server.address)
        #expect(throws: TelemetryError.addressInUse(address)) {
            try Self.server(other, address: address.description)
        }
        #expect(other.names == [])
        #expect(TelemetryError.addressInUse(address).description.contains("the port is in use"))
    }

    @Test func `A path that is too long for a socket is said`() {
        let path = "/tmp/" + String(repeating: "long", count: 30)
        #expect(throws: TelemetryError.self) {
            try TelemetryServer(runDirectory: path, address: nil, version: "1") { Sample.service() }
        }
    }

    @Test func `Sockets of dead daemons are removed, and those of the living stay`() throws {
        let directory = try TestDirectory()
        // A socket that nobody listens on any more, as a killed daemon leaves it.
        let dead = try ListeningSocket.unix(path: directory.path + "/pks-1.sock")
        dead.close()
        let living = try ListeningSocket.unix(path: directory.path + "/pks-2.sock")
        defer { living.close() }
        let server = try Self.server(directory)
        #expect(directory.names == ["pks-2.sock", "pks-\(getpid()).sock"].sorted())
        #expect(DaemonSockets.all(in: directory.path).map(\.pid) == [2, getpid()].sorted())
        server.stop()
    }

    @Test func `A daemon that does not answer is given up after the stated time`() throws {
        let directory = try TestDirectory()
        let path = directory.path + "/pks-3.sock"
        let stuck = try ListeningSocket.unix(path: path)
        defer { stuck.close() }
        #expect(StatsRequest.get("/stats", socket: path, timeoutMs: 20) == .failure(.timeout))
        // Even when its queue is full, so that connecting itself would wait.
        var connected: [Int32] = []
        while case .success(let descriptor) = StatsRequest.connect(path, timeoutMs: 20), connected.count < 100
        {
            connected.append(descriptor)
        }
        #expect(connected.count < 100)
        #expect(StatsRequest.get("/stats", socket: path, timeoutMs: 20) == .failure(.timeout))
        for descriptor in connected { _ = close(descriptor) }
    }

    @Test func `Starting and stopping a hundred times leaves nothing open`() throws {
        let directory = try TestDirectory()
        func ownSockets() -> Int {
            // Other tests have sockets of their own: only those of this directory count.
            DaemonSockets.all(in: directory.path).count
        }
        var portsHadAgain = 0
        for _ in 0..<100 {
            let server = try Self.server(directory, address: "127.0.0.1:0")
            let port = try #require(server.address?.port)
            #expect(ownSockets() == 1)
            server.stop()
            // Nobody listens on the port any more, so that it can be taken again: unless another program of this
            // machine has just been given it.
            let address = try #require(ListenAddress("127.0.0.1:\(port)"))
            if let again = try? ListeningSocket.tcp(address) {
                portsHadAgain += 1
                again.socket.close()
            }
        }
        #expect(portsHadAgain > 50)
        #expect(directory.names == [])
    }
}
