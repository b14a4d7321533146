import Accumulator
import Journal
import TestSupport

/// Checkpoints that are cut off at every step of their making, by kills and by power losses that keep, lose or reorder
/// what was not synced: the one before or the new one is found, whole, and the next one clears away the rest.
public struct CheckpointCampaign {
    /// What a campaign has met.
    public struct Counts: Sendable {
        /// Power losses, each survived.
        public var losses = 0
        /// Kills, each survived.
        public var kills = 0
        /// How many of them left a file that was half-made.
        public var cutOff = 0
    }

    /// A case that did not hold.
    public struct Failure: Error, CustomStringConvertible {
        /// What, where, and the seed that repeats it.
        public let description: String
    }

    private static let epoch: UInt64 = 9
    private let seed: UInt64
    private var random: SeededRandom
    /// What it has met so far.
    public private(set) var counts = Counts()

    /// The same seed gives the same cases.
    public init(seed: UInt64) {
        self.seed = seed
        random = SeededRandom(seed: seed)
    }

    /// Runs until there were `losses` power losses.
    public mutating func run(losses: Int) throws {
        var story: UInt64 = 0
        while counts.losses < losses {
            try tell(story, losses)
            story += 1
        }
    }

    /// Checkpoints of one book, and what had been reported after how many steps.
    private struct Story {
        let directory = SimulatedCheckpoints()
        var digests: [UInt64: String] = [:]
        var reported: [(steps: Int, seq: UInt64)] = []

        init(seed: UInt64, _ random: inout SeededRandom) throws {
            var small = SmallBook(seed: seed)
            var last: UInt64?
            for _ in 0..<4 {
                small.grow(Int.random(in: 1...40, using: &random))
                digests[small.book.seq] = small.book.digest()
                _ = try Checkpoint.write(
                    small.book, passenger: [1, 2], to: directory, epoch: epoch, keeping: last,
                    createdRealtimeNs: 0)
                last = small.book.seq
                reported.append((directory.stepCount, small.book.seq))
            }
        }

        func reported(afterSteps steps: Int) -> UInt64 { reported.last { $0.steps <= steps }?.seq ?? 0 }
    }

    private mutating func tell(_ number: UInt64, _ losses: Int) throws {
        let story = try Story(seed: seed &+ number, &random)
        for steps in 0...story.directory.stepCount where counts.losses < losses {
            try survives(story, story.directory.afterKill(steps: steps), number, steps)
            counts.kills += 1
            for _ in 0..<8 where counts.losses < losses {
                try survives(story, story.directory.afterPowerLoss(steps: steps, &random), number, steps)
                counts.losses += 1
            }
        }
    }

    private mutating func survives(
        _ story: Story, _ left: SimulatedCheckpoints, _ number: UInt64, _ steps: Int
    ) throws {
        func require(_ holds: Bool, _ what: String) throws {
            if holds { return }
            throw Failure(
                description: "story \(number), \(steps) steps: \(what) (PKS_TEST_SEED=\(seed) repeats it)")
        }
        if left.names().contains(where: { $0.hasSuffix(".building") }) { counts.cutOff += 1 }
        let durable = story.reported(afterSteps: steps)
        let found = try NewestCheckpoint.find(left, epoch: Self.epoch, config: SmallBook.config)
        let passedOver = found.passedOver
        try require(passedOver.isEmpty, "\(passedOver)")
        guard let checkpoint = found.take() else {
            return try require(durable == 0, "\(durable) had been reported, and nothing is left")
        }
        let (seq, digest) = (checkpoint.info.seq, checkpoint.book.digest())
        try require(digest == story.digests[seq], "the checkpoint of \(seq) holds another state")
        try require(seq >= durable, "\(durable) had been reported, and \(seq) is left")
        var small = SmallBook(seed: 1)
        small.grow(200)
        _ = try Checkpoint.write(
            small.book, passenger: [], to: left, epoch: Self.epoch, keeping: seq, createdRealtimeNs: 0)
        let expected = Set([seq, small.book.seq].map { CheckpointInfo.name(ofSeq: $0) })
        try require(Set(left.names()) == expected, "the next one leaves \(left.names())")
    }
}
