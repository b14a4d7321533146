import Accumulator
import Glibc
import Journal
import JournalSupport
import TestSupport
import Testing

/// Checkpoints are made when it is time for one, beside everything else, and never instead of it.
@Suite struct CheckpointerTests {
    /// A directory for checkpoints, removed with its owner.
    private final class Folder: Sendable {
        // SAFETY (all of this type): names live for the calls.

        let path = "/tmp/pks-checkpointer-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"

        init() throws {
            try Files.makeDirectory(path)
        }

        var names: [String] { (try? CheckpointFolder(path: path).names().sorted()) ?? [] }

        deinit {
            for name in names { try? CheckpointFolder(path: path).remove(name) }
            _ = unsafe rmdir(path)
        }
    }

    private func checkpointer(
        _ story: JournalStory, _ folder: Folder, newestSeq: UInt64 = 0, recordsAtStop: UInt64 = 50
    ) throws -> Checkpointer {
        let files = try story.journal().files
        let path = folder.path
        var options = CheckpointerOptions()
        (options.recordsBetween, options.recordsAtStop) = (200, recordsAtStop)
        return Checkpointer(
            Checkpointer.Place(
                config: JournalStory.config, layout: JournalStory.layout, epoch: JournalStory.epoch,
                journal: { SimulatedDirectory(files: files) },
                checkpoints: { CheckpointFolder(path: path) }), options: options, newestSeq: newestSeq)
    }

    /// Until no checkpoint is being made: bounded by the test's own time limit.
    private func settle(_ checkpointer: Checkpointer) {
        while checkpointer.figures.isRunning { sched_yield() }
    }

    @Test(.timeLimit(.minutes(1))) func oneIsMadeWhenEnoughRecordsAreNew() throws {
        let story = JournalStory(seed: 1, count: 1000)
        let folder = try Folder()
        let checkpointer = try checkpointer(story, folder)
        checkpointer.update(durableSeq: 199)
        #expect(!checkpointer.figures.isRunning && checkpointer.figures.count == 0)
        var seqs: [UInt64] = []
        for durableSeq in [200, 210, 399, 400, 650] as [UInt64] {
            checkpointer.update(durableSeq: durableSeq)
            settle(checkpointer)
            if seqs.last != checkpointer.figures.lastSeq { seqs.append(checkpointer.figures.lastSeq) }
        }
        #expect(checkpointer.figures.count == 3 && checkpointer.figures.error == nil)
        #expect(seqs.count == 3 && checkpointer.figures.neededFromSeq == seqs[1] + 1)
        #expect(folder.names == seqs.suffix(2).map { CheckpointInfo.name(ofSeq: $0) })
        checkpointer.finish(durableSeq: 660)
        #expect(checkpointer.figures.count == 3)
        checkpointer.update(durableSeq: 1000)
        #expect(!checkpointer.figures.isRunning)
    }

    @Test(.timeLimit(.minutes(1))) func aCleanStopLeavesANewOneWhenItIsWorthIt() throws {
        let story = JournalStory(seed: 2, count: 1000)
        let folder = try Folder()
        let first = try checkpointer(story, folder)
        first.finish(durableSeq: 600)
        #expect(first.figures.count == 1 && first.figures.lastSeq > 560 && first.figures.neededFromSeq == 1)
        let second = try checkpointer(story, folder, newestSeq: first.figures.lastSeq)
        second.finish(durableSeq: first.figures.lastSeq + 50)
        #expect(second.figures.count == 0)
        let expected = try story.outcome(Int(first.figures.lastSeq)).digest
        let info = try Checkpoint.check(CheckpointFolder(path: folder.path), name: folder.names[0])
        #expect(info.digest == expected)
    }

    @Test(.timeLimit(.minutes(1))) func oneThatIsGivenUpLeavesNothing() throws {
        let folder = try Folder()
        let checkpointer = try checkpointer(JournalStory(seed: 3, count: 1000), folder)
        checkpointer.cancel()
        checkpointer.update(durableSeq: 1000)
        checkpointer.finish()
        #expect(folder.names.isEmpty && checkpointer.figures.count == 0)
    }

    /// What goes wrong is said, and tried again when a tenth of the usual number of records has come.
    @Test(.timeLimit(.minutes(1))) func aFailureIsSaidAndTriedAgain() throws {
        let story = JournalStory(seed: 4, count: 1000)
        let folder = try Folder()
        // The directory is not there yet.
        for name in folder.names { try CheckpointFolder(path: folder.path).remove(name) }
        // SAFETY (all of this function): names live for the calls.
        _ = unsafe rmdir(folder.path)
        let checkpointer = try checkpointer(story, folder)
        checkpointer.update(durableSeq: 300)
        settle(checkpointer)
        #expect(checkpointer.figures.error?.contains("opendir") == true)
        try Files.makeDirectory(folder.path)
        checkpointer.update(durableSeq: 319)
        settle(checkpointer)
        #expect(checkpointer.figures.error != nil)
        checkpointer.update(durableSeq: 320)
        settle(checkpointer)
        #expect(checkpointer.figures.error == nil && checkpointer.figures.count == 1)
        checkpointer.finish()
    }
}
