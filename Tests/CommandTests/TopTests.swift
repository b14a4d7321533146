import CSeqlock
import Glibc
import ShmBridge
import Testing

/// `pks top` without a terminal: one snapshot.
@Suite struct TopSnapshotTests {
    private func replay(_ scratch: borrowing Scratch) throws {
        try scratch.write("fills.csv", Cases.partialClose)
        let result = try Pks.run(
            ["replay", scratch.file("fills.csv"), "--book", scratch.book, "--keep"], in: scratch)
        #expect(result.status == 0)
    }

    @Test func `Without a terminal it prints the tables once, without colours`() throws {
        let scratch = try Scratch()
        try replay(scratch)
        let result = try Pks.run(
            ["top", "--book", scratch.book], in: scratch, environment: ["TERM": "xterm"])
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        #expect(!result.output.contains("\u{1b}"))
        #expect(result.output.contains("the writer has ended: these are its final positions"))
        let row = try #require(result.outputLines.first { $0.contains("ABC") })
        #expect(
            row.split(separator: " ").prefix(8) == [
                "default", "default", "ABC", "70", "157.142857142857", "11000", "1600", "0",
            ])
        #expect(result.output.utf8.allSatisfy { $0 < 0x80 })  // no UTF-8 locale
    }

    @Test func `CSV has the columns and rows of pks read`() throws {
        let scratch = try Scratch()
        try replay(scratch)
        let top = try Pks.run(["top", "--book", scratch.book, "--csv"], in: scratch)
        let read = try Pks.run(["read", "--book", scratch.book, "--csv"], in: scratch)
        #expect(top.output == read.output)
        #expect(top.output.hasPrefix(Cases.positionsHeader))
    }

    @Test func `JSON has the books and the positions`() throws {
        let scratch = try Scratch()
        try replay(scratch)
        let result = try Pks.run(["top", "--book", scratch.book, "--json"], in: scratch)
        #expect(result.output.contains("{\"book\":\"\(scratch.book)\",\"state\":\"stopped\""))
        #expect(result.output.contains("\"rejects_by_reason\":{}"))
        #expect(result.output.contains("\"heartbeat_age_seconds\":"))
        #expect(result.output.contains("\"symbol\":\"ABC\",\"net_qty\":\"70\""))
        #expect(result.outputLines.last == "]}")
    }

    @Test func `Filter and sort hold for a snapshot too`() throws {
        let scratch = try Scratch()
        try scratch.write(
            "fills.csv", Cases.header + "t1,AAA,BUY,1,10\nt2,BBB,BUY,3,10\nt3,CCC,BUY,2,10\n")
        _ = try Pks.run(["replay", scratch.file("fills.csv"), "--book", scratch.book, "--keep"], in: scratch)
        func symbols(_ words: [String]) throws -> [String] {
            try Pks.run(["top", "--book", scratch.book, "--csv"] + words, in: scratch).outputLines.dropFirst()
                .map { String($0.split(separator: ",")[3]) }
        }
        #expect(try symbols(["--sort", "-net"]) == ["BBB", "CCC", "AAA"])
        #expect(try symbols(["--sort", "net_qty", "--filter", "!aaa"]) == ["CCC", "BBB"])
    }

    @Test func `What cannot be shown is said, with what to do`() throws {
        let scratch = try Scratch()
        let missing = try Pks.run(["top", "--once", "--book", scratch.book], in: scratch)
        #expect(missing.status == 69)
        #expect(missing.errors.contains("there is no segment") && missing.errors.contains("pks ls shows"))
        let sort = try Pks.run(["top", "--sort", "-relised"], in: scratch)
        #expect(sort.status == 64)
        #expect(sort.errors.contains("did you mean realised?"))
        #expect(try Pks.run(["top", "--json", "--csv"], in: scratch).status == 64)
        #expect(try Pks.run(["top", "--interval", "1ms"], in: scratch).status == 64)
    }
}

/// `pks top` on a terminal, driven as a person would.
@Suite(.enabled(if: Tmux.isThere, "tmux is not installed (./run setup installs it)"))
struct TopTerminalTests {
    /// A writer of this process's own, with three positions.
    private struct Market: ~Copyable {
        var writer: SegmentWriter
        var seq: UInt64 = 0

        init(_ scratch: borrowing Scratch, symbols: [String] = ["ALPHA", "BRAVO", "GAMMA"]) throws {
            writer = try SegmentWriter(
                SegmentConfiguration(book: scratch.book, slotCapacity: 16),
                lock: WriterLock(book: scratch.book, runDirectory: scratch.runDirectory))
            for (place, symbol) in symbols.enumerated() {
                var entry = pks_directory_entry()
                Self.store("acc", in: &entry.account)
                Self.store("strat", in: &entry.strategy)
                Self.store(symbol, in: &entry.symbol)
                entry.multiplier = 1
                entry.price_decimals = 2
                _ = writer.claimSlot(entry)
                publish(place, net: Int64(place + 1) * 10)
            }
            writer.setState(.live)
        }

        private static func store<Field>(_ text: String, in field: inout Field) {
            // SAFETY: the bytes of `field` are exclusively ours for the closure.
            unsafe withUnsafeMutableBytes(of: &field) { unsafe $0.copyBytes(from: text.utf8) }
        }

        mutating func publish(_ slot: Int, net: Int64) {
            seq += 1
            var position = pks_position()
            position.net_qty = net
            position.bought_qty = max(0, net)
            position.sold_qty = max(0, -net)
            position.last_price = 12_345
            position.fill_count = seq
            position.applied_seq = seq
            position.publish_ns = pks_monotonic_ns()
            // SAFETY: the position outlives the call.
            unsafe writer.publish(slot: slot, value: &position)
            writer.setApplied(seq)
        }
    }

    private func top(
        _ scratch: borrowing Scratch, _ words: String = "",
        variables: String = "LANG=C.UTF-8 TERM=tmux-256color",
        width: Int = 100, height: Int = 24
    ) throws -> Tmux {
        try Tmux(
            "env \(variables) PKS_RUN_DIR=\(scratch.runDirectory) \(Pks.path) top --book \(scratch.book) \(words)",
            width: width, height: height)
    }

    private func line(_ screen: String?, _ text: String) -> Substring? {
        screen?.split(separator: "\n").first { $0.contains(text) }
    }

    @Test func `Rows follow the writer, keys do what help says, and q gives the screen back`() throws {
        let scratch = try Scratch()
        var market = try Market(scratch)
        let terminal = try top(scratch)
        let first = try terminal.await("GAMMA")
        #expect(line(first, "ALPHA")?.contains(" 10 ") == true)
        #expect(first?.contains("pks-positions-v1-\(scratch.book), ABI 1.2") == true)
        market.publish(0, net: -77)
        #expect(try terminal.await("-77") != nil)
        try terminal.press("s", "-net", "Enter")
        let sorted = try #require(try terminal.await("sort -net"))
        let order = sorted.split(separator: "\n").compactMap { text in
            ["ALPHA", "BRAVO", "GAMMA"].first { text.hasPrefix("acc") && text.contains("  \($0)") }
        }
        #expect(order == ["GAMMA", "BRAVO", "ALPHA"])
        try terminal.press("/", "!brav", "Enter")
        #expect(try terminal.await { $0.contains("2 positions") && !$0.contains("BRAVO") } != nil)
        try terminal.press("Escape")
        #expect(try terminal.await("BRAVO") != nil)
        try terminal.press("t")
        #expect(try terminal.await("totals by account") != nil)
        try terminal.press("Escape", "Enter")
        #expect(try terminal.await("lot method") != nil)
        try terminal.press("Escape", "?")
        #expect(try terminal.await("Show rows that have a text") != nil)
        try terminal.press("?", "p")
        #expect(try terminal.await("PAUSED") != nil)
        market.publish(1, net: 4242)
        #expect(try terminal.await("PAUSED: 1 rows") != nil)
        #expect(try terminal.screen().contains("4242") == false)
        try terminal.press("p")
        #expect(try terminal.await("4242") != nil)
        try terminal.press("q")
        let left = try terminal.await("left with 0")
        #expect(left?.contains("ALPHA") == false)
        try market.writer.stop(keep: false)
    }

    @Test func `The screen follows the size of its window`() throws {
        let scratch = try Scratch()
        let market = try Market(scratch)
        let terminal = try top(scratch, width: 60, height: 12)
        #expect(try terminal.await("GAMMA") != nil)
        #expect(try terminal.screen().contains("BOUGHT") == false)
        try terminal.resize(width: 220, height: 40)
        #expect(try terminal.await("BOUGHT") != nil)
        try terminal.resize(width: 20, height: 4)
        #expect(try terminal.await { $0.contains("ALPHA") && !$0.contains("BOUGHT") } != nil)
        try terminal.resize(width: 100, height: 24)
        #expect(try terminal.await("read p50") != nil)
        _ = market.seq
    }

    @Test func `It waits for a book, survives its writer, and says so`() throws {
        let scratch = try Scratch()
        let terminal = try top(scratch)
        #expect(try terminal.await("Waiting for \(scratch.book)") != nil)
        do {
            var market = try Market(scratch, symbols: ["FIRST"])
            #expect(try terminal.await("FIRST") != nil)
            try market.writer.stop(keep: true)
        }
        #expect(try terminal.await("the writer has ended") != nil)
        var market = try Market(scratch, symbols: ["SECOND"])
        let restarted = try terminal.await("SECOND")
        #expect(restarted?.contains("FIRST") == false)
        #expect(try terminal.await("the writer restarted") != nil)
        try market.writer.stop(keep: false)
        #expect(try terminal.await("the segment is gone") != nil)
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT])
    func `A signal ends it in good order`(signal: Int32) throws {
        let scratch = try Scratch()
        let market = try Market(scratch)
        let terminal = try top(scratch)
        #expect(try terminal.await("GAMMA") != nil)
        let pid = try terminal.child()
        #expect(pid > 0)
        _ = kill(pid, signal)
        let left = try terminal.await("left with 0")
        #expect(left != nil)
        #expect(left?.contains("GAMMA") == false)
        _ = market.seq
    }

    @Test func `Suspended it gives the terminal back, and takes it again`() throws {
        let scratch = try Scratch()
        let market = try Market(scratch)
        // An interactive shell has jobs: fg brings the last one back.
        let terminal = try Tmux(
            "cd /; exec env PS1='ready> ' LANG=C.UTF-8 TERM=tmux-256color bash --norc --noprofile -i",
            width: 100,
            height: 24)
        #expect(try terminal.await("ready>") != nil)
        try terminal.press("\(Pks.path) top --book \(scratch.book)", "Enter")
        #expect(try terminal.await("GAMMA") != nil)
        try terminal.press("C-z")
        #expect(try terminal.await("Stopped") != nil)
        try terminal.press("fg", "Enter")
        #expect(try terminal.await { $0.contains("GAMMA") && !$0.contains("Stopped") } != nil)
        try terminal.press("q")
        #expect(try terminal.await { $0.contains("ready>") && !$0.contains("GAMMA") } != nil)
        _ = market.seq
    }

    @Test(arguments: [
        ("NO_COLOR=1 LANG=C.UTF-8 TERM=tmux-256color", "", false, true),
        ("LANG=C.UTF-8 TERM=tmux-256color", "", true, true),
        ("LANG=C.UTF-8 TERM=tmux-256color", "--theme light", true, true),
        ("LANG=C.UTF-8 TERM=tmux-256color", "--no-color --ascii", false, false),
        ("LANG=C TERM=tmux-256color", "", true, false), ("LANG=C.UTF-8 TERM=vt100", "", false, true),
    ])
    func `Colours and characters are those that the terminal and the user want`(
        variables: String, words: String, hasColor: Bool, hasUnicode: Bool
    ) throws {
        let scratch = try Scratch()
        let market = try Market(scratch)
        let terminal = try top(scratch, words, variables: variables)
        #expect(try terminal.await("GAMMA") != nil)
        let screen = try #require(
            try terminal.await(styled: true) { $0.contains("q") && $0.contains("GAMMA") })
        #expect(screen.contains("[38;5;") == hasColor)
        #expect(screen.unicodeScalars.contains { $0.value > 0x7f } == hasUnicode)
        _ = market.seq
    }

    @Test func `On a dumb terminal it prints one snapshot, and an unknown one is refused`() throws {
        let scratch = try Scratch()
        let market = try Market(scratch)
        let dumb = try top(scratch, variables: "TERM=dumb", width: 240)
        #expect(try dumb.await("left with 0")?.contains("GAMMA") == true)
        let unknown = try top(scratch, variables: "TERM=no-such-terminal")
        #expect(try unknown.await("left with 69")?.contains("terminal \"no-such-terminal\"") == true)
        _ = market.seq
    }

    @Test func `Wide, combining and turning characters keep their row together`() throws {
        let scratch = try Scratch()
        let market = try Market(scratch, symbols: ["漢字", "e\u{301}\u{301}z", "\u{202e}live"])
        let terminal = try top(scratch)
        let screen = try #require(try terminal.await("漢字"))
        #expect(line(screen, "漢字")?.contains(" 10 ") == true)
        #expect(line(screen, "\\u{202e}live")?.contains(" 30 ") == true)
        #expect(!screen.unicodeScalars.contains { $0.value == 0x202e })
        _ = market.seq
    }
}
