import CSeqlock
import Glibc
import ShmBridge
import TestSupport
import Testing

/// docs/shm-abi.md against the headers and against a segment: tables, and the programs in other languages.
@Suite struct DocumentationTests {
    // SAFETY (all of these): names passed to the C library live for the call.

    private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

    private func text(_ path: String) throws -> [Substring] {
        let bytes = try Files.bytes(Self.root + "/" + path)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The fenced block of a language.
    private func program(_ language: String) throws -> String {
        let lines = try text("docs/shm-abi.md")
        let start = try required(lines.firstIndex(of: "```\(language)"))
        let end = try required(lines[(start + 1)...].firstIndex(of: "```"))
        return lines[(start + 1)..<end].joined(separator: "\n") + "\n"
    }

    private static func exists(_ command: String) -> Bool {
        guard let probe = try? Subprocess([command, "--version"]) else { return false }
        return probe.wait() == 0
    }

    @Test func theTablesSayWhatTheHeadersAssert() throws {
        var asserted: [String: String] = [:]
        for header in ["pks_record.h", "pks_ring.h", "pks_segment.h", "pks_slot.h"] {
            for line in try text("Sources/CSeqlock/include/" + header) where line.hasPrefix("PKS_OFFSET(") {
                let parts = line.dropFirst("PKS_OFFSET(".count).prefix { $0 != ")" }.split(separator: ",")
                let names = parts.map { $0.drop { $0 == " " } }
                asserted["\(names[0]).\(names[1])"] = String(names[2])
            }
        }
        var (layout, told) = ("", Set<String>())
        for line in try text("docs/shm-abi.md") {
            if line.hasPrefix("### `") { layout = String(line.dropFirst(5).prefix { $0 != "`" }) }
            let cells = line.split(separator: "|").map { $0.filter { $0 != " " && $0 != "`" } }
            guard cells.count >= 3, Int(cells[0]) != nil else { continue }
            let field = "\(layout).\(cells[2])"
            #expect(asserted[field] == cells[0], "\(field)")
            told.insert(field)
        }
        let untold = asserted.keys.filter { field in
            !told.contains(field) && !["pad", "reserved", "unused"].contains { field.contains("." + $0) }
        }
        #expect(untold.sorted() == [])
        #expect(told.count > 120)
    }

    /// A segment whose one position has had three publishes, and what each program must print of it.
    private func expectProgram(_ command: [String], reads scratch: borrowing Scratch) throws {
        let path = scratch.segmentPath("main")
        func run(_ symbol: String) throws -> (line: String?, status: Int32) {
            let tool = try Subprocess(command + [path, "acc", "strat", symbol])
            let line = tool.line()
            return (line, tool.wait())
        }
        let found = try run("BTCUSDT")
        #expect(found.line == "net_qty=-17 fills=3 applied_seq=12345678901")
        #expect(found.status == 0)
        let missing = try run("ETHUSDT")
        #expect(missing.line == nil)
        #expect(missing.status == 69)
        try FilePatch.write(UInt64(1), at: 0, of: path)
        let broken = try run("BTCUSDT")
        #expect(broken.status == 65)
    }

    private func segment(_ scratch: borrowing Scratch) throws {
        var writer = try scratch.writer()
        _ = try writer.claim("OTHER")
        let slot = try writer.claim("BTCUSDT")
        var value = pks_position()
        for fills: UInt64 in 1...3 {
            value.net_qty = -17
            value.fill_count = fills
            value.applied_seq = 12_345_678_901
            unsafe writer.publish(slot: slot, value: &value)
        }
        try writer.stop(keep: true)
    }

    private func compile(_ command: [String]) throws {
        let compiler = try Subprocess(command)
        #expect(compiler.wait() == 0)
    }

    @Test(.enabled(if: exists("clang"), "needs clang, which comes with the Swift toolchain"))
    func theProgramInCReadsASegment() throws {
        let scratch = try Scratch()
        try segment(scratch)
        let place = try Scratch(in: "/tmp")  // programs may not run from /dev/shm everywhere
        let (source, program) = (place.path + "/read_slot.c", place.path + "/read_slot")
        try Files.write(source, [UInt8](try self.program("c").utf8))
        let room = Self.root + "/Sources/CSeqlock"
        try compile([
            "clang", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-O2", "-I\(room)/include",
            source,
            room + "/cseqlock.c", "-o", program,
        ])
        try expectProgram([program], reads: scratch)
    }

    @Test(.enabled(if: exists("python3"), "needs python3"))
    func theProgramInPythonReadsASegment() throws {
        let scratch = try Scratch()
        try segment(scratch)
        let source = scratch.path + "/read_slot.py"
        try Files.write(source, [UInt8](try program("python").utf8))
        try expectProgram(["python3", source], reads: scratch)
    }

    @Test(.enabled(if: exists("rustc"), "needs rustc"))
    func theProgramInRustReadsASegment() throws {
        let scratch = try Scratch()
        try segment(scratch)
        let place = try Scratch(in: "/tmp")
        let (source, program) = (place.path + "/read_slot.rs", place.path + "/read_slot")
        try Files.write(source, [UInt8](try self.program("rust").utf8))
        try compile(["rustc", "--edition", "2021", "-D", "warnings", "-O", source, "-o", program])
        try expectProgram([program], reads: scratch)
    }
}
