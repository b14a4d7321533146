import Glibc
public import Journal
import TestSupport

/// Power losses at every step of made-up runs, with what was not synced lost, torn or reordered, and a second loss in
/// the life after each: what was reported durable is there, nothing comes back that was never appended, and the
/// journal goes on.
public struct PowerLossCampaign {
    /// What a campaign has met.
    public struct Counts: Sendable {
        /// Power losses, each survived.
        public var losses = 0
        /// Faults put into writes: full disks, short writes, interrupted calls, each survived.
        public var faults = 0
        /// Torn ends that were cut off.
        public var tornEnds = 0
    }

    /// A case that did not hold.
    public struct Failure: Error, CustomStringConvertible {
        /// What, where, and the seed that repeats it.
        public let description: String
    }

    private let seed: UInt64
    private let layout: JournalLayout
    private let faults: (@Sendable (SimulatedDirectory.Operation) -> SimulatedFault?)?
    private var random: SeededRandom
    /// What it has met so far.
    public private(set) var counts = Counts()

    /// The same seed gives the same cases. `faults` come in each run, in place of drawn ones in every other.
    public init(
        seed: UInt64, layout: JournalLayout = JournalLayout(blocksPerSegment: 5),
        faults: (@Sendable (SimulatedDirectory.Operation) -> SimulatedFault?)? = nil
    ) {
        self.seed = seed
        self.faults = faults
        self.layout = layout
        random = SeededRandom(seed: seed)
    }

    /// Runs until there were `losses` power losses.
    public mutating func run(losses: Int) throws {
        var story = 0
        while counts.losses < losses {
            try tell(story, losses)
            story += 1
        }
    }

    /// One run, and power losses at each of its steps.
    private mutating func tell(_ story: Int, _ losses: Int) throws {
        let directory = SimulatedDirectory()
        let hasFaults = story % 2 == 1
        var run = try JournalRun(directory, after: .beginning(epoch: 7, layout: layout))
        // A full disk at the very beginning refuses the journal; nothing was promised then.
        if let faults {
            directory.setFault(faults)
        } else if hasFaults {
            directory.setFault(Self.faults(seed: random.next()))
        }
        try Self.seeded(&random, seed, "story \(story)") { random in
            for _ in 0..<12 { try run.step(&random, life: story) }
        }
        counts.faults += run.retries
        var power = PowerLoss(directory)
        while power.steps < power.stepCount && counts.losses < losses {
            power.advance()
            for _ in 0..<4 {
                counts.losses += 1
                let durableSeq = run.durable(afterSteps: power.steps)
                let left = power.disk(&random)
                try survives(left, run.records, durableSeq, "story \(story), \(power.steps) steps")
            }
        }
    }

    /// Reads what a loss has left, goes on with it, and loses the power once more.
    private mutating func survives(
        _ left: SimulatedDirectory, _ records: [[UInt8]], _ durableSeq: UInt64, _ place: String
    ) throws {
        var hasTornEnd = false
        try Self.seeded(&random, seed, place) { random in
            let end = try Self.found(left, records, durableSeq)
            hasTornEnd = end.hasTornEnd
            var next = try JournalRun(left, after: end, records: Array(records.prefix(Int(end.lastSeq))))
            for _ in 0..<3 { try next.step(&random, life: 1_000_000) }
            var power = PowerLoss(left)
            power.advance(to: Int.random(in: 0...power.stepCount, using: &random))
            let second = power.disk(&random)
            _ = try Self.found(second, next.records, next.durable(afterSteps: power.steps))
        }
        if hasTornEnd { counts.tornEnds += 1 }
    }

    /// Says where it was, and how it is repeated, when something does not hold.
    private static func seeded(
        _ random: inout SeededRandom, _ seed: UInt64, _ place: String,
        _ body: (inout SeededRandom) throws -> Void
    ) throws {
        do { try body(&random) } catch {
            throw Failure(description: "\(place): \(error) (PKS_TEST_SEED=\(seed) repeats it)")
        }
    }

    private static func found(
        _ disk: SimulatedDirectory, _ records: [[UInt8]], _ durableSeq: UInt64
    ) throws -> JournalEnd {
        guard let end = try scanned(disk, records, knownDurableSeq: durableSeq) else {
            throw Failure(description: "no journal is left")
        }
        guard end.lastSeq >= durableSeq else {
            throw Failure(description: "record \(durableSeq) was durable, and the end is \(end.lastSeq)")
        }
        return end
    }

    /// Now and then a disk that is full, a write that is short, or a call that is interrupted.
    private static func faults(seed: UInt64) -> @Sendable (SimulatedDirectory.Operation) -> SimulatedFault? {
        let dice = Dice(seed: seed)
        return { operation in
            let roll = dice.roll()
            switch operation {
            case .write where roll % 5 == 0: return .refused([ENOSPC, EINTR, ECANCELED][Int(roll >> 8 % 3)])
            case .write where roll % 5 == 1: return .short(sectors: Int(roll >> 8 % 9), ENOSPC)
            case .create where roll % 3 == 0: return .refused(ENOSPC)
            case .create, .remove, .spare, .sync, .write: return nil
            }
        }
    }
}
