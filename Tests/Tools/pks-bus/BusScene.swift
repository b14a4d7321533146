import Glibc
import NATSBridge
import NATSSupport
import TestSupport

/// A server, a book on it, and what feeds the book. Everything goes with it.
final class BusScene {
    let options: BusToolOptions
    let directory: TestDirectory
    let server: NATSServer
    let proxy: BusProxy?
    let book: String
    let names = BusNames()
    private(set) var daemon: Subprocess?
    private var lifeCount = 0
    /// How often the daemon was killed.
    private(set) var killCount = 0

    /// How long anything may take that must happen at all.
    private static let patienceSeconds = 300

    init(_ options: BusToolOptions, _ version: NATSServer.Version, withProxy: Bool = false) throws {
        self.options = options
        directory = try TestDirectory()
        book = "bus-" + directory.tag
        try Files.makeDirectory(directory.file("run"))
        server = try NATSServer(version)
        proxy = withProxy ? try BusProxy(to: server.port) : nil
        try directory.write(
            "pks.toml",
            """
            [nats]
            servers = "nats://127.0.0.1:\(proxy?.port ?? server.port)"
            create = true
            connect_timeout = "1s"
            ping_interval = "500ms"
            request_timeout = "3s"
            write_timeout = "2s"
            retry_interval = "50ms"
            acknowledge_wait = "2s"
            [[book]]
            name = "\(book)"
            journal = "\(directory.file("journal"))"
            """)
    }

    deinit {
        daemon?.kill()
        for name in Files.names(in: "/dev/shm") where name.contains(book) { Files.remove("/dev/shm/" + name) }
    }

    // MARK: - The daemon

    /// Starts the daemon, and waits until it is live.
    func startDaemon() throws {
        lifeCount += 1
        let ready = directory.file("ready-\(lifeCount)")
        let daemon = try pks(
            ["run", "--config", directory.file("pks.toml"), "--ready-file", ready], "daemon-\(lifeCount)")
        self.daemon = daemon
        guard daemon.awaitCondition({ !Files.text(ready).isEmpty }) else {
            throw BusFailure("the daemon has ended: \(daemon.errorsSoFar())")
        }
    }

    /// kill -9.
    func killDaemon() {
        daemon?.kill()
        daemon = nil
        killCount += 1
    }

    /// Ends the daemon in order.
    func stopDaemon() throws {
        guard let daemon else { return }
        daemon.signal(SIGTERM)
        let status = daemon.wait()
        self.daemon = nil
        if status != 0 { throw BusFailure("the daemon ended with \(status): \(daemon.errorsSoFar())") }
    }

    /// Another run of the command, with its output in files.
    func pks(_ words: [String], _ name: String) throws -> Subprocess {
        try Subprocess(
            [options.program] + words, named: name, in: directory.path,
            environment: ["PKS_RUN_DIR": directory.file("run")])
    }

    /// Runs the command to its end. Throws when that is not one of these.
    @discardableResult
    func run(_ words: [String], _ name: String, statuses: [Int32] = [0]) throws -> String {
        let process = try pks(words, name)
        let status = process.wait()
        guard statuses.contains(status) else {
            throw BusFailure(
                "pks \(words.joined(separator: " ")) ended with \(status): \(process.errorsSoFar())")
        }
        return process.outputSoFar()
    }

    /// A publisher of a file at work; `rate` 0: as fast as it goes.
    func publishing(_ file: String, rate: Int = 0, name: String = "publish") throws -> Subprocess {
        try awaiting("stream \(names.bookingStream)") { try self.stream(self.names.bookingStream) != nil }
        let batch = options.isShort ? 7 : 100
        var words = [
            "publish", file, "--nats", server.url, "--book", book, "--batch", "\(batch)", "--patience",
            "200s",
        ]
        if rate > 0 { words += ["--rate", "\(rate)"] }
        return try pks(words, name)
    }

    /// Publishes a whole file.
    func publish(_ file: String, name: String = "publish") throws {
        try finish(publishing(file, name: name))
    }

    /// Waits for a publisher's end.
    func finish(_ publisher: Subprocess) throws {
        let status = publisher.wait()
        if status != 0 { throw BusFailure("the publisher ended with \(status): \(publisher.errorsSoFar())") }
    }

    // MARK: - The server

    /// Streams, over a connection of its own that no fault is put into.
    func jetStream() throws -> JetStream { try JetStream(NATSConnection(NATSOptions(server.url))) }

    /// A stream, or nil; also nil while the server is away.
    func stream(_ name: String) throws -> StreamState? { (try? jetStream())?.peek(name) }

    /// How many messages there are of a kind; 0 while the server is away.
    func count(_ template: String, in stream: String) -> Int {
        count(onSubject: BusNames.subject(template, book: book), in: stream)
    }

    /// The same on a subject.
    func count(onSubject subject: String, in stream: String) -> Int {
        guard let jetStream = try? jetStream() else { return 0 }
        let info = try? jetStream.connection.ask(
            "$JS.API.STREAM.INFO.\(stream)", #"{"subjects_filter":"\#(subject)"}"#)
        return Int(info?["state"]["subjects"][subject].integer ?? 0)
    }

    /// Position events on the bus: one for each fill that was applied.
    var eventCount: Int { count(names.event, in: names.positionStream) }

    // MARK: - Waiting

    /// Looks again and again, for minutes at most.
    func awaiting(_ what: String, _ holds: () throws -> Bool) throws {
        var time = timespec()
        // SAFETY (both): the time outlives the call.
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        let end = time.tv_sec + Self.patienceSeconds
        while try !holds() {
            if let daemon, !daemon.isRunning {
                throw BusFailure("the daemon has ended: \(daemon.errorsSoFar())")
            }
            unsafe clock_gettime(CLOCK_MONOTONIC, &time)
            if time.tv_sec > end {
                throw BusFailure(
                    "\(what) did not come; the daemon says: \(daemon?.errorsSoFar().suffix(2000) ?? "")")
            }
            _ = poll(nil, 0, 5)
        }
    }

    /// Lets some time go by: what a fault takes.
    func pause(ms: Int32) { _ = poll(nil, 0, ms) }
}

extension JetStream {
    func peek(_ name: String) -> StreamState? { try? stream(name) }
}
