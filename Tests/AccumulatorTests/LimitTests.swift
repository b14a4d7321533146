import Accumulator
import CSeqlock
import LotMatching
import TestSupport
import Testing

/// Every limit by itself, from both sides: the fill that goes one unit too far is refused for that reason
/// alone and leaves no trace; the one that stops at the edge is applied.
@Suite struct LimitTests {
    /// Fills that lead up to the edge, the one beyond it, and the one on it.
    struct Edge: CustomTestStringConvertible, Sendable {
        var name: String
        var limit: Limit
        var methods = LotMethod.allCases
        var multiplier: Int64 = 1
        var before: [Step]
        var beyond: Step
        var onEdge: Step

        var testDescription: String { name }
    }

    struct Step: Sendable {
        var isBuy: Bool
        var qty: Int64
        var price: Int64
        var fee: Int64
        var currency: String?
        var closes: String?

        static func buy(
            _ qty: Int64, _ price: Int64, fee: Int64 = 0, currency: String? = nil, closes: String? = nil
        ) -> Step {
            Step(isBuy: true, qty: qty, price: price, fee: fee, currency: currency, closes: closes)
        }

        static func sell(
            _ qty: Int64, _ price: Int64, fee: Int64 = 0, currency: String? = nil, closes: String? = nil
        ) -> Step {
            Step(isBuy: false, qty: qty, price: price, fee: fee, currency: currency, closes: closes)
        }
    }

    @Test(arguments: Edge.all) func aSumMayReachItsEdgeAndNotPassIt(edge: Edge) throws {
        for method in edge.methods {
            var duel = try duel(edge, method)
            for (index, step) in edge.before.enumerated() {
                let result = try apply(step, id: "\(index)", &duel)
                #expect(result == .applied, "\(method.name): step \(index) of the way to the edge")
            }
            let broken = try apply(edge.beyond, id: "beyond", &duel)
            #expect(broken == .rejected, "\(method.name)")
            #expect(duel.oracle.soleRefusals == [edge.limit: 1], "\(method.name): \(duel.oracle.refusals)")
            // The same identity again: a refused fill was not remembered as a fill.
            let result = try apply(edge.onEdge, id: "beyond", &duel)
            #expect(result == .applied, "\(method.name)")
        }
    }

    @Test func everyLimitHasAnEdge() {
        #expect(Set(Edge.all.map(\.limit)) == Set(Limit.allCases))
    }

    private func duel(_ edge: Edge, _ method: LotMethod) throws -> Duel {
        var instruments = InstrumentTable()
        instruments.add(Instrument(symbol: "SYM", multiplier: edge.multiplier, currency: "USD"))
        let config = BookConfig(
            method: method, instruments: instruments, positionsMax: 1, lotsMax: 64, identitiesMax: 64)
        var duel = Duel(config)
        var terms = NaivePosition.Terms(method: method)
        (terms.multiplier, terms.currency) = (edge.multiplier, "USD")
        _ = try duel.define(Records.key(), terms)
        return duel
    }

    private func apply(_ step: Step, id: String, _ duel: inout Duel) throws -> ApplyResult {
        let fill = Records.fill(id, buy: step.isBuy, qty: step.qty, price: step.price, fee: step.fee)
        if step.currency == nil && step.closes == nil { return try duel.apply(fill) }
        let extra = Records.extra(openTradeID: step.closes, feeCurrency: step.currency)
        return try duel.apply(fill, extension: extra)
    }
}

extension LimitTests.Edge {
    private static let half: Int64 = 1 << 62
    private static let lots: [LotMethod] = [.fifo, .lifo, .hifo, .lofo]

    static let all: [LimitTests.Edge] = quantities + values + sums + hidden + named

    private static let quantities = [
        LimitTests.Edge(
            name: "bought", limit: .bought, before: [.buy(Int64.max - 5, 0), .sell(9, 0)],
            beyond: .buy(6, 0), onEdge: .buy(5, 0)),
        LimitTests.Edge(
            name: "sold", limit: .sold, before: [.sell(Int64.max - 5, 0), .buy(9, 0)],
            beyond: .sell(6, 0), onEdge: .sell(5, 0)),
        LimitTests.Edge(
            name: "fees", limit: .fees, before: [.buy(1, 0, fee: Int64.max - 7)],
            beyond: .buy(1, 0, fee: 8), onEdge: .buy(1, 0, fee: 7)),
        LimitTests.Edge(
            name: "rebates", limit: .fees, before: [.buy(1, 0, fee: Int64.min + 7)],
            beyond: .sell(1, 0, fee: -8), onEdge: .sell(1, 0, fee: -7)),
        LimitTests.Edge(
            name: "fees in another currency", limit: .otherFees,
            before: [.buy(1, 0, fee: Int64.max - 7, currency: "BNB"), .buy(1, 0, fee: Int64.max)],
            beyond: .buy(1, 0, fee: 8, currency: "BNB"), onEdge: .buy(1, 0, fee: 7, currency: "BNB")),
        LimitTests.Edge(
            name: "fees in the instrument's currency, stated", limit: .fees,
            before: [.buy(1, 0, fee: Int64.max - 7, currency: "USD")],
            beyond: .buy(1, 0, fee: 8, currency: "USD"), onEdge: .buy(1, 0, fee: 7)),
    ]

    // 2^62 x 2^33 x 2^32 = 2^127: one more than the largest amount, and the smallest but for its sign.
    private static let values = [
        LimitTests.Edge(
            name: "the value of what a fill opens", limit: .openingValue, multiplier: 1 << 32,
            before: [.buy(1 << 33, -half)], beyond: .buy(1 << 33, half), onEdge: .buy(1 << 33, half - 1)),
        LimitTests.Edge(
            name: "the value of what a short opens", limit: .openingValue, multiplier: 1 << 32,
            before: [.sell(1 << 33, -half + 1)], beyond: .sell(1 << 33, half),
            onEdge: .sell(1 << 33, half - 1)),
        LimitTests.Edge(
            name: "the value of what a fill closes", limit: .closingValue, multiplier: 1 << 32,
            before: [.buy(1 << 33, half - 1)], beyond: .sell(1 << 33, half), onEdge: .sell(1 << 33, half - 1)),
        LimitTests.Edge(
            name: "the value of what a fill buys back", limit: .closingValue, multiplier: 1 << 32,
            before: [.sell(1 << 33, half - 1)], beyond: .buy(1 << 33, half), onEdge: .buy(1 << 33, half - 1)),
    ]

    // A match of 2^62 at a distance of 2^32 is 2^94; with a multiplier of 2^32, 2^126. Two of them are one
    // too many.
    private static let sums = [
        LimitTests.Edge(
            name: "a profit", limit: .realizedPnl, multiplier: 1 << 32,
            before: [.buy(half, -(1 << 31)), .sell(half, 1 << 31), .sell(half - 1, 1 << 31)],
            beyond: .buy(half - 1, -(1 << 31) - 1), onEdge: .buy(half - 1, -(1 << 31))),
        LimitTests.Edge(
            name: "a loss", limit: .realizedPnl, multiplier: 1 << 32,
            before: [.sell(half, -(1 << 31)), .buy(half, 1 << 31), .buy(half - 1, 1 << 31)],
            beyond: .sell(half - 1, -(1 << 31) - 5), onEdge: .sell(half - 1, -(1 << 31))),
        LimitTests.Edge(
            name: "the cost of a long", limit: .openCost, multiplier: 1 << 32,
            before: [.buy(half, 1 << 32)], beyond: .buy(half - 1, (1 << 32) + 2),
            onEdge: .buy(half - 1, 1 << 32)),
        LimitTests.Edge(
            name: "the cost of a short", limit: .openCost, multiplier: 1 << 32,
            before: [.sell(half, 1 << 32)], beyond: .sell(half - 1, (1 << 32) + 2),
            onEdge: .sell(half - 1, 1 << 32)),
        LimitTests.Edge(
            name: "what is left after the negative lot closed", limit: .openCost, methods: [.lofo],
            multiplier: 1 << 32,
            before: [.buy(half / 2, 1 << 33), .buy(half / 2, -(1 << 33)), .buy(half - 1, (1 << 32) + 2)],
            beyond: .sell(half / 2, 0), onEdge: .sell(1, 0)),
        LimitTests.Edge(
            name: "the P&L of one match", limit: .matchPnl, multiplier: 1 << 32,
            before: [
                .buy(half, 1 << 31), .sell(half, -(1 << 31)), .buy(half - 1, -(1 << 32)),
            ],
            beyond: .sell(half - 1, (1 << 32) + 1), onEdge: .sell(half - 1, (1 << 32) - 1)),
    ]

    // The two lots nearly cancel, so that the sums look small; a small fill closes one of them.
    private static let hidden = [
        LimitTests.Edge(
            name: "the P&L of a large lot behind small sums", limit: .matchPnl, methods: [.fifo, .lofo],
            multiplier: 1 << 32,
            before: [.buy(1, 1), .sell(1, 0), .buy(1 << 33, -half), .buy(1 << 33, half - 1)],
            beyond: .sell(1 << 33, 0), onEdge: .sell((1 << 33) - 1, 0)),
        LimitTests.Edge(
            name: "the P&L of a large short behind small sums", limit: .matchPnl, methods: [.fifo, .hifo],
            multiplier: 1 << 32,
            before: [.sell(1, 0), .buy(1, 1), .sell(1 << 33, half - 1), .sell(1 << 33, -half + 1)],
            beyond: .buy(1 << 33, -1), onEdge: .buy(1 << 33, 0)),
    ]

    private static let named = [
        LimitTests.Edge(
            name: "the cost without a named lot", limit: .openCost, methods: lots, multiplier: 1 << 32,
            before: [.buy(half / 2, 1 << 33), .buy(half / 2, -(1 << 33)), .buy(half - 1, (1 << 32) + 2)],
            beyond: .sell(half / 2, 0, closes: "1"), onEdge: .sell(1, 0, closes: "1")),
        LimitTests.Edge(
            name: "the value of closing a named lot", limit: .closingValue, methods: lots,
            multiplier: 1 << 32, before: [.buy(1 << 33, half - 1), .buy(1, 5)],
            beyond: .sell(1 << 33, half, closes: "0"), onEdge: .sell(1 << 33, half - 1, closes: "0")),
        LimitTests.Edge(
            name: "the P&L of a named lot", limit: .matchPnl, methods: lots, multiplier: 1 << 32,
            before: [.buy(half, 1 << 31), .sell(half, -(1 << 31)), .buy(half - 1, -(1 << 32))],
            beyond: .sell(half - 1, (1 << 32) + 1, closes: "2"),
            onEdge: .sell(half - 1, (1 << 32) - 1, closes: "2")),
        LimitTests.Edge(
            name: "profit with a named lot", limit: .realizedPnl, methods: lots, multiplier: 1 << 32,
            before: [.buy(half, -(1 << 31)), .sell(half, 1 << 31), .sell(half - 1, 1 << 31)],
            beyond: .buy(half - 1, -(1 << 31) - 1, closes: "2"),
            onEdge: .buy(half - 1, -(1 << 31), closes: "2")),
    ]
}
