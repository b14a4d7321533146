import Accumulator
import LotMatching
import Service
import TestSupport
import Testing

@testable import Configuration

/// What a right configuration comes to.
@Suite struct ConfigurationTests {
    @Test func `Without anything there is one book of the product's defaults`() throws {
        let configuration = try ServiceConfiguration(file: nil, machine: testMachine)
        #expect(configuration.books.count == 1)
        let options = try #require(configuration.options.books.first)
        let standard = BookOptions()
        #expect(options.config.name == "main")
        #expect(options.config.positionsMax == standard.config.positionsMax)
        #expect(options.config.lotsMax == standard.config.lotsMax)
        #expect(options.config.identitiesMax == standard.config.identitiesMax)
        #expect(options.config.identityWindowNs == standard.config.identityWindowNs)
        #expect(options.config.lateAfterNs == standard.config.lateAfterNs)
        #expect(options.config.otherFeesMax == standard.config.otherFeesMax)
        #expect(options.config.instruments.defaults == standard.config.instruments.defaults)
        #expect(options.ringsMax == standard.ringsMax)
        #expect(options.wait == standard.wait)
        #expect(options.cpu == nil)
        #expect(options.changeCapacity == standard.changeCapacity)
        #expect(options.segmentMode == standard.segmentMode)
        #expect(options.allowedOwners == [])
        #expect(options.violationsMax == standard.violationsMax)
        #expect(options.prefaultBytesMax == standard.prefaultBytesMax)
        #expect(configuration.metrics == nil)
        #expect(configuration.readyFile == nil)
        for key in BookKey.allCases { #expect(configuration.books[0][key].origin == .standard) }
    }

    @Test func `Every key of a book reaches the daemon's options`() throws {
        let configuration = try configuration(
            """
            [service]
            metrics = "127.0.0.1:9464"
            ready_file = "run/ready"
            [[book]]
            name = "alpha"
            method = "hifo"
            price_decimals = 2
            qty_decimals = 3
            fee_decimals = 4
            positions = "2k"
            lots = "1Mi"
            identities = 1_000
            identity_window = "2d"
            late_after = "250ms"
            other_fees = 12
            rings = 3
            violations = 5
            changes = 4096
            prefault = "3GiB"
            wait = "park"
            pin = 3
            mode = "0600"
            allow = ["alice", 77]
            """)
        let options = configuration.options.books[0]
        #expect(options.config.name == "alpha")
        #expect(options.config.method == .hifo)
        #expect(options.config.instruments.defaults.priceDecimals == 2)
        #expect(options.config.instruments.defaults.qtyDecimals == 3)
        #expect(options.config.instruments.defaults.feeDecimals == 4)
        #expect(options.config.positionsMax == 2000)
        #expect(options.config.lotsMax == 1 << 20)
        #expect(options.config.identitiesMax == 1000)
        #expect(options.config.identityWindowNs == 2 * 86_400_000_000_000)
        #expect(options.config.lateAfterNs == 250_000_000)
        #expect(options.config.otherFeesMax == 12)
        #expect(options.ringsMax == 3)
        #expect(options.violationsMax == 5)
        #expect(options.changeCapacity == 4096)
        #expect(options.prefaultBytesMax == 3 << 30)
        #expect(options.wait == .park)
        #expect(options.cpu == 3)
        #expect(options.segmentMode == 0o600)
        #expect(options.allowedOwners == [1001, 77])
        #expect(configuration.metrics == ListenAddress("127.0.0.1:9464"))
        #expect(configuration.readyFile == "/etc/pks/run/ready")
        #expect(configuration.warnings == [])
    }

    @Test func `A book goes before the defaults, and the command line before both`() throws {
        var commandLine = CommandLineSettings()
        commandLine.wait = .yield
        commandLine.counts[.lots] = 7
        let configuration = try configuration(
            """
            [defaults]
            method = "lifo"
            wait = "park"
            positions = 10
            [[book]]
            name = "a"
            positions = 20
            [[book]]
            name = "b"
            """, commandLine: commandLine)
        let (first, second) = (configuration.books[0], configuration.books[1])
        #expect(first[.positions].value == .count(20))
        #expect(first[.positions].origin.description == "/etc/pks/pks.toml:7:13")
        #expect(second[.positions].value == .count(10))
        #expect(second[.positions].origin.description == "/etc/pks/pks.toml:4:13")
        #expect(second[.method].value == .method(.lifo))
        #expect(second[.wait] == Setting(.wait(.yield), .option("--wait")))
        #expect(second[.lots].origin.description == "command line --lots")
        #expect(second[.rings].origin.description == "default")
    }

    @Test func `The command line chooses among the file's books and pins them in order`() throws {
        let text = "[[book]]\nname = \"a\"\n[[book]]\nname = \"b\"\nlots = 5\n[[book]]\nname = \"c\"\n"
        var commandLine = CommandLineSettings()
        commandLine.books = ["c", "b"]
        commandLine.cpus = [2]
        let configuration = try configuration(text, commandLine: commandLine)
        #expect(configuration.books.map(\.name) == ["c", "b"])
        #expect(configuration.books[0].cpu == 2)
        #expect(configuration.books[1].cpu == nil)
        #expect(configuration.books[1][.lots].value == .count(5))
        commandLine.books = ["bb"]
        #expect(
            mistakes(text, commandLine: commandLine) == [
                "command line --book: there is no book \"bb\" in /etc/pks/pks.toml: one of a, b, c was expected "
                    + "(did you mean b?)"
            ])
        commandLine.books = ["a", "b"]
        commandLine.cpus = [0, 1, 2]
        #expect(
            mistakes(text, commandLine: commandLine) == [
                "command line --pin: CPUs for 3 books, and there are 2: at most one CPU for each book was expected"
            ])
        // A file of defaults only leaves the books to the command line.
        commandLine.cpus = []
        commandLine.books = ["x"]
        let bare = try self.bare("[defaults]\nlots = 9\n", commandLine)
        #expect(bare.books.map(\.name) == ["x"])
        #expect(bare.books[0][.lots].value == .count(9))
    }

    private func bare(_ text: String, _ commandLine: CommandLineSettings) throws -> ServiceConfiguration {
        try configuration(text, commandLine: commandLine)
    }

    @Test func `Methods come from the instrument, its class, the book, in this order`() throws {
        let scratch = try TestDirectory()
        try scratch.write(
            "static.csv",
            "symbol,price_decimals,qty_decimals,multiplier,currency,class,method\n"
                + "ES,2,0,50,USD,future,\nNQ,2,0,20,USD,future,lofo\nBTC,,,,,spot,\n")
        let configuration = try configuration(
            """
            [defaults]
            method = "average"
            instruments = "static.csv"
            class_methods = { future = "lifo", spot = "hifo" }
            [defaults.instrument.ES]
            multiplier = "0.5"
            [[book]]
            name = "a"
            class_methods = { spot = "fifo" }
            [book.instrument]
            ES = { price_decimals = 4 }
            "BRK.B" = { currency = "USD", class = "share", method = "fifo", qty_decimals = 0, fee_decimals = 3 }
            """, directory: scratch.path)
        let config = configuration.options.books[0].config
        func method(_ symbol: String) -> LotMethod {
            config.instruments.method(for: symbol, bookMethod: config.method)
        }
        #expect(method("ES") == .lifo)
        #expect(method("NQ") == .lofo)
        #expect(method("BTC") == .fifo)
        #expect(method("BRK.B") == .fifo)
        #expect(method("other") == .average)
        // The tables go over the file, and the book's over the defaults', field by field.
        let future = config.instruments.instrument(for: "ES")
        #expect(future.priceDecimals == 4)
        #expect(future.qtyDecimals == 0)
        #expect((future.multiplier, future.multiplierDecimals) == (5, 1))
        #expect(future.currency == "USD")
        let share = config.instruments.instrument(for: "BRK.B")
        #expect((share.priceDecimals, share.qtyDecimals, share.feeDecimals) == (8, 0, 3))
        #expect((share.currency, share.instrumentClass) == ("USD", "share"))
        #expect(configuration.warnings == [])
    }

    @Test func `What looks wrong and works is a warning with its place`() throws {
        let configuration = try configuration(
            """
            [service]
            metrics_public = true
            [defaults]
            class_methods = { futur = "lifo" }
            instrument = { ES = { class = "future" } }
            [[book]]
            name = "a"
            pin = 1
            late_after = "8d"
            [[book]]
            name = "b"
            pin = 1
            """)
        #expect(
            configuration.warnings == [
                "/etc/pks/pks.toml:2:18: metrics_public without metrics: it says nothing by itself "
                    + "(set metrics to an address)",
                "/etc/pks/pks.toml:4:27: no instrument has the class \"futur\": its method is never used "
                    + "(did you mean future?)",
                "/etc/pks/pks.toml:9:14: late_after is longer than identity_window: fills between the two can be "
                    + "refused as beyond_window before they count as late (make identity_window at least as long)",
                "/etc/pks/pks.toml:12:7: the books \"a\" and \"b\" share CPU 1: each writer waits while the other "
                    + "one works (pin one of them to another CPU)",
            ])
    }

    @Test func `Writers that spin on every CPU are warned of`() throws {
        func text(_ count: Int) -> String {
            (0..<count).map { "[[book]]\nname = \"b\($0)\"\nwait = \"spin\"\n" }.joined()
        }
        #expect(try configuration(text(3)).warnings == [])
        let warnings = try configuration(text(4)).warnings
        #expect(warnings.count == 1)
        #expect(warnings[0].contains("4 writers spin on CPUs 0-3"))
    }
}
