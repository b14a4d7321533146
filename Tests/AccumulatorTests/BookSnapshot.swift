import Accumulator
import CSeqlock

/// All that a book holds apart from its counts of records and rejects: what a refused record must leave
/// exactly as it was.
struct BookSnapshot: Equatable {
    private let positions: [ShownPosition]
    private let positionBytes: [[UInt8]]
    private let otherFees: [OtherFeeKey: Int64]
    private let watermarkNs: Int64
    private let applied: [UInt64]

    init(_ book: borrowing Book) {
        var positions: [ShownPosition] = []
        var positionBytes: [[UInt8]] = []
        for handle in 0..<UInt32(book.positionCount) {
            positions.append(ShownPosition(book, handle))
            // SAFETY: a handle below positionCount.
            positionBytes.append(unsafe NaiveFill.bytes(of: book.position(handle).pointee.slot))
        }
        self.positions = positions
        self.positionBytes = positionBytes
        otherFees = book.otherFees
        watermarkNs = book.watermarkNs
        let counters = book.counters
        applied = [counters.fills, counters.late, counters.matches, counters.openLots]
    }
}
