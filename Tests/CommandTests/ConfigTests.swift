import Configuration
import TestSupport
import Testing

@testable import PksCommand

/// `pks config`.
@Suite struct ConfigTests {
    @Test func `A pipe that nobody writes to is refused, and one that somebody does is read`() throws {
        let scratch = try Scratch()
        let silent = try Pks.runShell(
            "cd '\(scratch.path)' && mkfifo p && exec timeout 20 '\(Pks.path)' config check p", in: scratch)
        #expect(silent.status == 66, "\(silent.errors)")
        #expect(
            silent.errors
                == "pks: p: nothing comes from this pipe (name a file, or a pipe that somebody writes to)\n")
        let written = try Pks.runShell(
            "exec timeout 20 '\(Pks.path)' config check <(printf '[[book]]\\nname = \"b\"\\n')",
            in: scratch)
        #expect(written.status == 0, "\(written.errors)")
    }

    private static let books = "[[book]]\nname = \"alpha\"\n[[book]]\nname = \"beta\"\nrings = 3\n"

    @Test func `A right file is said to be right, with its warnings`() throws {
        let scratch = try Scratch()
        let file = try scratch.write("pks.toml", Self.books + "late_after = \"9d\"\n")
        let run = try Pks.run(["config", "check", file], in: scratch)
        #expect(run.status == 0)
        #expect(run.output == "\(file): ok, 2 books\n")
        #expect(run.errors.hasPrefix("pks: warning: \(file):6:14: late_after is longer"))
        let json = try Pks.run(["config", "check", file, "--json"], in: scratch)
        #expect(json.output.hasPrefix("{\"file\":\"\(file)\",\"ok\":true,\"books\":[\"alpha\",\"beta\"]"))
        #expect(json.errors.isEmpty)
    }

    @Test func `Every mistake is a line with its place, and the status is 78`() throws {
        let scratch = try Scratch()
        let file = try scratch.write("pks.toml", Self.books + "wiat = \"spin\"\npositions = 0\n")
        let expected = [
            "\(file):6:1: unknown key \"wiat\" in [[book]]: a known key was expected (did you mean wait?)",
            "\(file):7:13: positions = 0: a whole number from 1 to 16777216 was expected",
        ]
        for words in [
            ["config", "check", file], ["config", "show", file], ["config", "show", "--config", file],
        ] {
            let run = try Pks.run(words, in: scratch)
            #expect(run.status == 78)
            #expect(run.output.isEmpty)
            #expect(run.errors == expected.map { "pks: \($0)\n" }.joined())
        }
        let json = try Pks.run(["config", "check", file, "--json"], in: scratch)
        #expect(json.status == 78)
        #expect(json.output.contains("\"ok\":false"))
        #expect(json.errors.isEmpty)
    }

    @Test func `What is shown names its origin, and is a configuration that shows the same`() throws {
        let scratch = try Scratch()
        let file = try scratch.write("pks.toml", Self.books)
        let run = try Pks.run(
            ["config", "show", file, "--book", "beta", "--lots", "1000", "--metrics", "127.0.0.1:0"],
            in: scratch)
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
        let lines = run.outputLines
        func line(_ key: String) -> String? { lines.first { $0.hasPrefix(key + " = ") } }
        #expect(line("run_dir")?.hasSuffix("# environment PKS_RUN_DIR") == true)
        #expect(line("metrics")?.hasSuffix("# command line --metrics") == true)
        #expect(line("name")?.hasSuffix("# \(file):4:8") == true)
        #expect(line("rings")?.hasSuffix("# \(file):5:9") == true)
        #expect(line("lots")?.hasSuffix("# command line --lots") == true)
        #expect(line("wait")?.hasSuffix("# default") == true)
        let shown = try scratch.write("shown.toml", run.output)
        let again = try Pks.run(["config", "show", shown], in: scratch)
        #expect(again.status == 0)
        func values(_ lines: [String]) -> [String] {
            lines.filter { !$0.hasPrefix("#") }.map { String($0.prefix { $0 != "#" }) }
        }
        #expect(values(again.outputLines) == values(lines))
    }

    @Test func `Shown as JSON, every value has its origin`() throws {
        let scratch = try Scratch()
        let file = try scratch.write(
            "pks.toml",
            Self.books
                + "class_methods = { spot = \"lifo\" }\n[book.instrument]\nX = { class = \"spot\", multiplier = \"0.5\" }\n"
        )
        let run = try Pks.run(["config", "show", file, "--json", "--pin", "0"], in: scratch)
        #expect(run.status == 0)
        for part in [
            "\"rings\":{\"value\":3,\"origin\":\"\(file):5:9\"}",
            "\"pin\":{\"value\":0,\"origin\":\"command line --pin\"}",
            "\"pin\":{\"value\":null,\"origin\":\"default\"}",
            "\"identity_window\":{\"value\":\"7d\",\"origin\":\"default\"}",
            "\"class_methods\":{\"spot\":{\"value\":\"lifo\",\"origin\":\"\(file):6:26\"}}",
            "\"multiplier\":{\"value\":\"0.5\",", "\"mode\":{\"value\":\"0640\",",
        ] { #expect(run.output.contains(part), "\(part)") }
    }

    @Test func `The variable goes before the file, and the option before both`() throws {
        let scratch = try Scratch()
        let file = try scratch.write("pks.toml", "[service]\nrun_dir = \"here\"\n" + Self.books)
        func directory(_ more: [String], _ environment: [String: String]) throws -> String? {
            let run = try Pks.run(["config", "show", file] + more, in: scratch, environment: environment)
            return run.outputLines.first { $0.hasPrefix("run_dir = ") }
        }
        #expect(
            try directory([], ["PKS_RUN_DIR": ""])?.hasPrefix("run_dir = \"\(scratch.path)/here\"") == true)
        #expect(try directory([], [:])?.hasSuffix("# environment PKS_RUN_DIR") == true)
        #expect(try directory(["--run-dir", "/there"], [:])?.hasSuffix("# command line --run-dir") == true)
        let session = try Pks.run(
            ["config", "show"], in: scratch,
            environment: ["PKS_RUN_DIR": "", "XDG_RUNTIME_DIR": "/run/user/1"])
        #expect(session.output.contains("run_dir = \"/run/user/1/pks\""))
        #expect(session.output.contains("# environment XDG_RUNTIME_DIR"))
    }

    @Test func `Hostile text in a file or its name reaches the terminal spelled out`() throws {
        let scratch = try Scratch()
        let file = try scratch.write(
            "p\u{1b}[2J.toml", Self.books + "\"\u{9b}2J\u{202e}\" = \"\\u001b]0;x\\u0007\"\n")
        let run = try Pks.run(["config", "check", file], in: scratch)
        #expect(run.status == 78)
        #expect(
            run.errors.unicodeScalars.allSatisfy {
                $0 == "\n"
                    || ($0.properties.generalCategory != .control && $0.properties.generalCategory != .format)
            }, "\(run.errors)")
        let right = try scratch.write("q\u{1b}[2J.toml", Self.books)
        for words in [["config", "check", right], ["config", "show", right]] {
            let shown = try Pks.run(words, in: scratch)
            #expect(shown.status == 0)
            #expect(!shown.output.contains("\u{1b}"))
        }
    }

    /// Command lines that are wrong.
    static let wrongs: [(words: [String], status: Int32, message: String)] = [
        (
            ["config"], 64,
            "pks: config: no check|show (usage: pks config check FILE | show [FILE] [options of run] [--json])"
        ),
        (["config", "chekc"], 64, "pks: config chekc: unknown action (did you mean check?)"),
        (["config", "check"], 64, "pks: config check: no FILE (name a configuration)"),
        (
            ["config", "show", "--pin", "x"], 64,
            "pks: --pin x: x is no number of a CPU (write --pin 1, or --pin 0,1 for two books)"
        ),
        (
            ["config", "show", "--metrics", "here"], 64,
            "pks: --metrics here: not an address and a port (write 127.0.0.1:9464, [::1]:9464, or port 0 for a free one)"
        ),
        (
            ["config", "show", "--book", "a", "--book", "a"], 64,
            "pks: --book a: stands there twice (state it once)"
        ),
        (
            ["config", "show", "--book", "a/b"], 64,
            "pks: --book a/b: the name contains \"/\" (letters, digits, dot, dash and underscore are allowed) (choose another name)"
        ),
        (
            ["config", "check", "/nowhere.toml"], 66,
            "pks: /nowhere.toml: cannot open the configuration: No such file or directory (check the name, and who may read it)"
        ),
        (
            ["config", "show", "--metrics", "0.0.0.0:1"], 78,
            "pks: command line --metrics: metrics on 0.0.0.0:1, which other machines can reach: a loopback address such as 127.0.0.1:1 was expected (if that is meant, set metrics_public = true or --metrics-public: there is no password)"
        ),
        (
            ["config", "show", "--book", "a", "--pin", "99999"], 78,
            "pks: command line --pin: there is no CPU 99999 for this process: one of its CPUs was expected ("
        ),
    ]

    @Test(arguments: wrongs)
    func `A wrong command line is answered with one line`(
        wrong: (words: [String], status: Int32, message: String)
    ) throws {
        let scratch = try Scratch()
        let run = try Pks.run(wrong.words, in: scratch)
        #expect(run.status == wrong.status)
        #expect(run.output.isEmpty)
        #expect(run.errors.hasPrefix(wrong.message), "\(run.errors)")
        #expect(run.errors.filter { $0 == "\n" }.count == 1)
    }
}
