import Service
import Testing

@testable import Configuration

/// What the documents say of configurations, against the code.
@Suite struct DocumentTests {
    /// The package's folder, from where this file was compiled.
    private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

    private static func text(_ name: String) throws -> String {
        let bytes = try ConfigurationText.bytes(of: root + "/" + name)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Rows of the tables under a heading: the code in the first cell, and all cells.
    private static func rows(_ text: String, under heading: String) -> [(name: String, cells: [String])] {
        var rows: [(String, [String])] = []
        var isUnder = false
        for line in text.split(separator: "\n") {
            if line.hasPrefix("#") { isUnder = line == heading }
            guard isUnder, line.hasPrefix("| `") else { continue }
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmed()
            }
            rows.append((cells[1].filter { $0 != "`" }, Array(cells.dropFirst())))
        }
        return rows
    }

    @Test func `Every key is documented, and no other`() throws {
        let text = try Self.text("docs/configuration.md")
        let service = Self.rows(text, under: "### `[service]`")
        #expect(service.map(\.name) == ServiceKey.allCases.map(\.rawValue))
        let nats = Self.rows(text, under: "### `[nats]`")
        #expect(nats.map(\.name) == NATSKey.allCases.map(\.rawValue))
        let book = Self.rows(text, under: "### `[defaults]` and `[[book]]`")
        #expect(
            book.map(\.name) == BookKey.allCases.map(\.rawValue) + BookTable.allCases.map(\.rawValue)
                + InstrumentKey.allCases.map(\.rawValue))
    }

    @Test func `Documented defaults are those of the code`() throws {
        let text = try Self.text("docs/configuration.md")
        for row in Self.rows(text, under: "### `[defaults]` and `[[book]]`") {
            guard let key = BookKey(rawValue: row.name), row.cells.count > 4, key != .name else { continue }
            let shown = key == .instruments ? "none" : "`\(TOMLText.value(key.standard, key.kind))`"
            #expect(row.cells[2] == shown, "\(key)")
        }
        for row in Self.rows(text, under: "### `[nats]`") {
            let key = try #require(NATSKey(rawValue: row.name))
            #expect(row.cells[2] == "`\(TOMLText.value(key.standard, key.kind))`", "\(key)")
        }
    }

    @Test func `The packaged example is right, and shows what it says`() throws {
        let text = try Self.text("packaging/pks.toml")
        let example = try ServiceConfiguration(text: text, file: "/etc/pks/pks.toml", machine: testMachine)
        #expect(example.warnings == [])
        #expect(example.books.map(\.name) == ["equities", "futures"])
        #expect(example.metrics?.isLoopback == true)
        // What is commented out is right, too, on a machine that has the user.
        let all = text.replacing("# allow = ", with: "allow = ").replacing("# pin = ", with: "pin = ")
            .replacing("# wait = ", with: "wait = ").replacing("gateway\"", with: "alice\"")
        let full = try ServiceConfiguration(text: all, file: "/etc/pks/pks.toml", machine: testMachine)
        #expect(full.books[1].options.allowedOwners == [1001])
        #expect(full.books[1].cpu == 1)
    }
}

extension Substring {
    fileprivate func trimmed() -> String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
