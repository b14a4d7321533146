import CSeqlock
import FillProducer
import Glibc
import Service
import TestSupport
import Testing

@testable import PksCommand
@testable import Telemetry

/// A real daemon with a configuration, and what it serves.
@Suite struct DaemonStatsTests {
    /// A configuration of one small book, named after the scratch, with metrics on a free port.
    private static func configuration(_ scratch: borrowing Scratch) throws -> String {
        try scratch.write(
            "pks.toml",
            """
            [service]
            metrics = "127.0.0.1:0"
            ready_file = "ready"
            [defaults]
            positions = 64
            lots = "1k"
            identities = "1k"
            wait = "park"
            [[book]]
            name = "\(scratch.book)"
            method = "lifo"
            """)
    }

    /// A daemon whose books are live.
    private static func start(_ scratch: borrowing Scratch) throws -> PksProcess {
        let file = try configuration(scratch)
        let daemon = try PksProcess(["run", "--config", file], in: scratch)
        let ready = scratch.file("ready")
        let pid = daemon.pid
        try #require(
            daemon.awaitCondition { Files.text(ready) == "\(pid)\n" }, "\(daemon.errorsSoFar())")
        return daemon
    }

    /// The port in `metrics on http://127.0.0.1:PORT/metrics`.
    private static func port(_ daemon: PksProcess) throws -> String {
        let line = try #require(
            daemon.outputSoFar().split(separator: "\n").first { $0.hasPrefix("metrics on ") })
        return try #require(
            line.split(separator: "/").dropFirst().first?.split(separator: ":").last.map(String.init))
    }

    private static func figures(_ scratch: borrowing Scratch) throws -> JSONValue? {
        let run = try Pks.run(["stats", "--json", "--timeout", "1m"], in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        return JSONValue(Array(run.output.utf8))?.elements.first?["books"]?.elements.first
    }

    @Test func `What a producer sends shows in the figures of a daemon from a configuration`() throws {
        let scratch = try Scratch()
        let daemon = try Self.start(scratch)
        let fills = try scratch.write(
            "fills.csv", Cases.partialClose + "t4,ABC,BUY,0,1\nt3,ABC,SELL,80,170\n")
        let feed = try Pks.run(
            ["feed", fills, "--book", scratch.book, "--producer", "desk", "--allow-rejects"], in: scratch)
        #expect(feed.status == 0, "\(feed.errors)")
        var book = try Self.figures(scratch)
        // The control thread looks at the rings from time to time.
        while book?["rings"]?.elements.first?["fills"] != .number("3") { book = try Self.figures(scratch) }
        #expect(book?["book"] == .text(scratch.book))
        #expect(book?["method"] == .text("lifo"))
        #expect(book?["state"] == .text("live"))
        #expect(book?["positions_max"] == .number("64"))
        #expect(book?["fills"] == .number("3"))
        #expect(book?["duplicates"] == .number("1"))
        #expect(book?["rings"]?.elements.first?["producer"] == .text("desk"))
        let port = try Self.port(daemon)
        let scrape = try Pks.runShell(
            "exec 3<>/dev/tcp/127.0.0.1/\(port) && printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3",
            in: scratch)
        #expect(scrape.output.contains("pks_fills_total{book=\"\(scratch.book)\"} 3\n"))
        #expect(scrape.output.hasSuffix("# EOF\n"))
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0, "\(daemon.errorsSoFar())")
        #expect(Files.names(in: scratch.runDirectory).allSatisfy { !$0.hasSuffix(".sock") })
        #expect(try Pks.run(["stats"], in: scratch).status == 69)
    }

    @Test func `What a killed daemon leaves is passed over, and removed by the next one`() throws {
        let scratch = try Scratch()
        let killed = try Self.start(scratch)
        killed.signal(SIGKILL)
        _ = killed.wait()
        let leftover = "pks-\(killed.pid).sock"
        #expect(Files.names(in: scratch.runDirectory).contains(leftover))
        #expect(try Pks.run(["stats"], in: scratch).status == 69)
        let next = try Self.start(scratch)
        #expect(!Files.names(in: scratch.runDirectory).contains(leftover))
        #expect(try Self.figures(scratch)?["state"] == .text("live"))
        next.signal(SIGTERM)
        #expect(next.wait() == 0)
    }

    @Test func `A stopped daemon is named after a bounded time`() throws {
        let scratch = try Scratch()
        let daemon = try Self.start(scratch)
        daemon.signal(SIGSTOP)
        let run = try Pks.run(["stats", "--timeout", "100ms"], in: scratch)
        daemon.signal(SIGCONT)
        #expect(run.status == 69)
        #expect(run.errors.contains("pks: daemon \(daemon.pid): "))
        #expect(run.errors.contains("no answer within 100ms"))
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
    }

    @Test func `A port that somebody has keeps the daemon from starting, and nothing is left`() throws {
        let scratch = try Scratch()
        let socket = try ListeningSocket.tcp(try #require(ListenAddress("127.0.0.1:0")))
        defer { socket.socket.close() }
        let run = try Pks.run(
            [
                "run", "--book", scratch.book, "--lots", "1000", "--identities", "1000", "--metrics",
                socket.address.description,
            ], in: scratch)
        #expect(run.status == 69)
        #expect(
            run.errors
                == "pks: metrics on \(socket.address): the port is in use (stop whoever has it, or choose another; "
                + "port 0 takes a free one)\n")
        #expect(scratch.sharedMemory() == [])
    }

    @Test func `A wrong configuration keeps the daemon from starting`() throws {
        let scratch = try Scratch()
        let file = try scratch.write("pks.toml", "[[book]]\nname = \"\(scratch.book)\"\nlost = 3\n")
        let run = try Pks.run(["run", "--config", file], in: scratch)
        #expect(run.status == 78)
        #expect(run.errors.hasPrefix("pks: \(file):3:1: unknown key \"lost\""))
        #expect(scratch.sharedMemory() == [])
    }
}
