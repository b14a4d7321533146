import Accumulator
import Glibc
import Journal
import TestSupport
import Testing

/// `JournalInspection` by itself: blocks that are good somewhere else, and files that change while one looks.
@Suite struct InspectionTests {
    // SAFETY (all of this file): records are not looked at; buffers live for the calls.

    private static func inspect(_ directory: any JournalDirectory) throws -> JournalReport {
        unsafe try JournalInspection(directory, book: nil).run { _, _ in true }
    }

    private static func journal(
        _ scratch: borrowing Scratch, _ name: String, epoch: UInt64 = 1, price: Int64
    ) throws -> String {
        let maker = try JournalMaker(scratch.file(name), book: scratch.book, epoch: epoch)
        try maker.attach(ring: 0, producer: "gw")
        let key = try maker.define(KeyNames(account: "a", strategy: "s", symbol: "X"))
        for number in 0..<200 {
            try maker.fill(key, buys: true, qty: 1, price: price, trade: "T\(number)")
        }
        try maker.confirm()
        return maker.path
    }

    @Test(arguments: [(1, "does not follow the block before it"), (2, "is a block of another journal")])
    func `A block that is whole but comes from elsewhere is named`(epoch: UInt64, said: String) throws {
        let scratch = try Scratch()
        let path = try Self.journal(scratch, "journals", price: 5)
        let other = try Self.journal(scratch, "others", epoch: epoch, price: 6)
        let name = "journal-00000000.pksj"
        // Block 2, at byte 5 x 4096, as it was in the other journal: an older state of the disk, or another disk.
        let block = Array(try Files.bytes("\(other)/\(name)")[20_480..<24_576])
        try scratch.write(
            "journals/\(scratch.book)/\(name)", try Files.bytes("\(path)/\(name)").changed(at: 20_480, block))
        let report = try Self.inspect(DiskDirectory(path, access: .looking))
        #expect(report.verdict == .damaged)
        #expect(report.lastSeq == 62)
        #expect(report.faults.first?.reason == said)
        #expect(report.faults.first?.offset == 20_480)
        #expect(report.faults.first?.records == 63...93)
    }

    @Test func `What only one look sees is no fault`() throws {
        let scratch = try Scratch()
        let path = try Self.journal(scratch, "journals", price: 5)
        let once = FlickeringDirectory(try DiskDirectory(path, access: .looking), wrongReads: 1)
        let report = try Self.inspect(once)
        #expect(report.verdict == .whole)
        #expect(report.lastSeq == 204)
        #expect(once.wrongReadsLeft == 0)
        let always = FlickeringDirectory(try DiskDirectory(path, access: .looking), wrongReads: .max)
        #expect(try Self.inspect(always).verdict != .whole)
    }

    @Test func `Nothing is judged behind what the caller wanted to see`() throws {
        let scratch = try Scratch()
        let path = try Self.journal(scratch, "journals", price: 5)
        var seen: UInt64 = 0
        let report = unsafe try JournalInspection(
            DiskDirectory(path, access: .looking), book: scratch.book
        ).run { firstSeq, records in
            seen = firstSeq + UInt64(records.count / 128) - 1
            return seen < 60
        }
        #expect(report.isCutShort)
        #expect(seen == 62)
    }
}

/// A directory in which the first so many reads of blocks see a wrong byte, as a reader of a file that is being written
/// may.
private final class FlickeringDirectory: JournalDirectory {
    private let directory: DiskDirectory
    private(set) var wrongReadsLeft: Int

    init(_ directory: DiskDirectory, wrongReads: Int) {
        self.directory = directory
        wrongReadsLeft = wrongReads
    }

    var path: String { directory.path }
    var writePath: JournalWritePath { directory.writePath }
    func names() throws(JournalError) -> [String] { try directory.names() }
    func open(_ name: String) throws(JournalError) -> any JournalFile {
        FlickeringFile(self, try directory.open(name))
    }
    func create(
        _ name: String, byteCount: Int, first: UnsafeRawBufferPointer
    ) throws(JournalError) -> any JournalFile {
        unsafe try directory.create(name, byteCount: byteCount, first: first)
    }
    func makeSpare(byteCount: Int, pause: () -> Bool) throws(JournalError) {}
    func remove(_ name: String) throws(JournalError) {}

    /// Whether this read sees a wrong byte.
    func isWrong(_ offset: Int) -> Bool {
        // The first reads are of what was durable, from which nothing follows.
        guard offset == 12_288, wrongReadsLeft > 0 else { return false }
        readCount += 1
        if readCount == 1 { return false }
        wrongReadsLeft -= 1
        return true
    }
    private var readCount = 0
}

private final class FlickeringFile: JournalFile {
    private let directory: FlickeringDirectory
    private let file: any JournalFile

    init(_ directory: FlickeringDirectory, _ file: any JournalFile) {
        self.directory = directory
        self.file = file
    }

    var name: String { file.name }
    var byteCount: Int { file.byteCount }
    func commit(_ writes: [JournalWrite]) throws(JournalError) { try file.commit(writes) }
    func commit(_ writes: [JournalWrite], meanwhile: () -> Bool) throws(JournalError) {
        try file.commit(writes, meanwhile: meanwhile)
    }
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int {
        let count = unsafe try file.read(at: offset, into: buffer)
        if directory.isWrong(offset) { unsafe buffer[500] ^= 1 }
        return count
    }
}
