import Glibc
import TestSupport
import Testing

/// `pks run --journal` as a process: what is on its disk when it is killed, and what the other verbs make of it.
@Suite struct RunJournalTests {
    private static let header = "trade_id,symbol,side,qty,price,event_ns\n"

    private func daemon(_ scratch: borrowing Scratch, life: Int, _ more: [String]) throws -> PksProcess {
        let daemon = try PksProcess(
            [
                "run", "--book", scratch.book, "--positions", "64", "--lots", "4096", "--identities", "8192",
                "--ready-file", scratch.file("ready-\(life)"),
            ] + more, in: scratch)
        // SAFETY: the name lives for the call.
        #expect(daemon.awaitCondition { unsafe access(scratch.file("ready-\(life)"), F_OK) == 0 })
        return daemon
    }

    private func rows(_ numbers: Range<Int>) -> String {
        numbers.map {
            "t\($0),S\($0 % 5),\($0 % 3 == 0 ? "SELL" : "BUY"),\($0 % 7 + 1),\($0 % 11).25,\($0)\n"
        }.joined()
    }

    @Test(arguments: [[], ["--durable-first"]])
    func `Killed after every feed, it has every cent, and can say where each comes from`(mode: [String])
        throws
    {
        let scratch = try Scratch()
        let journal = scratch.file("journal")
        for life in 0..<4 {
            let daemon = try daemon(scratch, life: life, ["--journal", journal] + mode)
            let file = try scratch.write(
                "fills-\(life).csv", Self.header + rows(life * 500..<(life + 1) * 500) + rows(0..<50))
            let feed = try Pks.run(
                ["feed", file, "--book", scratch.book, "--producer", "p", "--wait", "durable"], in: scratch)
            #expect(feed.status == 0, "\(feed.errors)")
            daemon.signal(SIGKILL)
            _ = daemon.wait()
        }
        let last = try daemon(scratch, life: 4, ["--journal", journal] + mode)
        let all = try scratch.write("all.csv", Self.header + rows(0..<2000))
        let replayed = try Pks.run(
            ["replay", all, "--book", scratch.book + "-oracle", "--out", scratch.file("out")], in: scratch)
        #expect(replayed.status == 0, "\(replayed.errors)")
        let expected = scratch.text("out/positions.csv").split(separator: "\n").dropFirst().map {
            String($0).replacing(scratch.book + "-oracle", with: scratch.book)
        }
        let shown = try Pks.run(["read", "--book", scratch.book, "--csv"], in: scratch)
        #expect(Array(shown.outputLines.dropFirst()) == expected)
        let explained = try Pks.run(
            [
                "explain", "--journal", journal, "--book", scratch.book, "--account", "default", "--strategy",
                "default", "--symbol", "S1",
            ], in: scratch)
        #expect(explained.status == 0, "\(explained.output) \(explained.errors)")
        let verified = try Pks.run(["verify", "--journal", journal, "--book", scratch.book], in: scratch)
        #expect(verified.status == 0, "\(verified.output) \(verified.errors)")
        last.signal(SIGTERM)
        #expect(last.wait() == 0, "\(last.errorsSoFar())")
        let checked = try Pks.run(["journal", "verify", journal], in: scratch)
        #expect(checked.status == 0, "\(checked.output) \(checked.errors)")
    }

    @Test func `Without a journal nothing becomes durable, and a feed that waits for it is told so`() throws {
        let scratch = try Scratch()
        let daemon = try daemon(scratch, life: 0, [])
        let file = try scratch.write("fills.csv", Self.header + rows(0..<10))
        let feed = try Pks.run(
            ["feed", file, "--book", scratch.book, "--producer", "p", "--wait", "durable"], in: scratch)
        #expect(feed.status == 69 && feed.errors.contains("has no journal"), "\(feed.errors)")
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
    }

    @Test func `A disk that fails ends the daemon with a message, and the next one has what was safe`() throws
    {
        let scratch = try Scratch()
        let journal = scratch.file("journal")
        let first = try daemon(scratch, life: 0, ["--journal", journal])
        let file = try scratch.write("fills.csv", Self.header + rows(0..<200))
        let feed = try Pks.run(
            ["feed", file, "--book", scratch.book, "--producer", "p", "--wait", "durable"], in: scratch)
        #expect(feed.status == 0, "\(feed.errors)")
        // SAFETY: the name lives for the call.
        #expect(unsafe unlink(journal + "/" + scratch.book + "/lock") == 0)
        #expect(first.wait() == 74)
        #expect(first.errorsSoFar().contains("has gone"), "\(first.errorsSoFar())")
        let next = try daemon(scratch, life: 1, ["--journal", journal])
        let shown = try Pks.run(["read", "--book", scratch.book, "--csv"], in: scratch)
        #expect(shown.outputLines.count == 6)
        next.signal(SIGTERM)
        #expect(next.wait() == 0, "\(next.errorsSoFar())")
    }
}
