public import Accumulator

/// The newest checkpoint that is whole, and why newer ones were passed over.
public struct NewestCheckpoint: ~Copyable {
    /// A file that could not serve.
    public struct PassedOver: Equatable, Sendable {
        /// The record that its name says it is of.
        public let seq: UInt64
        /// What is wrong with it.
        public let reason: JournalError
    }

    /// What the checkpoint says of itself; nil when none is whole.
    public let info: CheckpointInfo?
    private let checkpoint: Checkpoint?
    /// The newer ones, newest first.
    public let passedOver: [PassedOver]

    private init(_ info: CheckpointInfo?, _ checkpoint: consuming Checkpoint?, _ passedOver: [PassedOver]) {
        self.info = info
        self.checkpoint = checkpoint
        self.passedOver = passedOver
    }

    /// The checkpoint itself; nil when none is whole.
    public consuming func take() -> Checkpoint? { checkpoint }

    /// Tries the checkpoints of a directory, newest first, up to the one of record `through`. A file that is damaged,
    /// or of another book or journal, is passed over and named; its fault is no reason to believe the next one less.
    /// Throws `system` when the directory cannot be read.
    public static func find(
        _ directory: any CheckpointDirectory, epoch: UInt64, config: BookConfig, through: UInt64 = .max
    ) throws(JournalError) -> NewestCheckpoint {
        var passedOver: [PassedOver] = []
        for seq in try Checkpoint.seqs(directory) where seq <= through {
            do throws(JournalError) {
                let checkpoint = try Checkpoint.read(directory, seq: seq, epoch: epoch, config: config)
                let info = checkpoint.info
                return NewestCheckpoint(info, checkpoint, passedOver)
            } catch {
                passedOver.append(PassedOver(seq: seq, reason: error))
            }
        }
        return NewestCheckpoint(nil, nil, passedOver)
    }
}
