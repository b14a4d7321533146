import TestSupport
import Testing

@testable import Configuration

/// Wrong configurations, and what is said of them.
@Suite struct MistakeTests {
    /// A text, and the only line that it is answered with.
    static let wrongs: [(text: String, line: String)] = [
        (
            "",
            "pks.toml:1:1: there is no book: at least one [[book]] was expected (write [[book]] and name = \"main\")"
        ),
        (
            "name = ",
            "pks.toml:1:8: this is not TOML: error while parsing key-value pair: encountered end-of-file (what "
                + "follows was not read)"
        ),
        (
            book("rings = 1\nrings = 2"),
            "pks.toml:4:9: this is not TOML: error while parsing key-value pair: cannot redefine existing integer "
                + "'rings' (what follows was not read)"
        ),
        ("[[book]]\n", "pks.toml:1:1: this book has no name: a key name was expected (add name = \"main\")"),
        (
            "[book]\nname = \"a\"",
            "pks.toml:1:1: book is a table: an array of tables, [[book]] with two brackets, was expected"
        ),
        (
            book("") + "[servce]\n",
            "pks.toml:4:2: unknown key \"servce\" in the file: a known key was expected (did you mean service?)"
        ),
        (
            "rings = 1\n" + book(""),
            "pks.toml:1:1: rings stands before any table: a table was expected (write [defaults] or [[book]] above it)"
        ),
        (
            book("ring = 1"),
            "pks.toml:3:1: unknown key \"ring\" in [[book]]: a known key was expected (did you mean rings?)"
        ),
        (book("rings = 65"), "pks.toml:3:9: rings = 65: a whole number from 1 to 64 was expected"),
        (
            book("rings = \"64.0\""),
            "pks.toml:3:9: rings = \"64.0\": a whole number from 1 to 64 was expected (units are k and M, or Ki and Mi for those of 1024)"
        ),
        (book("rings = true"), "pks.toml:3:9: rings = true: a whole number from 1 to 64 was expected"),
        (
            book("rings = 1.5"),
            "pks.toml:3:9: rings = a number with a fraction or exponent: a whole number from 1 to 64 was expected"
        ),
        (
            book("changes = 1000"),
            "pks.toml:3:11: changes = 1000: a power of two from 2 to 67108864 was expected"
        ),
        (
            book("late_after = \"5\""),
            "pks.toml:3:14: late_after = \"5\": a length of time with a unit (ns, us, ms, s, m, h, d) in quotes, such "
                + "as \"5s\" was expected"
        ),
        (
            book("late_after = 5"),
            "pks.toml:3:14: late_after = 5: a length of time with a unit (ns, us, ms, s, m, h, d) in quotes, such as "
                + "\"5s\" was expected"
        ),
        (
            book("prefault = 100"),
            "pks.toml:3:12: prefault = 100: a size with a unit (B, KiB, MiB, GiB) in quotes, such as \"256MiB\", was expected"
        ),
        (
            book("wait = \"spinn\""),
            "pks.toml:3:8: wait = \"spinn\": one of \"spin\", \"yield\", \"park\", \"adaptive\" was expected (did you "
                + "mean \"spin\"?)"
        ),
        (
            book("pin = 4"),
            "pks.toml:3:7: pin = 4: the number of a CPU, or \"none\" was expected (this process may run on CPUs 0-3)"
        ),
        (
            book("mode = \"0662\""),
            "pks.toml:3:8: mode = \"0662\": permission bits in octal, in quotes, such as \"0640\" was expected (whoever "
                + "may write a segment can change every position in it)"
        ),
        (
            book("mode = 640"),
            "pks.toml:3:8: mode = 640: permission bits in octal, in quotes, such as \"0640\" was expected"
        ),
        (
            book("allow = [\"eve\"]"),
            "pks.toml:3:10: there is no user \"eve\": a user of this machine was expected (name one, or write its number)"
        ),
        (
            book("allow = \"alice\""),
            "pks.toml:3:9: allow = \"alice\": an array of users, such as [\"alice\", 1001] was expected"
        ),
        (
            book("instruments = \"no.csv\""),
            "pks.toml:3:15: the instruments file \"/etc/pks/no.csv\": cannot open it: No such file or directory: a CSV "
                + "file was expected (paths in a configuration are relative to it)"
        ),
        (
            book("[book.instrument.ES]\nmultiplier = \"-1\""),
            "pks.toml:4:14: multiplier = \"-1\": a number above zero, in quotes when it has a point (\"0.1\"), so that "
                + "it stays exact, was expected"
        ),
        (
            book("[book.instrument]\nES = 1"),
            "pks.toml:4:6: ES is a whole number: a table such as { price_decimals = 2, multiplier = \"50\" } was expected"
        ),
        (
            "[service]\nmetrics = \"[::]:9464\"\n" + book(""),
            "pks.toml:2:11: metrics on [::]:9464, which other machines can reach: a loopback address such as "
                + "127.0.0.1:9464 was expected (if that is meant, set metrics_public = true or --metrics-public: there "
                + "is no password)"
        ),
        (
            "[service]\nmetrics = \"myhost:80\"\n" + book(""),
            "pks.toml:2:11: metrics = \"myhost:80\": an address and a port in quotes, such as \"127.0.0.1:9464\" or "
                + "\"[::1]:0\", or \"off\" was expected"
        ),
        (
            "[defaults]\nname = \"a\"\n" + book(""),
            "pks.toml:2:1: name stands in [defaults]: it belongs to one book (move it into a [[book]])"
        ),
        (
            book("") + book(""),
            "pks.toml:5:8: the book \"a\" is there twice: a name of its own was expected (the first one is at line 2)"
        ),
    ]

    private static func book(_ more: String) -> String { "[[book]]\nname = \"a\"\n\(more)\n" }

    @Test(arguments: wrongs)
    func `A mistake is named with its place, what was expected and what to do`(
        wrong: (text: String, line: String)
    ) {
        #expect(mistakes(wrong.text) == [wrong.line])
    }

    @Test func `All mistakes are told in one go, in the order of the text`() {
        let lines = mistakes(
            """
            [[book]]
            name = "a/b"
            rings = 0
            [[book]]
            wait = 3
            nam = "x"
            [service]
            metrics = ""
            """)
        #expect(
            lines.map { String($0.prefix { $0 != " " }) } == [
                "pks.toml:2:8:", "pks.toml:3:9:", "pks.toml:4:1:", "pks.toml:5:8:", "pks.toml:6:1:",
                "pks.toml:8:11:",
            ])
    }

    @Test func `Every error of an instruments file is told with its own place`() throws {
        let scratch = try TestDirectory()
        let csv = try scratch.write("static.csv", "symbol,method\nES,fofo\nNQ,fifo\nNQ,fifo\n")
        let text =
            "[[book]]\nname = \"a\"\ninstruments = \"static.csv\"\n[[book]]\nname = \"b\"\ninstruments = \"static.csv\"\n"
        do throws(ConfigurationError) {
            _ = try configuration(text, directory: scratch.path)
            Issue.record("the file is wrong")
        } catch {
            guard case .mistakes(let lines) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(lines.count == 2)
            #expect(lines[0].hasPrefix(csv + ":2:4"))
            #expect(lines[1].hasPrefix(csv + ":4:1"))
        }
    }

    @Test func `Sizes that no person writes are refused before they are parsed`() {
        let long = "[[book]]\nname = \"a\" # " + String(repeating: "x", count: 5000)
        #expect(mistakes(long).map { $0.contains("longer than 4096 bytes") } == [true])
        let deep = String(repeating: "a.", count: 40) + "a = 1"
        #expect(mistakes(deep).map { $0.contains("more than 32 dots") } == [true])
        let large = String(repeating: "# comment\n", count: 27_000)
        #expect(mistakes(large).map { $0.contains("longer than 262144 bytes") } == [true])
        // Dots in texts and comments are no keys.
        #expect(mistakes("# ............................................\n[[book]]\nname = \"a\"\n") == [])
    }

    @Test func `As deep as the bounds allow, a text is read and let go`() {
        let keys = String(repeating: "a.", count: 31)
        var text = ""
        for _ in 0..<200 { text += keys + "a = [{\n".replacing("{\n", with: "\n{") }
        #expect(mistakes(text).count == 1)
    }

    @Test func `A file that cannot be opened is another matter than a wrong one`() {
        #expect(throws: ConfigurationError.unreadable(path: "/nowhere/pks.toml", code: 2)) {
            try ServiceConfiguration(file: "/nowhere/pks.toml", machine: testMachine)
        }
        #expect(throws: ConfigurationError.unreadable(path: "/tmp", code: 21)) {
            try ServiceConfiguration(file: "/tmp", machine: testMachine)
        }
    }
}
