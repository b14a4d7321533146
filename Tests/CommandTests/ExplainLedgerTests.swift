import Accumulator
import CSeqlock
import LotMatching
import Testing

@testable import PksCommand

/// The ledger of `pks explain` believes nothing: what does not follow is a fault, what does not agree is seen.
@Suite struct ExplainLedgerTests {
    private static func key(_ method: LotMethod) -> KeyInfo {
        KeyInfo(
            book: "b", names: KeyNames(account: "a", strategy: "s", symbol: "X"),
            instrument: Instrument(symbol: "X", priceDecimals: 2, qtyDecimals: 0), method: method)
    }

    private static func ledger(_ method: LotMethod) -> ExplainLedger {
        ExplainLedger(key(method), currency: "USD", opening: ExplainOpening())
    }

    private static func row(
        _ seq: UInt64, buys: Bool, qty: Int64, price: Int64, _ matches: [ExplainMatch] = []
    ) -> ExplainRow {
        var row = ExplainRow(
            seq: seq, isBuy: buys, qty: qty, price: price, fee: 1, feeCurrency: "", tradeID: "T\(seq)",
            orderID: "", eventNs: 0)
        row.outcome = .applied
        row.matches = matches
        return row
    }

    private static func match(
        _ openSeq: UInt64, qty: Int64, open: Int64, close: Int64, money: Int128, isLong: Bool = true,
        poolCost: Int128 = 0, poolQty: Int64 = 0
    ) -> ExplainMatch {
        ExplainMatch(
            openSeq: openSeq, isLong: isLong, qty: qty, openPrice: open, closePrice: close, openTradeID: "",
            money: money, poolCost: poolCost, poolQty: poolQty)
    }

    /// Closes of a lot of three at 100 that was opened by record 1, and what is wrong with them.
    static let wrongs: [(match: ExplainMatch, qty: Int64, said: String)] = [
        (
            match(1, qty: 2, open: 100, close: 110, money: 21), 2,
            "realises another amount than its prices give"
        ),
        (
            match(2, qty: 2, open: 100, close: 110, money: 20), 2,
            "closes a lot that is not open like that: record 2"
        ),
        (
            match(1, qty: 2, open: 101, close: 110, money: 18), 2,
            "closes a lot that is not open like that: record 1"
        ),
        (
            match(1, qty: 4, open: 100, close: 110, money: 40), 4,
            "closes a lot that is not open like that: record 1"
        ),
        (
            match(1, qty: 2, open: 100, close: 110, money: -20, isLong: false), 2,
            "closes a lot that is not open like that: record 1"
        ),
        (match(1, qty: 2, open: 100, close: 110, money: 20), 1, "closes more than it has"),
    ]

    @Test(arguments: wrongs)
    func `A close that does not follow from what came before is a fault`(
        wrong: (match: ExplainMatch, qty: Int64, said: String)
    ) {
        var ledger = Self.ledger(.fifo)
        var opening = Self.row(1, buys: true, qty: 3, price: 100)
        ledger.apply(&opening)
        #expect(ledger.faults.isEmpty)
        var closing = Self.row(5, buys: false, qty: wrong.qty, price: 110, [wrong.match])
        ledger.apply(&closing)
        #expect(ledger.faults.contains("record 5 " + wrong.said), "\(ledger.faults)")
    }

    @Test func `A pool that gives another cost than its share is a fault`() {
        var ledger = Self.ledger(.average)
        var opening = Self.row(1, buys: true, qty: 3, price: 100)
        ledger.apply(&opening)
        var closing = Self.row(
            2, buys: false, qty: 2, price: 110,
            [Self.match(1, qty: 2, open: 0, close: 110, money: 20, poolCost: 300, poolQty: 3)])
        ledger.apply(&closing)
        #expect(ledger.faults.isEmpty)
        #expect(ledger.poolCost == 100)
        var wrong = Self.row(
            3, buys: false, qty: 1, price: 110,
            [Self.match(1, qty: 1, open: 0, close: 110, money: 10, poolCost: 101, poolQty: 1)])
        ledger.apply(&wrong)
        #expect(ledger.faults == ["record 3 closes another pool than there is"])
    }

    @Test func `Rows that lack a fill do not agree with the position`() {
        var book = Book(BookConfig(positionsMax: 1, lotsMax: 64, identitiesMax: 64))
        var key = pks_key_record()
        key.kind = UInt8(PKS_KIND_KEY)
        (key.price_decimals, key.qty_decimals, key.fee_decimals) = (8, 8, 8)
        (key.account.0, key.strategy.0, key.symbol.0) = (0x61, 0x73, 0x58)
        // SAFETY: the records are this function's own and outlive the calls.
        _ = unsafe book.define(&key)
        let info = KeyInfo(
            book: "b", names: book.names(0), instrument: Instrument(symbol: "X"), method: .fifo)
        var ledger = ExplainLedger(info, currency: "", opening: ExplainOpening(book, 0))
        for number in 1...2 as ClosedRange<UInt8> {
            var fill = pks_fill_record()
            (fill.kind, fill.side) = (UInt8(PKS_KIND_FILL), UInt8(PKS_SIDE_BUY))
            (fill.qty, fill.price, fill.fee) = (2, 100, 1)
            fill.trade_id.0 = 0x30 + number
            #expect(unsafe book.apply(&fill) == .applied)
        }
        var first = Self.row(2, buys: true, qty: 2, price: 100)
        ledger.apply(&first)
        let result = ExplainResult(ledger, book, 0, lastSeq: 3, slot: nil, slotNote: nil)
        #expect(!result.agrees)
        let wrong = result.lines.filter { !$0.agrees }.map(\.name)
        #expect(wrong == ["fills", "bought_qty", "net_qty", "fees", "net_pnl", "open_cost", "open_lots"])
        #expect(result.faults == ["the open lots of the rows are not the position's"])
    }
}
