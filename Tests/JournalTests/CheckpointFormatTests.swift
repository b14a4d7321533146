import CJournal
import Foundation
import Testing

/// docs/checkpoint-format.md against the header, and the header against what Swift imported.
@Suite struct CheckpointFormatTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")

    private func lines(_ path: String) throws -> [Substring] {
        try String(contentsOf: Self.root.appending(path: path), encoding: .utf8).split(separator: "\n")
    }

    @Test func theTablesSayWhatTheHeaderAsserts() throws {
        var asserted: [String: String] = [:]
        for line in try lines("Sources/CJournal/include/pks_checkpoint.h")
        where line.hasPrefix("PKS_DISK_OFFSET(") {
            let parts = line.dropFirst("PKS_DISK_OFFSET(".count).prefix { $0 != ")" }.split(separator: ",")
                .map {
                    $0.filter { $0 != " " }
                }
            asserted["\(parts[0]).\(parts[1])"] = parts[2]
        }
        var (layout, told) = ("", Set<String>())
        for line in try lines("docs/checkpoint-format.md") {
            if line.hasPrefix("### `") { layout = String(line.dropFirst(5).prefix { $0 != "`" }) }
            if line.hasPrefix("## ") { layout = "" }
            let cells = line.split(separator: "|").map { $0.filter { $0 != " " && $0 != "`" } }
            guard layout != "", cells.count >= 3, Int(cells[0]) != nil else { continue }
            #expect(asserted["\(layout).\(cells[2])"] == cells[0], "\(layout).\(cells[2])")
            told.insert("\(layout).\(cells[2])")
        }
        #expect(asserted.keys.filter { !told.contains($0) && !$0.hasSuffix("reserved") }.sorted() == [])
        #expect(told.count == 30)
    }

    @Test func whatSwiftImportedHasTheseSizes() {
        #expect(MemoryLayout<pks_checkpoint_header>.size == 512)
        #expect(MemoryLayout<pks_checkpoint_header>.offset(of: \.digest) == 144)
        #expect(MemoryLayout<pks_checkpoint_header>.offset(of: \.book) == 208)
    }
}
