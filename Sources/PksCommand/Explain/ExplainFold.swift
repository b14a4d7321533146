/// Which rows of an explanation are told one by one: those from a record on, the last so many, or all. The others are
/// folded into what they come to.
struct ExplainFold {
    /// Rows of records before this one are folded.
    let sinceSeq: UInt64
    /// Of the rest only so many are told; nil: all.
    let lastMax: Int?
    /// The newest row that was folded.
    private(set) var folded: ExplainRow?
    /// How many rows were folded.
    private(set) var foldedCount = 0
    private var held: [ExplainRow] = []
    private var heldFirst = 0

    init(sinceSeq: UInt64, lastMax: Int?) {
        self.sinceSeq = sinceSeq
        self.lastMax = lastMax
    }

    /// Takes a row, and gives it back when it is to be told now.
    mutating func add(_ row: ExplainRow) -> ExplainRow? {
        if row.seq < sinceSeq {
            fold(row)
            return nil
        }
        guard let lastMax else { return row }
        held.append(row)
        if held.count - heldFirst > lastMax {
            fold(held[heldFirst])
            heldFirst += 1
            if heldFirst > 4096 && heldFirst > held.count / 2 {
                held.removeFirst(heldFirst)
                heldFirst = 0
            }
        }
        return nil
    }

    /// The rows that were kept back until it was known that they are the last.
    mutating func rest() -> ArraySlice<ExplainRow> {
        defer { (held, heldFirst) = ([], 0) }
        return held[heldFirst...]
    }

    private mutating func fold(_ row: ExplainRow) {
        folded = row
        foldedCount += 1
    }
}
