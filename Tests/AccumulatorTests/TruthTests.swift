import Accumulator
import LotMatching
import TestSupport
import Testing

/// Results that independent programs state, compared as exact fractions within the tolerance that the
/// source's own rounding needs, which is none for most.
@Suite struct TruthTests {
    /// Cases that a source reaches by a convention that is not ours, why, and what we do instead. Everything
    /// that the source states is asserted for them too, unless `skips` says otherwise.
    struct Convention {
        var reason: String
        /// What the book must refuse on the way.
        var rejects: [RejectReason]
    }

    static let conventions: [String: Convention] = {
        let zero = Convention(
            reason: """
                the source passes over a leg of zero quantity in silence; we refuse it, with that reason, and \
                every figure of the other legs is as stated
                """,
            rejects: [.zeroQuantity])
        return [
            "nautilus-fold_net_position_zero_quantity_legs_skipped": zero,
            "beancount-ambiguous__FIFO__no_match_against_any_lots": zero,
            "beancount-ambiguous__LIFO__no_match_against_any_lots": zero,
        ]
    }()

    @Test func everyCaseGivesTheStatedResult() throws {
        let cases = try TruthCase.all()
        var asStated = 0
        var byConvention = 0
        var figures = 0
        for truth in cases {
            var run = try TruthRun.begin(truth)
            try run.play()
            let convention = Self.conventions[truth.id]
            #expect(run.rejects == convention?.rejects ?? [], "\(truth.id): refused")
            let problems = try problems(run)
            #expect(problems.isEmpty, "\(truth.id)")
            #expect(truth.expect.count > 0, "\(truth.id) states nothing")
            figures += truth.expect.count
            if convention == nil { asStated += 1 } else { byConvention += 1 }
        }
        #expect(cases.count == 135)
        #expect(asStated == 132 && byConvention == Self.conventions.count)
        #expect(figures == 333)
        #expect(Set(cases.map(\.id)).count == cases.count)
        print(
            """
            \(cases.count) cases, \(figures) stated figures: \(asStated) as stated, \
            \(byConvention) by our convention
            """)
    }

    /// Where a run is not what its case states.
    private func problems(_ run: borrowing TruthRun) throws -> [String] {
        let expect = run.truth.expect
        let tolerance = try TruthRun.number(run.truth.tolerance)
        var problems: [String] = []
        func check(_ what: String, _ stated: String?, _ shown: Rational?) throws {
            guard let stated else { return }
            let isClose = try shown.map { try ($0 - TruthRun.number(stated)).magnitude <= tolerance } ?? false
            if !isClose { problems.append("\(what) should be \(stated), is \(String(describing: shown))") }
        }
        try check("net quantity", expect.netQty, run.netQty)
        try check("average price", expect.avgPrice, try run.averagePrice())
        try check("gross P&L", expect.realizedPnlGross, run.realizedPnl)
        try check("net P&L", expect.realizedPnlNetOfFees, run.realizedPnlNetOfFees)
        if let stated = expect.openLots { problems += try lotProblems(run, stated) }
        if let stated = expect.matches {
            if run.matchCount != stated.count { problems.append("\(run.matchCount) matches") }
            for (index, match) in stated.enumerated() {
                if let problem = try run.problem(match, at: index) { problems.append(problem) }
            }
        }
        return problems
    }

    private func lotProblems(_ run: borrowing TruthRun, _ stated: [TruthCase.OpenLot]) throws -> [String] {
        var left = run.openLots
        for lot in stated {
            let qty = try TruthRun.number(lot.qty)
            let price = try TruthRun.number(lot.price)
            guard let index = left.firstIndex(where: { $0.qty == qty && $0.price == price }) else {
                return ["no lot of \(lot.qty) at \(lot.price) is open"]
            }
            left.remove(at: index)
        }
        return left.isEmpty ? [] : ["lots that the source does not have: \(left)"]
    }

    /// The comparison itself: a case with a wrong figure must not pass.
    @Test func aWrongFigureIsNoticed() throws {
        let truth = try #require(try TruthCase.all().first { $0.id == "claudebot-matches" })
        var wrongNet = truth
        wrongNet.expect.netQty = "1"
        var wrongPnl = truth
        wrongPnl.expect.realizedPnlGross = "50.00000001"
        var wrongAverage = truth
        wrongAverage.expect.avgPrice = "105"
        var wrongMatch = truth
        wrongMatch.expect.matches?[0].qty = "4"
        var wrongLots = truth
        wrongLots.expect.openLots = [TruthCase.OpenLot(qty: "1", price: "105")]
        for wrong in [wrongNet, wrongPnl, wrongAverage, wrongMatch, wrongLots] {
            var run = try TruthRun.begin(wrong)
            try run.play()
            let problems = try problems(run)
            #expect(problems.count == 1)
        }
    }

    /// Fees shared over the matched quantity, by hand: 10 bought at a fee of 5, 4 sold at a fee of 1, then 10
    /// sold at a fee of 3. 4/10 of 5 and all of 1; 6/10 of 5 and 6/10 of 3; what opened the short waits.
    @Test func feesCanBeSharedOverWhatWasMatched() throws {
        func fill(_ id: String, _ side: String, _ qty: String, _ price: String, _ fee: String)
            -> TruthCase.Fill
        {
            TruthCase.Fill(tradeID: id, side: side, qty: qty, price: price, fee: fee)
        }
        var run = try TruthRun.begin(
            TruthCase(
                id: "by hand", method: "FIFO", multiplier: "1",
                fills: [
                    fill("1", "BUY", "10", "100", "5"), fill("2", "SELL", "4", "110", "1"),
                    fill("3", "SELL", "10", "120", "3"),
                ],
                expect: TruthCase.Expected(), feeConvention: "matched", tolerance: "0"))
        try run.play()
        let net = run.realizedPnlNetOfFees
        // 4 x 10 + 6 x 20 = 160, less 2 + 1 and 3 + 1.8.
        #expect(try net == TruthRun.number("152.2"))
    }
}
