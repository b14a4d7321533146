import Accumulator
import CJournal
import CSeqlock
import LotMatching
import PositionText
import ShmFiles

/// Goes through a journal and tells the rows of one position.
final class ExplainRun: JournalVisitor {
    private let book: String
    private let wanted: KeyNames
    private let output: any ExplainOutput
    /// The position's handle, once its KEY has come.
    private(set) var handle: UInt32?
    private(set) var ledger: ExplainLedger?
    /// What stopped the output.
    private(set) var failure: CommandError?
    private var extra: pks_extension_record?
    private var row: ExplainRow?

    init(_ book: String, _ wanted: KeyNames, _ output: any ExplainOutput) {
        self.book = book
        self.wanted = wanted
        self.output = output
    }

    var wantsMore: Bool { failure == nil }

    // SAFETY (all of this type): records are whole, aligned to eight, and valid for the calls; handles are defined
    // when they are asked for.

    func begin(_ book: borrowing Book) {
        for handle in 0..<UInt32(book.positionCount) where isWanted(book.names(handle)) {
            beginPosition(book, handle)
        }
    }

    /// Byte by byte: two spellings of one letter are two names.
    private func isWanted(_ names: KeyNames) -> Bool {
        RowOrder.compare(names.account, wanted.account) == 0
            && RowOrder.compare(names.strategy, wanted.strategy) == 0
            && RowOrder.compare(names.symbol, wanted.symbol) == 0
    }

    private func beginPosition(_ book: borrowing Book, _ handle: UInt32) {
        self.handle = handle
        let position = unsafe book.position(handle).pointee
        let key = KeyInfo(self.book, book, handle)
        let opening = ExplainOpening(book, handle)
        ledger = ExplainLedger(key, currency: position.currencyText, opening: opening)
        tell { () throws(CommandError) in
            try output.begin(key, currency: position.currencyText, opening, afterSeq: book.seq)
        }
    }

    func willTake(_ record: UnsafeRawPointer, seq: UInt64) {
        let kind = unsafe Int32(record.load(as: UInt8.self))
        if kind == PKS_KIND_EXTENSION { extra = unsafe record.load(as: pks_extension_record.self) }
        guard kind == PKS_KIND_FILL, let handle else { return }
        let fill = unsafe record.load(as: pks_fill_record.self)
        guard fill.handle & UInt32(PKS_JOURNAL_NO_HANDLE) == handle else { return }
        var feeCurrency = ""
        if fill.flags & UInt16(PKS_FILL_EXTENDED) != 0, let extra,
            extra.flags & UInt16(PKS_EXTENSION_FEE_CURRENCY) != 0
        {
            feeCurrency = FixedText.load(of: extra.fee_currency)
        }
        row = ExplainRow(
            seq: seq, isBuy: fill.side == UInt8(PKS_SIDE_BUY), qty: fill.qty, price: fill.price,
            fee: fill.fee, feeCurrency: feeCurrency, tradeID: FixedText.load(of: fill.trade_id),
            orderID: FixedText.load(of: fill.order_id), eventNs: fill.event_ns)
    }

    /// Takes the effects of the record that is being taken.
    func take(_ effects: UnsafeBufferPointer<Effect>) {
        for index in effects.indices {
            let effect = unsafe effects[index]
            if row == nil || effect.handle != handle || effect.seq != row?.seq { continue }
            switch effect.kind {
            case .position: row?.outcome = .applied
            case .reject:
                row?.outcome = .rejected(
                    RejectReason(rawValue: effect.reason)?.text ?? "reason_\(effect.reason)")
            case .match:
                row?.matches.append(
                    ExplainMatch(
                        openSeq: effect.openSeq, isLong: effect.isLong, qty: effect.qty,
                        openPrice: effect.price, closePrice: effect.closePrice,
                        openTradeID: effect.tradeID.text, money: effect.money, poolCost: effect.cost,
                        poolQty: effect.poolQty))
            default: break
            }
        }
    }

    func didTake(_ record: UnsafeRawPointer, seq: UInt64, _ book: borrowing Book) {
        if handle == nil, unsafe Int32(record.load(as: UInt8.self)) == PKS_KIND_KEY {
            let defined =
                unsafe record.load(fromByteOffset: 4, as: UInt32.self) & UInt32(PKS_JOURNAL_NO_HANDLE)
            if defined < UInt32(book.positionCount), isWanted(book.names(defined)) {
                beginPosition(book, defined)
            }
        }
        guard var row = row else { return }
        self.row = nil
        if row.outcome == .applied {
            ledger?.apply(&row)
        } else {
            row.totals = ledger?.totals ?? ExplainTotals()
        }
        tell { () throws(CommandError) in try output.add(row) }
    }

    private func tell(_ body: () throws(CommandError) -> Void) {
        do throws(CommandError) { try body() } catch { failure = failure ?? error }
    }
}

/// Where the rows of an explanation go.
protocol ExplainOutput: AnyObject {
    /// The position's key; what it was after record `afterSeq`, where the rows begin.
    func begin(
        _ key: KeyInfo, currency: String, _ opening: ExplainOpening, afterSeq: UInt64
    ) throws(CommandError)
    /// The next row.
    func add(_ row: ExplainRow) throws(CommandError)
    /// All rows were told.
    func end(_ result: ExplainResult) throws(CommandError)
}
