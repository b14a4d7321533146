public import CSeqlock

/// A whole book as of one record. Keep it and fill it again: it allocates only while the book grows.
public struct PositionSnapshot: Sendable {
    /// One a slot, at the slot's number.
    public private(set) var positions: [pks_position] = []
    /// The record that all positions are as of: each includes every record of its key up to this one, and
    /// none after it.
    public private(set) var appliedSeq: UInt64 = 0
    /// The segment's life that the slot numbers belong to.
    public private(set) var epoch: UInt64 = 0

    /// In which round each slot was last put on `due`.
    private var listedInRound: [UInt64] = []
    /// Slots to read in this round.
    private var due: [Int] = []
    private var round: UInt64 = 1

    /// An empty snapshot.
    public init() {}
}

/// How taking a snapshot ended.
public enum SnapshotResult: Sendable, Equatable {
    /// The snapshot is consistent; it took this many rounds of reading.
    case consistent(rounds: Int)
    /// The writer is still filling its slots; the snapshot has no meaning.
    case starting
    /// In none of the rounds did the writer leave enough time; the snapshot has no meaning.
    case writerTooFast(rounds: Int)
}

extension PositionSnapshot {
    /// How far ahead slots are prefetched while they are read.
    private static var lookAhead: Int { 8 }

    /// Reads until a whole round passes without a change. Why that is enough: the writer publishes slots in
    /// the order of their records and appends each change right after its slot. When the change cursor is
    /// the same before and after the reads, everything it counts was seen, and beyond that at most the one
    /// slot that the writer has published but not yet counted. Either way the state is that of one record:
    /// of the newest record seen, or of applied_seq where that is newer (the last records changed no slot).
    mutating func fill(from reader: borrowing SegmentReader, rounds: Int) -> SnapshotResult {
        epoch = reader.epoch
        var cursor = reader.changeCursor()
        listAll(reader.slotCount)
        for taken in 1...max(1, rounds) {
            let isWhole = readDue(reader)
            // Before the cursor: what was published before the state became live is then in the cursor.
            let isStarting = reader.isStarting
            let applied = reader.appliedSeq
            // SYNC: the reads above end in acquire fences of their own; this keeps the cursor after them.
            pks_fence_acquire()
            let now = reader.changeCursor()
            if isWhole, now == cursor {
                if isStarting { return .starting }
                appliedSeq = positions.reduce(applied) { max($0, $1.applied_seq) }
                return .consistent(rounds: taken)
            }
            listChanges(reader, from: cursor, to: now)
            cursor = now
        }
        return .writerTooFast(rounds: max(1, rounds))
    }

    /// Reads what is due. What was busy stays due; then the answer is false.
    private mutating func readDue(_ reader: borrowing SegmentReader) -> Bool {
        var busyCount = 0
        for place in due.indices {
            if place + Self.lookAhead < due.count { reader.prefetch(due[place + Self.lookAhead]) }
            let slot = due[place]
            if reader.read(slot, into: &positions[slot]) != .value {
                due[busyCount] = slot
                busyCount += 1
            }
        }
        due.removeLast(due.count - busyCount)
        round += 1
        for slot in due { listedInRound[slot] = round }
        return busyCount == 0
    }

    private mutating func listAll(_ slotCount: Int) {
        positions.removeAll(keepingCapacity: true)
        listedInRound.removeAll(keepingCapacity: true)
        due.removeAll(keepingCapacity: true)
        listNew(upTo: slotCount)
    }

    private mutating func listChanges(_ reader: borrowing SegmentReader, from: UInt64, to: UInt64) {
        listNew(upTo: reader.slotCount)
        var cursor = from
        while cursor < to {
            guard case .slot(let slot) = reader.nextChange(&cursor), slot < positions.count else {
                return listAll(reader.slotCount)
            }
            list(slot)
        }
    }

    /// Makes room for slots claimed since, and lists them.
    private mutating func listNew(upTo slotCount: Int) {
        while positions.count < slotCount {
            positions.append(pks_position())
            listedInRound.append(0)
            list(positions.count - 1)
        }
    }

    private mutating func list(_ slot: Int) {
        if listedInRound[slot] == round { return }
        listedInRound[slot] = round
        due.append(slot)
    }
}

extension SegmentReader {
    /// Takes all positions of the book as of one record. Bounded: after `rounds` rounds of re-reading what
    /// has changed meanwhile the answer is that the writer is too fast. Allocates while the book grows.
    public func snapshot(into snapshot: inout PositionSnapshot, rounds: Int = 64) -> SnapshotResult {
        snapshot.fill(from: self, rounds: rounds)
    }

    func prefetch(_ slot: Int) {
        // SAFETY: an address only; a prefetch of a wild one does nothing.
        unsafe pks_prefetch_read(slots + slot)
        unsafe pks_prefetch_read(UnsafeRawPointer(slots + slot) + 128)
    }
}
