import Accumulator
import Service
import TestSupport
import Testing

@testable import Configuration

/// What is shown of a configuration.
@Suite struct ShowTests {
    @Test func `What is shown gives the same options when it is read`() throws {
        let scratch = try TestDirectory()
        try scratch.write("static.csv", "symbol,class,multiplier\nES,future,50\n")
        let first = try configuration(
            """
            [service]
            run_dir = "run"
            metrics = "[::1]:0"
            ready_file = "a \\"quoted\\" \\\\ \\u0007 name"
            [defaults]
            instruments = "static.csv"
            class_methods = { future = "lifo", "of options" = "lofo" }
            late_after = "90s"
            [[book]]
            name = "alpha"
            lots = "3k"
            pin = 2
            mode = "0644"
            allow = ["alice", 12]
            [book.instrument]
            "BRK.B" = { multiplier = "0.001", class = "of options", currency = "USD", method = "hifo", price_decimals = 3 }
            [[book]]
            name = "beta"
            instruments = ""
            """, directory: scratch.path)
        let shown = first.toml
        #expect(!shown.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
        let second = try configuration(shown, directory: "/elsewhere")
        #expect(second.toml.split(separator: "\n").count == shown.split(separator: "\n").count)
        #expect(second.runDirectory == first.runDirectory)
        #expect(second.runDirectory == scratch.path + "/run")
        #expect(second.metrics == first.metrics)
        #expect(second.readyFile == first.readyFile)
        for (left, right) in zip(first.books, second.books) {
            for key in BookKey.allCases { #expect(left[key].value == right[key].value, "\(key)") }
            #expect(left.table.defaults == right.table.defaults)
            #expect(left.table.all == right.table.all)
            #expect(left.table.methodByClass == right.table.methodByClass)
        }
        #expect(first.books.count == second.books.count)
    }

    @Test func `A relative path of the command line is shown from the root`() throws {
        var commandLine = CommandLineSettings()
        commandLine.runDirectory = "locks"
        commandLine.readyFile = "ready"
        let first = try configuration("[[book]]\nname = \"alpha\"\n", commandLine: commandLine)
        let second = try configuration(first.toml, directory: "/elsewhere")
        #expect(second.runDirectory.hasPrefix("/") && !second.runDirectory.hasPrefix("/elsewhere"))
        #expect(second.runDirectory.hasSuffix("/locks"))
        #expect(second.readyFile?.hasPrefix("/elsewhere") == false)
    }

    @Test func `Every key of a file is shown, with its origin`() throws {
        let shown = try configuration("[[book]]\nname = \"a\"\nrings = 3\n").toml
        for key in NATSKey.allCases { #expect(shown.contains("\n\(key.rawValue) = ")) }
        for key in ServiceKey.allCases { #expect(shown.contains("\n\(key.rawValue) = ")) }
        for key in BookKey.allCases { #expect(shown.contains("\n\(key.rawValue) = ")) }
        #expect(shown.contains("rings = 3                               # /etc/pks/pks.toml:3:9\n"))
        #expect(shown.contains("lots = 4194304                          # default\n"))
    }

    @Test func `Lengths of time are shown in the largest unit that is exact`() {
        for (ns, text) in [
            (0, "0s"), (1, "1ns"), (1000, "1us"), (90_000_000_000, "90s"), (3_600_000_000_000, "1h"),
            (86_400_000_000_001, "86400000000001ns"),
        ] as [(Int64, String)] {
            #expect(DurationText.text(ns) == text)
            #expect(DurationText.parse(text) == ns)
        }
        print("seed \(TestSeed.base)")
        var random = SeededRandom(seed: TestSeed.base)
        for _ in 0..<1000 {
            let ns = Int64.random(
                in: 0...Int64.max >> Int64.random(in: 0...62, using: &random), using: &random)
            #expect(DurationText.parse(DurationText.text(ns)) == ns)
        }
    }

    @Test(
        arguments: [
            ("0", 0), ("12", 12), ("4k", 4000), ("4M", 4_000_000), ("4Ki", 4096), ("4Mi", 4 << 20),
            ("4K", nil),
            ("-1", nil), ("1.5k", nil), ("", nil), ("k", nil), ("9223372036854775807k", nil), ("4 k", nil),
        ] as [(String, Int?)])
    func `Counts may have a unit`(text: String, count: Int?) { #expect(CountText.parse(text) == count) }

    @Test(
        arguments: [
            ("0", 0), ("0B", 0), ("5B", 5), ("2KiB", 2048), ("256MiB", 256 << 20), ("3GiB", 3 << 30),
            ("5", nil),
            ("5MB", nil), ("-1B", nil), ("1.5GiB", nil), ("9223372036854775807KiB", nil), ("", nil),
            ("GiB", nil),
        ] as [(String, Int?)])
    func `Sizes have a unit`(text: String, bytes: Int?) {
        #expect(SizeText.parse(text) == bytes)
        if let bytes { #expect(SizeText.parse(SizeText.text(bytes)) == bytes) }
    }

    @Test func `The CPUs of this machine are found`() {
        #expect(!Machine.current.cpus.isEmpty)
        #expect(Machine.cpuNumbers("0-2,5") == [0, 1, 2, 5])
        #expect(Machine.cpuNumbers("3") == [3])
        #expect(Machine.cpuNumbers("3-1") == [])
        #expect(Machine.cpuNumbers("x") == [])
        #expect(cpuRanges([0, 1, 2, 5]) == "CPUs 0-2, 5")
        #expect(Machine.current.userID("root") == 0)
        #expect(Machine.current.userID("no such user") == nil)
    }

    @Test(
        arguments: [
            ("127.0.0.1:9464", "127.0.0.1:9464"), ("localhost:0", "127.0.0.1:0"), ("[::1]:80", "[::1]:80"),
            ("10.0.0.1:65535", "10.0.0.1:65535"), ("::1:80", nil), ("127.0.0.1", nil),
            ("127.0.0.1:65536", nil),
            ("127.0.0.1:+1", nil), ("host:1", nil), ("[127.0.0.1]:1", nil), (":1", nil), ("127.1:1", nil),
        ] as [(String, String?)])
    func `Addresses are numbers and a port`(text: String, shown: String?) {
        #expect(ListenAddress(text)?.description == shown)
    }
}
