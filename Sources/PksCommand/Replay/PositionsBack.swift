import Accumulator
import CSeqlock
import PositionText
import ShmReader

/// Reads a lane's positions back through shared memory, as any other process would, and holds them against
/// the book's own.
struct PositionsBack {
    /// The rows of positions.csv, as shared memory has them.
    let rows: [PositionRow]
    /// Slots that were compared.
    let slotCount: Int

    /// Throws `software` when a slot is not what the book holds: then nothing of the run can be believed.
    init(_ lane: BookLane) throws(CommandError) {
        let reader = try lane.attachReader()
        slotCount = reader.slotCount
        try lane.withBook { book throws(CommandError) in try Self.compare(book, reader) }
        let everything = PositionFilter(account: nil, strategy: nil, symbol: nil)
        let scan = BookScan(reader, filter: everything)
        if let warning = scan.warning { throw Self.differs(reader, "all slots", warning) }
        rows = scan.rows
    }

    private static func compare(
        _ book: borrowing Book, _ reader: borrowing SegmentReader
    ) throws(CommandError) {
        if reader.slotCount != book.positionCount {
            throw differs(
                reader, "slots", "\(reader.slotCount) in shared memory, \(book.positionCount) in the book")
        }
        for handle in 0..<UInt32(book.positionCount) {
            // SAFETY: the handle is defined.
            let own = unsafe book.position(handle).pointee
            let names = book.names(handle)
            let key = reader.key(of: Int(handle))
            let isSameKey =
                key?.account == names.account && key?.strategy == names.strategy
                && key?.symbol == names.symbol
                && key?.multiplier == own.multiplier && key?.feeDecimals == Int(own.feeDecimals)
            if !isSameKey { throw differs(reader, "slot \(handle)", "its key is not the book's") }
            // A key whose fills were all rejected was never published.
            if own.slot.fill_count == 0 { continue }
            var seen = pks_position()
            let result = reader.read(Int(handle), into: &seen)
            var expected = own.slot
            // SAFETY: both are copies of 120 bytes without padding that live for the closures.
            let isSame = unsafe withUnsafeBytes(of: &seen) { left in
                unsafe withUnsafeBytes(of: &expected) { right in unsafe left.elementsEqual(right) }
            }
            if result != .value || !isSame {
                throw differs(reader, "slot \(handle)", "it is not the book's position")
            }
        }
    }

    private static func differs(
        _ reader: borrowing SegmentReader, _ what: String, _ why: String
    ) -> CommandError {
        .failed(
            .software, what: "book \(reader.book): \(what)", why: why,
            advice: "this is a defect: please report it with the input")
    }
}
