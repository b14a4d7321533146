import CSeqlock
import PositionText
import ShmReader

/// All positions of a book that have fills, in the order of rows.
struct BookScan {
    /// How the positions belong together.
    enum Consistency: Equatable {
        /// All are as of one record.
        case oneMoment(seq: UInt64)
        /// Each is whole, but the writer was too fast for one moment; `left` slots could not be read.
        case eachByItself(left: Int)
    }

    var rows: [PositionRow] = []
    var consistency: Consistency

    /// Reads a whole book: as one moment when the writer leaves time for it, else slot by slot. `takeSnapshot`
    /// is for tests.
    init(
        _ reader: borrowing SegmentReader, filter: PositionFilter,
        takeSnapshot: (borrowing SegmentReader, inout PositionSnapshot) -> SnapshotResult = {
            $0.snapshot(into: &$1)
        }
    ) {
        var snapshot = PositionSnapshot()
        switch takeSnapshot(reader, &snapshot) {
        case .consistent: consistency = .oneMoment(seq: snapshot.appliedSeq)
        case .starting, .writerTooFast: consistency = .eachByItself(left: 0)
        }
        guard case .oneMoment = consistency else {
            let left = reader.scan { (slot, position) throws(Never) in
                add(reader, slot, position, filter)
            }
            consistency = .eachByItself(left: left)
            sort()
            return
        }
        for (slot, position) in snapshot.positions.enumerated() { add(reader, slot, position, filter) }
        sort()
    }

    /// A key whose fills were all rejected has a slot, but no position to speak of.
    private mutating func add(
        _ reader: borrowing SegmentReader, _ slot: Int, _ position: pks_position, _ filter: PositionFilter
    ) {
        guard position.fill_count > 0, let key = reader.key(of: slot), filter.matches(key) else { return }
        rows.append(PositionRow(book: reader.book, view: PositionView(key: key, position: position)))
    }

    private mutating func sort() { rows.sort { RowOrder.precedes($0.view.key, $1.view.key) } }

    /// What a person should know of it; nil when the rows are of one moment.
    var warning: String? {
        guard case .eachByItself(let left) = consistency else { return nil }
        return "the writer was too fast for one consistent snapshot: each row is right by itself, together "
            + "they are not one moment" + (left > 0 ? "; \(left) positions could not be read at all" : "")
    }
}
