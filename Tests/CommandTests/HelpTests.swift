import Testing

@testable import PksCommand

/// Help, versions, and command lines that are wrong.
@Suite struct HelpTests {
    @Test func `Every verb explains itself on standard output with exit 0`() throws {
        let scratch = try Scratch()
        for spec in PksCommand.specs {
            for words in [[spec.name, "--help"], [spec.name, "-h"], ["help", spec.name]] {
                let run = try Pks.run(words, in: scratch)
                #expect(run.status == 0)
                #expect(run.errors.isEmpty)
                #expect(run.output.hasPrefix("pks \(spec.name): \(spec.summary)\n"))
                #expect(run.output.contains("\nExit status:\n  0 "))
                for option in spec.allOptions { #expect(run.output.contains("--\(option.name)")) }
                #expect(run.output.contains("\nExamples:\n"))
                #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(run.output)")
            }
        }
        let overview = try Pks.run(["--help"], in: scratch)
        #expect(overview.status == 0)
        for spec in PksCommand.specs { #expect(overview.output.contains("\n  \(spec.name) ")) }
        // Help wins over operands that are missing.
        #expect(try Pks.run(["replay", "--help"], in: scratch).status == 0)
    }

    @Test func `Nothing at all is a usage error with the list of verbs`() throws {
        let scratch = try Scratch()
        let run = try Pks.run([], in: scratch)
        #expect(run.status == 64)
        #expect(run.output.isEmpty)
        #expect(run.errors.contains("Usage: pks VERB"))
    }

    @Test func `The version names the ABI`() throws {
        let scratch = try Scratch()
        let run = try Pks.run(["--version"], in: scratch)
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("pks \(PksCommand.version) (ABI 1.2, layout "))
    }

    /// Command lines that are wrong, and the one line that each is answered with.
    static let wrongs: [(words: [String], message: String)] = [
        (["raplay"], "pks: raplay: unknown verb (did you mean pks replay?)"),
        (["--book"], "pks: --book: unknown option (pks help lists the verbs)"),
        (["help", "repaly"], "pks: help repaly: unknown verb (did you mean replay?)"),
        (["replay"], "pks: replay: no FILE... (usage: pks replay FILE... [options])"),
        (["replay", "f", "--methd", "fifo"], "pks: replay: unknown option --methd (did you mean --method?)"),
        (
            ["replay", "f", "--xyzzy"],
            "pks: replay: unknown option --xyzzy (pks replay --help lists the options)"
        ),
        (["replay", "f", "-b", "x"], "pks: replay: unknown option -b (did you mean --book?)"),
        (["replay", "f", "--book"], "pks: replay: --book needs a value (write --book B)"),
        (
            ["replay", "f", "--book", "--keep"],
            "pks: replay: --book needs a value, but --keep follows (write --book B, or --book=--keep if that is "
                + "the value)"
        ),
        (["replay", "f", "--keep=yes"], "pks: replay: --keep takes no value (leave out =yes)"),
        (["replay", "f", "--keep", "--keep"], "pks: replay: --keep stands there twice (state it once)"),
        (
            ["replay", "f", "--method", "fofo"],
            "pks: replay: --method fofo: no such choice (did you mean fifo?)"
        ),
        (
            ["replay", "f", "--format", "parquet"],
            "pks: replay: --format parquet: no such choice (one of csv, jsonl, fix)"
        ),
        (
            ["replay", "f", "--lots-max", "many"],
            "pks: replay: --lots-max many: not a whole number (write --lots-max N, for example --lots-max=1000)"
        ),
        (
            ["replay", "f", "--positions-max", "0"],
            "pks: replay: --positions-max 0: out of range (from 1 to 16777216)"
        ),
        (
            ["replay", "f", "--late-after", "5"],
            "pks: replay: --late-after 5: not a length of time (a number and a unit: ns, us, ms, s, m, h or d, as "
                + "in 5s)"
        ),
        (
            ["generate", "--late", "2"],
            "pks: generate: --late 2: not a fraction (a number from 0 to 1, or a percentage such as 2.5%)"
        ),
        (
            ["replay", "f", "--book", "a/b"],
            "pks: --book a/b: the name contains \"/\" (letters, digits, dot, dash and underscore are allowed) "
                + "(choose another name)"
        ),
        (["replay", "-", "-"], "pks: replay: - stands there twice (standard input can be read once)"),
        (["read", "extra"], "pks: read: unexpected extra (pks read takes options only)"),
        (["read", "--csv", "--json"], "pks: read: --csv and --json at once (choose one)"),
        (["read", "--interval-ms", "5"], "pks: read: --interval-ms without --watch (add --watch)"),
        (["replay", "f", "--no-effects"], "pks: replay: --no-effects without --out (add --out DIR)"),
        (["ls", "\u{1b}[2J"], "pks: ls: unexpected \\u{1b}[2J (pks ls takes options only)"),
    ]

    @Test(arguments: wrongs)
    func `A wrong command line is answered with one line and exit 64`(
        wrong: (words: [String], message: String)
    ) throws {
        let scratch = try Scratch()
        let run = try Pks.run(wrong.words, in: scratch)
        #expect(run.status == 64)
        #expect(run.output.isEmpty)
        #expect(run.errors == wrong.message + "\n")
    }

    @Test func `The doctor finds this machine usable, and says every check as JSON`() throws {
        let scratch = try Scratch()
        let run = try Pks.run(["doctor", "--json"], in: scratch)
        #expect(run.status == 0, "\(run.output)")
        for check in [
            "swift runtime", "zlib", "kernel", "cores", "clock", "/dev/shm", "run directory", "ABI",
        ] {
            #expect(run.output.contains("{\"check\":\"\(check)\",\"verdict\":\""), "\(check)")
        }
    }

    @Test func `The doctor names what a dead writer left, and the fix`() throws {
        let scratch = try Scratch()
        let path = "/dev/shm/pks-positions-v1-" + scratch.book
        try scratch.write("../../dev/shm/pks-positions-v1-" + scratch.book, "garbage")
        let run = try Pks.run(["doctor"], in: scratch)
        #expect(run.status == 0)
        let lines = run.outputLines
        let place = try #require(lines.firstIndex { $0.contains(path) })
        #expect(lines[place].hasPrefix("warn  leftover"))
        #expect(lines[place + 1].hasSuffix("fix: start the book's writer, or rm \(path)"))
    }

    @Test func `A run directory that cannot be used makes the doctor exit with 69`() throws {
        let scratch = try Scratch()
        let file = try scratch.write("file", "")
        let run = try Pks.run(["doctor"], in: scratch, environment: ["PKS_RUN_DIR": file])
        #expect(run.status == 69)
        #expect(run.output.contains("fail  run directory"))
    }
}
