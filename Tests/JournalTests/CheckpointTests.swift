import Accumulator
import Glibc
import Journal
import JournalSupport
import TestSupport
import Testing

/// A checkpoint is the book it was made of, or it is known that it is not.
@Suite struct CheckpointTests {
    private static let epoch: UInt64 = 77
    private static let passenger: [UInt8] = Array("two rings, and how far they were".utf8)

    /// A directory with one checkpoint, its name and the digest of the book.
    private func directory(
        seed: UInt64 = 1, fills: Int = 25, epoch: UInt64 = epoch
    ) throws -> (directory: SimulatedCheckpoints, name: String, info: CheckpointInfo) {
        var small = SmallBook(seed: seed)
        small.grow(fills)
        let directory = SimulatedCheckpoints()
        let info = try Checkpoint.write(
            small.book, passenger: Self.passenger, to: directory, epoch: epoch, keeping: nil,
            createdRealtimeNs: 5)
        return (directory, CheckpointInfo.name(ofSeq: info.seq), info)
    }

    @Test func whatIsReadIsWhatWasWritten() throws {
        var small = SmallBook(seed: 3)
        small.grow(100)
        let directory = SimulatedCheckpoints()
        let info = try Checkpoint.write(
            small.book, passenger: Self.passenger, to: directory, epoch: Self.epoch, keeping: nil,
            createdRealtimeNs: 5)
        #expect(directory.names() == ["checkpoint-00000000000000000103.pksc"])
        #expect(info.byteCount == directory.files.values.first?.count)
        var config = SmallBook.config
        config.lotsMax = 1
        let read = try Checkpoint.read(
            directory, seq: 103, epoch: Self.epoch, config: config, checksDigest: true)
        let (digest, readDigest) = (small.book.digest(), read.book.digest())
        #expect(digest == readDigest && digest == info.digest)
        let (readInfo, readPassenger, lotsMax) = (read.info, read.passenger, read.book.config.lotsMax)
        #expect(readInfo == info && readPassenger == Self.passenger && lotsMax == SmallBook.config.lotsMax)
        #expect(try Checkpoint.check(directory, name: directory.names()[0]) == info)
        #expect(info.fills == 100 && info.positions == 3 && info.createdRealtimeNs == 5)
    }

    @Test func everyFlippedBitIsNoticed() throws {
        let (original, name, _) = try directory()
        let bytes = try #require(original.files[name])
        var random = SeededRandom(seed: TestSeed.base)
        for offset in bytes.indices {
            var spoiled = bytes
            spoiled[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let directory = SimulatedCheckpoints(files: [name: spoiled])
            do {
                _ = try Checkpoint.check(directory, name: name)
                Issue.record("byte \(offset) was changed and nobody noticed, seed \(TestSeed.base)")
                return
            } catch {
                #expect("\(error)".contains(name), "\(error)")
                if case .damaged(_, let place, _) = error, place != offset / 4096 * 4096 {
                    Issue.record("byte \(offset) was changed, and \(place) is said to be")
                }
            }
        }
        print("checkpoint: \(bytes.count) flipped bits noticed")
    }

    @Test func everyOtherLengthIsNoticed() throws {
        let (original, name, _) = try directory()
        let bytes = try #require(original.files[name])
        for count in stride(from: 0, through: bytes.count + 8192, by: 256) where count != bytes.count {
            let padded = bytes + Array(repeating: 0, count: 8192)
            let directory = SimulatedCheckpoints(files: [name: Array(padded.prefix(count))])
            #expect(throws: JournalError.self) { _ = try Checkpoint.check(directory, name: name) }
        }
    }

    /// A page of another checkpoint, of another place, and whole files that belong elsewhere.
    @Test func whatBelongsElsewhereIsNoticed() throws {
        let (first, name, info) = try directory(seed: 1)
        let (second, otherName, _) = try directory(seed: 2)
        #expect(name == otherName)
        let bytes = try #require(first.files[name])
        let others = try #require(second.files[name])
        for page in 1..<bytes.count / 4096 {
            var mixed = bytes
            mixed.replaceSubrange(
                page * 4096..<(page + 1) * 4096, with: others[page * 4096..<(page + 1) * 4096])
            var swapped = bytes
            let last = bytes.count / 4096 - page
            swapped.replaceSubrange(
                page * 4096..<(page + 1) * 4096, with: bytes[last * 4096..<(last + 1) * 4096])
            for (spoiled, reason) in [(mixed, "of another checkpoint"), (swapped, "in the place of another")]
            where spoiled != bytes {
                let error = #expect(throws: JournalError.self) {
                    try Checkpoint.check(SimulatedCheckpoints(files: [name: spoiled]), name: name)
                }
                #expect("\(error.map { "\($0)" } ?? "")".contains(reason))
            }
        }
        let renamed = CheckpointInfo.name(ofSeq: info.seq + 1)
        let error = #expect(throws: JournalError.self) {
            try Checkpoint.check(SimulatedCheckpoints(files: [renamed: bytes]), name: renamed)
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("under another name"))
        #expect(throws: JournalError.self) {
            _ = try Checkpoint.read(first, seq: info.seq, epoch: Self.epoch + 1, config: SmallBook.config)
        }
        var other = SmallBook.config
        other.name = "other"
        #expect(throws: JournalError.self) {
            _ = try Checkpoint.read(first, seq: info.seq, epoch: Self.epoch, config: other)
        }
    }

    /// A checkpoint whose checksums hold over a state that cannot be is refused all the same.
    @Test func theNewestWholeOneIsFoundAndTheOthersAreNamed() throws {
        let (old, oldName, oldInfo) = try directory(fills: 10)
        let (new, newName, _) = try directory(fills: 20)
        let (foreign, foreignName, _) = try directory(fills: 30, epoch: 5)
        var spoiled = try #require(new.files[newName])
        spoiled[5000] ^= 1
        let all = SimulatedCheckpoints(files: [
            oldName: try #require(old.files[oldName]), newName: spoiled,
            foreignName: try #require(foreign.files[foreignName]), "journal-00000000.pksj": [1],
            newName + ".building": [1, 2],
        ])
        let found = try NewestCheckpoint.find(all, epoch: Self.epoch, config: SmallBook.config)
        let (seq, passedOver) = (found.info?.seq, found.passedOver)
        #expect(seq == oldInfo.seq)
        #expect(passedOver.map(\.seq) == [33, 23])
        #expect("\(passedOver[0].reason)".contains("another journal"))
        #expect("\(passedOver[1].reason)".contains("damaged at byte 4096"))
    }

    @Test func filesOfARealDirectoryHoldTheSameBytes() throws {
        let path = "/tmp/pks-checkpoint-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        // SAFETY: names live for the calls.
        try Files.makeDirectory(path)
        defer { _ = unsafe rmdir(path) }
        let folder = CheckpointFolder(path: path)
        var small = SmallBook(seed: 1)
        var kept: UInt64?
        for round in 1...3 {
            small.grow(100)
            let simulated = SimulatedCheckpoints()
            for directory in [folder as any CheckpointDirectory, simulated] {
                let info = try Checkpoint.write(
                    small.book, passenger: Self.passenger, to: directory, epoch: Self.epoch, keeping: kept,
                    createdRealtimeNs: 5)
                #expect(try Checkpoint.check(directory, name: CheckpointInfo.name(ofSeq: info.seq)) == info)
            }
            let name = CheckpointInfo.name(ofSeq: small.book.seq)
            let file = try folder.open(name)
            let count = file.byteCount
            let bytes = unsafe try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                // SAFETY: the array's own memory.
                filled = unsafe try file.read(at: 0, into: UnsafeMutableRawBufferPointer(buffer))
            }
            #expect(bytes == simulated.files[name])
            #expect(try folder.names().count == min(round, 2))
            kept = small.book.seq
        }
        for name in try folder.names() { try folder.remove(name) }
        #expect(throws: JournalError.self) { _ = try folder.open("checkpoint-00000000000000000001.pksc") }
    }
}
