import Foundation
import LotMatching
import TestSupport

/// One result that another program states, as the fixture has it.
struct TruthCase: Decodable, Sendable {
    struct Fill: Decodable, Sendable {
        var tradeID: String
        var side: String
        var qty: String
        var price: String
        var fee: String

        private enum CodingKeys: String, CodingKey {
            case tradeID = "trade_id"
            case side, qty, price, fee
        }
    }

    struct OpenLot: Decodable, Sendable {
        var qty: String
        var price: String
    }

    struct Match: Decodable, Sendable {
        var openTradeID: String?
        var closeTradeID: String
        var qty: String
        var pnl: String?

        private enum CodingKeys: String, CodingKey {
            case openTradeID = "open_trade_id"
            case closeTradeID = "close_trade_id"
            case qty, pnl
        }
    }

    struct Expected: Decodable, Sendable {
        var netQty: String?
        var avgPrice: String?
        var realizedPnlGross: String?
        var realizedPnlNetOfFees: String?
        var openLots: [OpenLot]?
        var matches: [Match]?

        private enum CodingKeys: String, CodingKey {
            case netQty = "net_qty"
            case avgPrice = "avg_price"
            case realizedPnlGross = "realized_pnl_gross"
            case realizedPnlNetOfFees = "realized_pnl_net_of_fees"
            case openLots = "open_lots"
            case matches
        }

        /// How many figures the source states.
        var count: Int {
            [netQty, avgPrice, realizedPnlGross, realizedPnlNetOfFees].count { $0 != nil }
                + (openLots == nil ? 0 : 1) + (matches == nil ? 0 : 1)
        }
    }

    var id: String
    var method: String
    var multiplier: String
    var fills: [Fill]
    var expect: Expected
    var feeConvention: String
    var tolerance: String

    private enum CodingKeys: String, CodingKey {
        case id, method, multiplier, fills, expect, tolerance
        case feeConvention = "fee_convention"
    }

    static func all() throws -> [TruthCase] {
        try JSONDecoder().decode([TruthCase].self, from: Data(contentsOf: Fixture.url("cases.json")))
    }

    /// `WA`, weighted average, is ours by another name; the others are spelt as ours.
    var lotMethod: LotMethod? { method == "WA" ? .average : LotMethod(name: method) }
}

/// Files that came with the tests.
enum Fixture {
    static func url(_ name: String) -> URL {
        Bundle.module.bundleURL.appendingPathComponent("Fixtures").appendingPathComponent(name)
    }
}
