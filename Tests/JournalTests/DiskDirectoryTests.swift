import Journal
import JournalSupport
import TestSupport
import Testing

/// A journal on a real disk: the same bytes whichever way they are written, one writer at a time, and nothing half-made.
@Suite struct DiskDirectoryTests {
    private static let layout = JournalLayout(blocksPerSegment: 7)

    /// Writes a made-up journal; the same one for the same seed, unless records also come while the disk works.
    private func write(
        _ directory: DiskDirectory, seed: UInt64, steps: Int = 30, makesSpares: Bool = false,
        overlaps: Bool = false
    ) throws -> [[UInt8]] {
        var random = SeededRandom(seed: seed)
        var run = try JournalRun(
            directory, after: .beginning(epoch: 7, layout: Self.layout), overlaps: overlaps)
        for _ in 0..<steps {
            if makesSpares { try directory.makeSpare(byteCount: Self.layout.segmentBytes) { true } }
            try run.step(&random, life: 0)
        }
        return run.records
    }

    private func contents(_ path: String) throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for name in Files.names(in: path) where name.hasPrefix("journal-") {
            contents[name] = try Files.bytes(path + "/" + name)
        }
        return contents
    }

    @Test func `What was committed is read back, by the owner and by others`() throws {
        let place = try JournalPlace()
        let directory = try DiskDirectory(place.journal())
        let records = try write(directory, seed: TestSeed.base, overlaps: true)
        for reader in [directory, try DiskDirectory(place.journal(), access: .looking)] {
            let end = try #require(try scanned(reader, records))
            #expect(end.lastSeq == UInt64(records.count) && !end.hasTornEnd)
        }
        #expect(Files.names(in: place.journal()).filter { $0.hasPrefix("journal-") }.count > 3)
    }

    @Test func `With and without io_uring the bytes are the same`() throws {
        let place = try JournalPlace()
        let ring = try DiskDirectory(place.journal("ring"))
        let plain = try DiskDirectory(place.journal("plain"), usesRing: false)
        #expect(!plain.writePath.usesRing)
        let one = try write(ring, seed: TestSeed.base)
        let other = try write(plain, seed: TestSeed.base)
        let isSame =
            try one == other && contents(place.journal("ring")) == contents(place.journal("plain"))
        #expect(isSame, "seed \(TestSeed.base)")
        if !ring.writePath.usesRing { print("io_uring is refused here: both were written by pwrite") }
    }

    @Test func `A journal has one writer, and the next one when that is gone`() throws {
        let place = try JournalPlace()
        var first: DiskDirectory? = try DiskDirectory(place.journal())
        #expect(first?.isOwner == true)
        #expect(throws: JournalError.busy(object: place.journal())) {
            try DiskDirectory(place.journal(), access: .owning(waitNs: 0))
        }
        #expect(try !DiskDirectory(place.journal(), access: .looking).isOwner)
        first = nil
        #expect(try DiskDirectory(place.journal(), access: .owning(waitNs: 0)).isOwner)
    }

    @Test func `The next segment is the spare file, and what stood in its header does not matter`() throws {
        let place = try JournalPlace()
        let directory = try DiskDirectory(place.journal("one"))
        let records = try write(directory, seed: TestSeed.base, makesSpares: true)
        let spare = place.journal("one") + "/" + DiskDirectory.spareName
        #expect(Files.size(spare) == Self.layout.segmentBytes)
        _ = try #require(try scanned(directory, records))
        _ = try write(DiskDirectory(place.journal("two")), seed: TestSeed.base)
        #expect(try contents(place.journal("one")) == contents(place.journal("two")))

        // A crash between the header and the new name leaves a spare with a header.
        var zeros = [UInt8](repeating: 0, count: Self.layout.segmentBytes)
        zeros.replaceSubrange(0..<4096, with: repeatElement(0xee, count: 4096))
        let third = try DiskDirectory(place.journal("three"))
        try Files.write(place.journal("three") + "/" + DiskDirectory.spareName, zeros)
        _ = try write(third, seed: TestSeed.base)
        #expect(try contents(place.journal("three")) == contents(place.journal("two")))
    }

    @Test func `A spare of another size is not used`() throws {
        let place = try JournalPlace()
        let directory = try DiskDirectory(place.journal())
        try directory.makeSpare(byteCount: 4096 * 5) { true }
        let records = try write(directory, seed: TestSeed.base, steps: 3)
        _ = try #require(try scanned(directory, records))
    }

    @Test func `Half-made files go when the next owner comes`() throws {
        let place = try JournalPlace()
        var directory: DiskDirectory? = try DiskDirectory(place.journal())
        #expect(directory != nil)
        try directory?.makeSpare(byteCount: 1 << 20) { false }
        #expect(Files.names(in: place.journal()) == [DiskDirectory.lockName])
        try Files.write(place.journal() + "/journal-00000003.pksj.building", [1, 2, 3])
        directory = nil
        directory = try DiskDirectory(place.journal())
        #expect(Files.names(in: place.journal()) == [DiskDirectory.lockName])
    }

    @Test func `A directory that others may write into is refused`() throws {
        let place = try JournalPlace()
        _ = try DiskDirectory(place.journal())
        try Files.setMode(place.journal(), 0o770)
        #expect(throws: JournalError.self) { try DiskDirectory(place.journal()) }
    }

    @Test func `Files are private, and looking makes nothing`() throws {
        let place = try JournalPlace()
        #expect(throws: JournalError.self) { try DiskDirectory(place.journal(), access: .looking) }
        #expect(Files.names(in: place.path).isEmpty)
        let directory = try DiskDirectory(place.journal())
        _ = try write(directory, seed: TestSeed.base, steps: 2)
        #expect(Files.mode(place.journal()) == 0o700)
        for name in Files.names(in: place.journal()) {
            #expect(Files.mode(place.journal() + "/" + name) == 0o600)
        }
    }
}
