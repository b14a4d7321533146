import Glibc
import TestSupport
import Testing

/// `./run demo`, all but its build: the script as it is, with the command that these tests have built.
@Suite struct DemoTests {
    /// Puts the scripts beside the built command, as they are in a checkout, and gives the line that starts the demo.
    private func demo(_ scratch: borrowing Scratch) throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let setup = try Pks.runShell(
            """
            cd '\(scratch.path)' && mkdir -p demo/.build/release tools temporary && \
            cp -r '/\(root)/scripts' demo/ && ln -s '\(Pks.path)' demo/.build/release/pks && \
            ln -s /bin/true tools/swift
            """, in: scratch)
        try #require(setup.status == 0, "\(setup.errors)")
        return """
            env TMPDIR='\(scratch.file("temporary"))' PATH='\(scratch.file("tools"))':/usr/bin:/bin \
            LANG=C.UTF-8 bash '\(scratch.file("demo/scripts/demo.sh"))'
            """
    }

    /// Files of its own, shared memory and processes must be gone.
    private func expectNothingLeft(_ scratch: borrowing Scratch, book: Substring) throws {
        let left = try Pks.runShell(
            """
            ls '\(scratch.file("temporary"))'
            readlink /proc/[0-9]*/cwd | grep -F -- '\(scratch.file("demo"))'
            """, in: scratch)
        #expect(left.output.isEmpty, "left behind: \(left.output)")
        let files = Files.names(in: "/dev/shm").filter {
            $0.hasSuffix("-\(book)") || $0.contains("-\(book)-")
        }
        #expect(files.isEmpty)
    }

    private func book(in text: String) throws -> Substring {
        let words = text.split { !($0.isNumber || $0.isLetter || $0 == "-") }
        return try #require(words.first { $0.hasPrefix("demo-") })
    }

    @Test(.enabled(if: Tmux.isThere, "tmux is not installed"), arguments: ["q", "C-c"])
    func `On a terminal the monitor shows the feed, and its end is the end of all`(key: String) throws {
        let scratch = try Scratch()
        let line = try demo(scratch)
        let terminal = try Tmux("TERM=tmux-256color \(line)", width: 100, height: 24)
        let screen = try #require(try terminal.await { $0.contains("● live") && $0.contains("EURUSD") })
        #expect(screen.contains("FILLS/S"))
        try terminal.press(key)
        let end = try #require(try terminal.await("left with"))
        #expect(end.contains(key == "q" ? "left with 0" : "left with "))
        try expectNothingLeft(scratch, book: book(in: screen))
    }

    @Test func `Without a terminal it prints a snapshot and the daemon's figures`() throws {
        let scratch = try Scratch()
        let result = try Pks.runShell(demo(scratch) + " --seconds 3", in: scratch)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("EURUSD") && result.output.contains("$ pks stats"))
        #expect(result.outputLines.contains { $0.hasPrefix("demo-") && $0.contains("gateway") })
        try expectNothingLeft(scratch, book: book(in: result.output))
    }
}
