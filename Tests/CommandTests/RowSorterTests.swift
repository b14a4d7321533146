import Glibc
import TestSupport
import Testing

@testable import PksCommand

/// Sorting rows in bounded memory, and rows as text.
@Suite struct RowSorterTests {
    @Test(arguments: [1 << 10, 1 << 14, 1 << 24])
    func `Rows come out by key, then by both numbers, however little memory there is`(bytesMax: Int) throws {
        let scratch = try Scratch()
        var random = SeededRandom(seed: 20)
        let keyCount = 40
        // Places of keys that are no order of their numbers.
        let ranks = (0..<keyCount).map { UInt32(($0 * 17) % keyCount) }
        let sorter = RowSorter(directory: scratch.path, bytesMax: bytesMax)
        var expected: [(rank: UInt32, first: UInt64, second: UInt64, row: String)] = []
        for index in 0..<3000 {
            let key = UInt32.random(in: 0..<UInt32(keyCount), using: &random)
            let first = UInt64.random(in: 0..<50, using: &random)
            let row = "\(key),\(first),\(index)\(String(repeating: "x", count: index % 60))\n"
            expected.append((ranks[Int(key)], first, UInt64(index), row))
            try sorter.add(key: key, first, UInt64(index), row: Array(row.utf8), ranks: { ranks })
        }
        expected.sort { ($0.rank, $0.first, $0.second) < ($1.rank, $1.first, $1.second) }
        #expect(sorter.count == 3000)
        let output = try file(scratch.file("sorted"))
        try sorter.write(to: output, ranks: ranks)
        try output.flush()
        #expect(scratch.text("sorted") == expected.map(\.row).joined())
        // The temporary file has no name.
        #expect(Files.names(in: scratch.path) == ["run", "sorted"])
    }

    @Test func `No rows give nothing`() throws {
        let scratch = try Scratch()
        let output = try file(scratch.file("sorted"))
        try RowSorter(directory: scratch.path).write(to: output, ranks: [])
        try output.flush()
        #expect(scratch.text("sorted").isEmpty)
    }

    private func file(_ path: String) throws -> ByteWriter {
        // SAFETY: the name lives for the call.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure(path, code: errno) }
        return ByteWriter(descriptor: descriptor, name: path, ownsDescriptor: true)
    }

    @Test(arguments: [
        ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"no\"", "\"say \"\"no\"\"\""),
        ("two\nlines", "\"two\nlines\""),
        ("", ""), (" blank ", " blank "),
    ])
    func `Text is quoted in CSV when it must be`(text: String, field: String) {
        var row: [UInt8] = []
        row.append(csv: text)
        #expect(String(decoding: row, as: UTF8.self) == field)
    }

    @Test(arguments: [
        ("plain", "\"plain\""), ("a\"b\\c", "\"a\\\"b\\\\c\""), ("tab\there", "\"tab\\u0009here\""),
        ("\u{1f}", "\"\\u001f\""), ("\u{e9}\u{1f600}", "\"\u{e9}\u{1f600}\""),
    ])
    func `Text is escaped in JSON when it must be`(text: String, string: String) {
        var row: [UInt8] = []
        row.append(json: text)
        #expect(String(decoding: row, as: UTF8.self) == string)
    }

    @Test(arguments: [
        (0.0, 2, "0.00"), (1.005, 1, "1.0"), (-0.5, 1, "-0.5"), (12.345, 2, "12.35"), (99.999, 0, "100"),
        (0.04, 1, "0.0"), (123456789.5, 1, "123456789.5"),
    ])
    func `Numbers for people are rounded`(value: Double, decimals: Int, text: String) {
        #expect(rounded(value, decimals) == text)
    }

    @Test(arguments: [
        ("0", 1), ("0-3", 4), ("0-1,4,6-7", 5), ("", 0), ("3-1", 0),
    ])
    func `A list of cores is counted`(list: String, count: Int) {
        #expect(MachineChecks.countOfList(list) == count)
    }
}
