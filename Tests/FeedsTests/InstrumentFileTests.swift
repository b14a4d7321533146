import Accumulator
import Feeds
import LotMatching
import Testing

private func read(_ text: String, defaults: Instrument = Instrument(symbol: "")) throws -> InstrumentFile {
    try withFile(Array(text.utf8), name: "instruments.csv") { path in
        try InstrumentFile(path: path, defaults: defaults)
    }
}

private func rejects(_ text: String) throws -> (rejects: [FeedReject], total: Int) {
    do {
        _ = try read(text)
        return ([], 0)
    } catch FeedError.instruments(let rejects, let total) {
        return (rejects, total)
    }
}

@Suite struct InstrumentFileTests {
    @Test func everyColumnIsRead() throws {
        let file = try read(
            """
            symbol,price_decimals,qty_decimals,multiplier,currency,class,method,fee_decimals,isin
            ES,2,0,50,USD,future,lifo,4,x
            "BTC,USD",18,8,0.001,,spot,,,
            MINI,,,"1000000000000",EUR,,AVERAGE,18,

            """)
        #expect(
            file.table.instrument(for: "ES")
                == Instrument(
                    symbol: "ES", priceDecimals: 2, qtyDecimals: 0, feeDecimals: 4, multiplier: 50,
                    currency: "USD", instrumentClass: "future", method: .lifo))
        #expect(
            file.table.instrument(for: "BTC,USD")
                == Instrument(
                    symbol: "BTC,USD", priceDecimals: 18, multiplier: 1, multiplierDecimals: 3,
                    instrumentClass: "spot"))
        #expect(
            file.table.instrument(for: "MINI")
                == Instrument(
                    symbol: "MINI", feeDecimals: 18, multiplier: 1_000_000_000_000, currency: "EUR",
                    method: .average))
        #expect(file.unknownNames == ["\"isin\""])
    }

    @Test func onlyTheSymbolIsRequiredAndTheRestIsDefault() throws {
        let defaults = Instrument(symbol: "", priceDecimals: 4, currency: "USD")
        let file = try read("symbol\nES\n", defaults: defaults)
        #expect(
            file.table.instrument(for: "ES") == Instrument(symbol: "ES", priceDecimals: 4, currency: "USD"))
        #expect(file.table.instrument(for: "other").priceDecimals == 4)
        let multiplied = try read("symbol,multiplier\nES,1.50\n")
        #expect(multiplied.table.instrument(for: "ES").multiplier == 15)
        #expect(multiplied.table.instrument(for: "ES").multiplierDecimals == 1)
    }

    @Test(arguments: [
        ("symbol,multiplier\nES,0\n", Place(2, 4, .badInstrument)),
        ("symbol,multiplier\nES,-1\n", Place(2, 4, .badInstrument)),
        ("symbol,multiplier\nES,1x\n", Place(2, 5, .badInstrument)),
        ("symbol,multiplier\nES,1.0000000000000000001\n", Place(2, 4, .badInstrument)),
        ("symbol,multiplier\nES,99999999999999999999\n", Place(2, 4, .badInstrument)),
        ("symbol,multiplier\nES,9999999999.0000000001\n", Place(2, 4, .badInstrument)),
        ("symbol,price_decimals\nES,19\n", Place(2, 4, .badInstrument)),
        ("symbol,qty_decimals\nES,-1\n", Place(2, 4, .badInstrument)),
        ("symbol,fee_decimals\nES,2.0\n", Place(2, 4, .badInstrument)),
        ("symbol,method\nES,newest\n", Place(2, 4, .badInstrument)),
        ("symbol,currency\nES,DOLLARS99\n", Place(2, 4, .nameTooLong)),
        ("symbol,class\nES,a\tb\n", Place(2, 5, .binaryData)),
        ("symbol,class\n,future\n", Place(2, 8, .missingField)),
        ("symbol,class\nES,future,x\n", Place(2, 1, .fieldCount)),
        ("symbol,class\nES,\"future\n", Place(2, 4, .badQuoting)),
        ("symbol\nES\nNQ\nES\n", Place(4, 1, .badInstrument)),
        ("class,method\nfuture,fifo\n", Place(1, 1, .missingColumn)),
        ("symbol,class,symbol\n", Place(1, 14, .duplicateColumn)),
        ("", Place(1, 1, .missingColumn)),
    ])
    func oneErrorMakesTheFileUnusable(text: String, place: Place) throws {
        let (rejects, total) = try rejects(text)
        #expect(rejects.map { Place($0.line, $0.column, $0.reason) } == [place])
        #expect(total == 1)
    }

    @Test func allErrorsAreListedUpToABound() throws {
        let text = "symbol,price_decimals\n" + (0..<50).map { "S\($0),x\n" }.joined()
        let (rejects, total) = try rejects(text)
        #expect(rejects.count == 20)
        #expect(total == 50)
        #expect(FeedError.instruments(rejects, total: total).description.hasSuffix("\nand 30 more"))
    }

    @Test func aCutGzipIsNotHalfUsed() throws {
        let whole = try gzipped(Array("symbol,multiplier\nES,50\nNQ,20\n".utf8), level: 0)
        #expect {
            try withFile(Array(whole.dropLast(11))) { _ = try InstrumentFile(path: $0) }
        } throws: { error in
            guard case FeedError.instruments(let rejects, _) = error else { return false }
            return rejects.map(\.reason) == [.truncatedGzip]
        }
        let table = try withFile(whole) { try InstrumentFile(path: $0).table }
        #expect(table.instrument(for: "NQ").multiplier == 20)
    }

    @Test func aMissingFileIsAnError() {
        #expect(throws: FeedError.system(operation: "open", path: "/nowhere/i.csv", code: 2)) {
            _ = try InstrumentFile(path: "/nowhere/i.csv")
        }
    }
}
