import Glibc
import NATSBridge
import NATSSupport
import TestSupport
import Testing

@testable import PksCommand

/// `pks tail` against real servers.
@Suite struct TailTests {
    private func trade(_ id: String, book: String) -> [UInt8] {
        // TradeBooked { book = 1, fills = 2 { trade_id = 1, symbol = 5, side = 6, qty = 7, price = 8 } }
        func field(_ number: UInt8, _ text: some Collection<UInt8>) -> [UInt8] {
            [number << 3 | 2, UInt8(text.count)] + text
        }
        let fill =
            field(1, Array(id.utf8)) + field(5, Array("ABC".utf8)) + [6 << 3, 1] + field(7, Array("1".utf8))
            + field(8, Array("2.5".utf8))
        return field(1, Array(book.utf8)) + field(2, fill)
    }

    @Test(arguments: NATSServer.Version.here)
    func `Messages come in order, each once, over restarts of the server`(_ version: NATSServer.Version)
        throws
    {
        let scratch = try Scratch()
        let bus = try BusServer(version)
        try bus.makeStreams()
        let run = try PksProcess(
            [
                "tail", "--nats", bus.url, "--book", scratch.book, "--subject", "booked", "--from", "first",
                "--count",
                "30", "--json",
            ], in: scratch)
        for round in 0..<3 {
            for number in 1...10 {
                // Another book's message in between is not printed.
                if number == 5 { try bus.store(bus.names.booked, book: "other", trade("x", book: "other")) }
                try bus.store(
                    bus.names.booked, book: scratch.book, trade("t\(round * 10 + number)", book: scratch.book)
                )
            }
            #expect(
                run.awaitOutput { $0.split(separator: "\n").count >= (round + 1) * 10 },
                "\(run.errorsSoFar())")
            if round < 2 {
                bus.server.kill()
                try bus.server.start()
            }
        }
        #expect(run.wait() == 0)
        let lines = run.outputSoFar().split(separator: "\n")
        #expect(lines.count == 30)
        for (index, line) in lines.enumerated() {
            #expect(line.contains(#""trade_id":"t\#(index + 1)""#), "\(line)")
            #expect(line.contains(#""message":"TradeBooked","book":"\#(scratch.book)""#))
        }
        #expect(run.errorsSoFar().contains("connected again"))
        // Nothing is left at the server.
        let info = try bus.jetStream().connection.ask("$JS.API.STREAM.INFO.PKS-BOOKING", "")
        #expect(info["state"]["consumer_count"].integer == 0)
    }

    @Test(arguments: NATSServer.Version.here)
    func `Several subjects come in the order of their stream`(_ version: NATSServer.Version) throws {
        let scratch = try Scratch()
        let bus = try BusServer(version)
        try bus.makeStreams()
        for _ in 0..<20 {
            for template in [bus.names.position, bus.names.lot, bus.names.match] {
                try bus.store(template, book: scratch.book, [])
            }
        }
        let run = try Pks.run(
            [
                "tail", "--nats", bus.url, "--book", scratch.book, "--subject", "lot", "--subject", "match",
                "--from",
                "31", "--count", "20",
            ], in: scratch)
        #expect(run.status == 0)
        let kinds = run.outputLines.map { $0.split(separator: " ").dropFirst(2).first ?? "" }
        #expect(kinds == (0..<10).flatMap { _ in ["LotChanged", "TradeMatched"] })
        #expect(run.outputLines.first?.hasPrefix("      32  ") == true, "\(run.output)")
    }

    @Test func `Whatever a message holds reaches the terminal as text`() throws {
        let scratch = try Scratch()
        let bus = try BusServer(.debian)
        try bus.makeStreams()
        try bus.store(bus.names.booked, book: scratch.book, Array("\u{1b}]0;gotcha\u{7}".utf8))
        try bus.store(bus.names.booked, book: scratch.book, trade("\u{1b}[2J", book: scratch.book))
        try bus.store(
            bus.names.deadLetter, book: scratch.book, [0x1b, 0xff],
            headers: [("Pks-Reason", "malformed"), ("Pks-Stream", "PKS-BOOKING"), ("Pks-Stream-Seq", "7")])
        for json in [[], ["--json"]] {
            let run = try Pks.run(
                [
                    "tail", "--nats", bus.url, "--book", scratch.book, "--subject", "booked", "--subject",
                    "dlq",
                    "--from", "first", "--count", "3",
                ] + json, in: scratch)
            #expect(run.status == 0)
            #expect(!run.output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, "\(run.output)")
            #expect(run.output.contains("Unreadable"))
            #expect(run.output.contains("DeadLetter"))
            #expect(run.output.contains("malformed"))
            #expect(run.output.contains("1bff"))
            #expect(run.outputLines.count == 3)
        }
    }

    @Test func `A signal and a closed output end it quietly`() throws {
        let scratch = try Scratch()
        let bus = try BusServer(.debian)
        try bus.makeStreams()
        try bus.store(bus.names.booked, book: scratch.book, trade("t1", book: scratch.book))
        let words = [
            "tail", "--nats", bus.url, "--book", scratch.book, "--subject", "booked", "--from", "first",
        ]
        let run = try PksProcess(words, in: scratch)
        #expect(run.awaitOutput { $0.contains("trade_id=t1") })
        run.signal(SIGINT)
        #expect(run.wait() == 0)
        #expect(run.errorsSoFar().isEmpty)
        let head = try Pks.runShell(
            "\(Pks.path) \(words.joined(separator: " ")) | head -1; exit ${PIPESTATUS[0]}", in: scratch)
        #expect(head.status == 0, "\(head.errors)")
        #expect(head.errors.isEmpty)
    }

    @Test func `A time of day is that of UTC`() {
        #expect(TailPrinter.timeOfDay(0) == "00:00:00.000")
        #expect(TailPrinter.timeOfDay(86_399_999_999_999) == "23:59:59.999")
        #expect(TailPrinter.timeOfDay(1_795_251_197_393_133_722) == "08:53:17.393")
        #expect(TailPrinter.timeOfDay(-1_000_000) == "23:59:59.999")
    }
}
