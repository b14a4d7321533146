import Accumulator
import CSeqlock
import FixedPoint
import LotMatching

/// What the rows come to, beside what the position says.
struct ExplainResult {
    /// One number of the position.
    struct Line {
        let name: String
        /// From the rows.
        let computed: String
        /// The position's own.
        let own: String
        var agrees: Bool { computed == own }
    }

    /// The last record of the journal.
    let lastSeq: UInt64
    let lines: [Line]
    /// Open lots as the rows leave them, in the order of opening; none under `average`.
    let lots: [ExplainLedger.OpenLot]
    /// Under `average`, what is open.
    let pool: (qty: Int128, cost: Int128)
    /// Rows that do not follow from those before.
    var faults: [String]
    /// What the slot in shared memory is to the position; nil when there is none to compare, and `slotNote` says why.
    let slot: LiveSlots.Verdict?
    let slotNote: String?

    /// Whether everything adds up.
    var agrees: Bool {
        if case .differs = slot { return false }
        return faults.isEmpty && lines.allSatisfy(\.agrees)
    }

    init(
        _ ledger: ExplainLedger, _ book: borrowing Book, _ handle: UInt32, lastSeq: UInt64,
        slot: LiveSlots.Verdict?, slotNote: String?
    ) {
        self.lastSeq = lastSeq
        self.slot = slot
        self.slotNote = slotNote
        let own = ExplainOpening(book, handle)
        let openLots = ledger.openLots
        lots = openLots
        pool = (ledger.poolQty, ledger.poolCost)
        faults = ledger.faults
        lines = Self.lines(ledger, own)
        let isSame = openLots.elementsEqual(own.lots) {
            $0.openSeq == $1.openSeq && $0.remaining == $1.remaining && $0.price == $1.price
                && $0.isLong == $1.isLong && $0.tradeID == $1.tradeID
        }
        if !isSame { faults.append("the open lots of the rows are not the position's") }
    }

    private static func lines(_ ledger: ExplainLedger, _ own: ExplainOpening) -> [Line] {
        let key = ledger.key
        let (qty, money, fee) = (key.qtyDecimals, key.moneyDecimals, key.feeDecimals)
        let (rows, position) = (ledger.totals, own.totals)
        func line(_ name: String, _ left: Int128, _ right: Int128, _ decimals: Int) -> Line {
            Line(
                name: name, computed: decimalText(left, decimals: decimals),
                own: decimalText(right, decimals: decimals))
        }
        let lotCount = key.method == .average ? (ledger.poolQty == 0 ? 0 : 1) : ledger.lots.count
        var lines = [
            line("fills", Int128(rows.fillCount), Int128(position.fillCount), 0),
            line("bought_qty", rows.boughtQty, position.boughtQty, qty),
            line("sold_qty", rows.soldQty, position.soldQty, qty),
            line("net_qty", rows.netQty, Int128(own.slot.net_qty), qty),
            line("realized_pnl", rows.realizedPnl, position.realizedPnl, money),
            line("fees", rows.fees, position.fees, fee),
            Line(
                name: "net_pnl", computed: netPnlText(rows, money, fee),
                own: netPnlText(position, money, fee)),
            line("open_cost", ledger.openCost, own.openCost, money),
            line("open_lots", Int128(lotCount), Int128(own.slot.open_lots), 0),
        ]
        let currencies = Set(rows.otherFees.keys).union(position.otherFees.keys)
        for currency in currencies.sorted() {
            lines.append(
                line(
                    "fees \(currency)", rows.otherFees[currency] ?? 0, position.otherFees[currency] ?? 0, fee)
            )
        }
        return lines
    }

    private static func netPnlText(_ totals: ExplainTotals, _ money: Int, _ fee: Int) -> String {
        // A position's own fees fit; sums of rows that do not, disagree by themselves.
        let fees = Int64(clamping: totals.fees)
        let net = netPnl(
            realized: Money(units: totals.realizedPnl), moneyDecimals: money, fees: fees, feeDecimals: fee)
        return decimalText(net.units, decimals: net.decimals)
    }
}
