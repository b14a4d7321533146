import ShmReader
import TestSupport
import Testing

@testable import Service
@testable import Telemetry

/// The JSON of the figures, and its reader.
@Suite struct StatsJSONTests {
    private static func value(_ stats: ServiceStats) -> JSONValue? {
        JSONValue(StatsJSON.render(stats, version: "1.2.3"))
    }

    @Test func `All figures come back, with seconds as the unit of time`() throws {
        let daemon = try #require(Self.value(Sample.service()))
        #expect(daemon["version"] == .text("1.2.3"))
        #expect(daemon["pid"] == .number("4711"))
        #expect(daemon["started"] == .text("2024-11-21T01:45:00.000Z"))
        #expect(daemon["uptime_seconds"] == .number("3661"))
        #expect(daemon["cpu_seconds"] == .number("12.345678901"))
        let book = try #require(daemon["books"]?.elements.first)
        let expected = [
            ("book", "alpha"), ("state", "live"), ("method", "fifo"), ("epoch", "feed"), ("fills", "900"),
            ("duplicates", "50"), ("conflicts", "2"), ("rejects", "40"), ("late", "3"), ("matches", "400"),
            ("open_lots", "77"), ("applied_seq", "990"), ("durable_seq", "0"), ("journal", "false"),
            ("heartbeat_age_seconds", "0.050000001"), ("positions", "12"), ("positions_max", "16384"),
            ("rejects_not_told", "4"),
        ]
        for (name, text) in expected { #expect(book[name]?.plainText == text, "\(name)") }
        #expect(book["durable_lag_records"] == .null)
        #expect(book["rejects_by_reason"]?["zero_quantity"] == .number("38"))
        let reject = try #require(book["distinct_rejects"]?.elements.first)
        #expect(reject["account"] == .text("a\"b"))
        #expect(reject["symbol"] == .text("\u{1b}[2JX"))
        #expect(reject["first"] == .text("2024-11-21T01:46:38.123Z"))
        #expect(reject["last_trade_id"] == .text("t\n1"))
        #expect(book["distinct_rejects"]?.elements.last?["account"] == nil)
        let ring = try #require(book["rings"]?.elements.first)
        #expect(ring["lag_records"] == .number("10"))
        #expect(ring["lag_seconds"] == .number("0.00125"))
        #expect(ring["retained_records"] == .number("900"))
        #expect(book["refused_rings"]?.elements.first?["reason"] == .text("not a ring"))
    }

    @Test func `A quarantined ring and a degraded book say why`() throws {
        let stats = Sample.service([
            Sample.book(status: .degraded(reasons: 16 | 1 << 40), rings: [Sample.ring(quarantine: 2)])
        ])
        let book = try #require(Self.value(stats)?["books"]?.elements.first)
        #expect(book["degraded_reasons"] == .array([.text("producer"), .text("0x10000000000")]))
        #expect(book["rings"]?.elements.first?["state"] == .text("quarantined"))
        #expect(book["rings"]?.elements.first?["quarantine_reason"] == .text("records"))
    }

    @Test func `Nothing in it moves a terminal's cursor`() {
        let text = String(
            decoding: StatsJSON.render(Sample.service(), version: "\u{9b}2J\u{202e}"), as: UTF8.self)
        #expect(
            text.unicodeScalars.dropLast().allSatisfy {
                $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
            })
        #expect(text.hasSuffix("\n"))
    }

    @Test func `A book's bus is told, and a book without one has none`() throws {
        let stats = Sample.service([Sample.book("alpha"), Sample.book("beta", hasJournal: true)])
        let books = try #require(Self.value(stats)?["books"]?.elements)
        #expect(books[0]["bus"] == .null)
        let bus = try #require(books[1]["bus"])
        #expect(bus["state"]?.plainText == "waiting" && bus["alarms"]?.plainText == "3")
        #expect(bus["ingest"]?["stream_seq"]?.plainText == "5000")
        #expect(bus["ingest"]?["pending"]?.plainText == "17")
        #expect(bus["ingest"]?["alarms_by_kind"]?.fields.map(\.name) == ["stream_truncated"])
        #expect(bus["ingest"]?["trouble"] == .null)
        #expect(bus["publisher"]?["lag_records"]?.plainText == "200")
        #expect(bus["publisher"]?["trouble"]?.plainText == "stream PKS-POSITIONS is missing")
    }

    @Test func `Every name of the JSON is documented`() throws {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        let text = try DocumentText.read(root + "/docs/metrics.md")
        let stats = Sample.service([
            Sample.book(
                status: .degraded(reasons: 16), hasJournal: true, rings: [Sample.ring(quarantine: 2)])
        ])
        var names: Set<String> = []
        func collect(_ value: JSONValue) {
            for field in value.fields {
                names.insert(field.name)
                if !["rejects_by_reason", "alarms_by_kind", "journal_figures"].contains(field.name) {
                    collect(field.value)
                }
            }
            for element in value.elements { collect(element) }
        }
        collect(try #require(Self.value(stats)))
        #expect(names.count > 40)
        for name in names.sorted() { #expect(text.contains("| `\(name)` |"), "\(name)") }
    }

    @Test(arguments: [
        "{\"a\":[1,-2.5e+10,true,false,null,\"x\\n\\u00fc\\ud83d\\ude00\"]}", " [ ] ", "\"\"", "0", "{}",
    ])
    func `JSON is read and written again`(text: String) throws {
        let value = try #require(JSONValue(Array(text.utf8)))
        var json = JSONText()
        value.append(nil, to: &json)
        #expect(JSONValue(json.bytes) == value)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "01", "1.", ".5", "+1", "1e", "tru", "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"a\nb\"", "[1] 2", "nul", "{a:1}", "'a'", "-",
        String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
    ])
    func `What is no JSON is refused`(text: String) { #expect(JSONValue(Array(text.utf8)) == nil) }

    @Test func `Damaged JSON never does more than be refused`() {
        print("seed \(TestSeed.base)")
        var random = SeededRandom(seed: TestSeed.base)
        let bytes = StatsJSON.render(Sample.service(), version: "1")
        for _ in 0..<3000 {
            var damaged = Array(bytes.prefix(Int.random(in: 1...bytes.count, using: &random)))
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            _ = JSONValue(damaged)
        }
    }

    @Test(
        arguments: [
            (0, "0"), (1, "0.000000001"), (-1_500_000_000, "-1.5"), (1_000_000_000, "1"),
            (Int64.max, "9223372036.854775807"), (Int64.min, "-9223372036.854775808"),
        ] as [(Int64, String)])
    func `Seconds are exact`(ns: Int64, text: String) { #expect(SecondsText.seconds(ns) == text) }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999_999_999, "2000-02-29T23:59:59.999Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"),
            (1_735_689_599_000_000_000, "2024-12-31T23:59:59.000Z"),
        ] as [(Int64, String)])
    func `Moments are dates in UTC`(ns: Int64, text: String) { #expect(SecondsText.moment(ns) == text) }
}
