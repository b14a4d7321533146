import CSeqlock
import FillProducer
import TestSupport

/// The fills of one producer: what goes on its ring, and the same as rows of a file. Some come twice, some again with
/// other economics, some with an extension.
struct FillScript {
    struct Entry {
        var fill: pks_fill_record
        var extended: pks_extension_record?
        /// Which of the producer's keys; the record gets the handle that it has.
        let key: Int
        let row: String
    }

    static let symbols = ["ABC", "DEF", "GHI"]
    static let header =
        "trade_id,order_id,account,strategy,symbol,side,qty,price,fee,fee_currency,event_ns,open_trade_id\n"
    let account: String
    private(set) var entries: [Entry] = []

    init(producer: Int, count: Int, seed: UInt64) throws {
        account = "acc-\(producer)"
        var random = SeededRandom(seed: seed &+ UInt64(producer))
        var net = [Int](repeating: 0, count: Self.symbols.count)
        var newest = [String](repeating: "", count: Self.symbols.count)
        for number in 0..<count {
            if number > 10, random.chance(4) {
                try entries.append(again(number, &random))
                continue
            }
            let key = Int.random(in: 0..<Self.symbols.count, using: &random)
            let qty = Int.random(in: 1...100, using: &random)
            let isBuy = abs(net[key]) > 300 ? net[key] < 0 : random.chance(50)
            net[key] += isBuy ? qty : -qty
            let part = Part(
                key: key, trade: "t\(number)", order: "o\(number / 3)", isBuy: isBuy, qty: qty,
                cents: 10_000 + Int.random(in: 0...2_000, using: &random),
                fee: Int.random(in: -5...20, using: &random),
                feeCurrency: random.chance(4) ? "EUR" : "", eventMs: number,
                closes: random.chance(2) ? newest[key] : "")
            newest[key] = part.trade
            try entries.append(entry(part))
        }
    }

    /// All rows as a file has them.
    var rows: String { entries.map(\.row).joined() }

    /// What a fill is made of.
    private struct Part {
        var key: Int
        var trade: String
        var order: String
        var isBuy: Bool
        var qty: Int
        var cents: Int
        var fee: Int
        var feeCurrency: String
        var eventMs: Int
        var closes: String
    }

    private var parts: [Part] = []

    /// An earlier fill once more, or one in four times with another quantity.
    private mutating func again(_ number: Int, _ random: inout SeededRandom) throws -> Entry {
        var part = parts[Int.random(in: 0..<parts.count, using: &random)]
        if random.chance(25) { part.qty += 1 }
        return try entry(part)
    }

    private mutating func entry(_ part: Part) throws -> Entry {
        parts.append(part)
        var fill = pks_fill_record(
            part.isBuy ? .buy : .sell, handle: 0, qty: Int64(part.qty) * 100_000_000,
            price: Int64(part.cents) * 1_000_000, fee: Int64(part.fee) * 10_000,
            eventNs: Int64(part.eventMs + 1) * 1_000_000, sourceRef: UInt64(entries.count))
        var extended: pks_extension_record?
        if !part.feeCurrency.isEmpty || !part.closes.isEmpty {
            extended = pks_extension_record(
                handle: 0, openTradeID: part.closes.isEmpty ? nil : part.closes,
                feeCurrency: part.feeCurrency.isEmpty ? nil : part.feeCurrency)
        }
        guard fill.setTradeID(part.trade), fill.setOrderID(part.order) else {
            throw FaultFailure("a trade id does not fit")
        }
        let sign = part.fee < 0 ? "-" : ""
        let row =
            "\(part.trade),\(part.order),\(account),strat,\(Self.symbols[part.key]),\(part.isBuy ? "BUY" : "SELL"),"
            + "\(part.qty),\(part.cents / 100).\(Self.digits(part.cents % 100, 2)),"
            + "\(sign)0.\(Self.digits(abs(part.fee), 4)),\(part.feeCurrency),\((part.eventMs + 1) * 1_000_000),"
            + "\(part.closes)\n"
        return Entry(fill: fill, extended: extended, key: part.key, row: row)
    }

    private static func digits(_ value: Int, _ count: Int) -> String {
        let text = "\(value)"
        return String(repeating: "0", count: count - text.utf8.count) + text
    }
}
