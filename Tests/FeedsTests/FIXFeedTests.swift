import Feeds
import Foundation
import TestSupport
import Testing

private func feed(_ lines: String..., options: FeedOptions = FeedOptions()) throws -> FeedRun {
    try FeedRun(lines.map { $0 + "\n" }.joined(), name: "session.log", options: options)
}

private let dedupe = FeedOptions(dedupesFIXByCumQty: true)

@Suite struct FIXFeedTests {
    @Test func aFillMapsFieldByField() throws {
        let run = try feed(
            FIXText.fill([12: "-0.25", 13: "3", 479: "AUD", 54: "5"]).wire, FIXText.fill([1: ""]).piped)
        #expect(run.rejects.isEmpty)
        #expect(
            run.fills == [
                SentFill(
                    account: "ACC", symbol: "AUD/USD", tradeID: "exec1", orderID: "order1", isBuy: false,
                    qty: 500_000_000, price: 10_050_000_000, fee: -25_000_000,
                    eventNs: 1_722_412_532_293_000_000,
                    feeCurrency: "AUD", line: 1),
                SentFill(
                    symbol: "AUD/USD", tradeID: "exec1", orderID: "order1", qty: 500_000_000,
                    price: 10_050_000_000, eventNs: 1_722_412_532_293_000_000, line: 2),
            ])
    }

    @Test(arguments: [("1", true), ("2", false), ("5", false), ("6", false)])
    func sidesAreCodes(code: String, isBuy: Bool) throws {
        #expect(try feed(FIXText.fill([54: code]).wire).fills.map(\.isBuy) == [isBuy])
    }

    @Test func delimitersPrefixesAndSeveralMessagesALineAreUnderstood() throws {
        let wire = FIXText.fill().wire
        let caret = wire.replacing("\u{1}", with: "^A")
        let run = try feed(
            "2024-07-31 [fix] IN " + wire, "IN : " + caret, "OUT " + FIXText.fill().piped + " (raw)",
            wire + FIXText.fill([17: "exec2"]).wire + FIXText.fill([17: "exec3"]).wire,
            FIXText.fill([17: "exec4"]).piped + " " + FIXText.fill([17: "exec5"]).piped,
            String(FIXText.fill([17: "last"]).piped.dropLast()))
        #expect(run.rejects.isEmpty)
        #expect(
            run.tradeIDs == ["exec1", "exec1", "exec1", "exec1", "exec2", "exec3", "exec4", "exec5", "last"])
        #expect(run.fills.map(\.line) == [1, 2, 3, 4, 4, 4, 5, 5, 6])
        #expect(run.summary.ignored.isEmpty)
    }

    /// Only ExecType tells a trade: every other report repeats the last quantity and price.
    @Test(arguments: ["0", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C", "D", "E", "I", "J", "K", "L"])
    func reportsThatAreNoTradesAreIgnoredAndCounted(execType: String) throws {
        for version in ["FIX.4.2", "FIX.4.4", "FIXT.1.1"] {
            let run = try feed(
                FIXText.fill([150: execType], version: version).wire,
                FIXText.fill([150: execType, 32: "0"], version: version).wire)
            #expect(run.fills.isEmpty && run.rejects.isEmpty)
            #expect(run.summary.ignored == [.execType(execType.utf8.first ?? 0): 2])
        }
    }

    @Test func theVersionDecidesWhichExecTypesAreTrades() throws {
        for version in ["FIX.4.1", "FIX.4.2"] {
            for execType in ["1", "2"] {
                #expect(try feed(FIXText.fill([150: execType], version: version).wire).fills.count == 1)
            }
            let newer = try feed(FIXText.fill([150: "F"], version: version).wire)
            #expect(newer.rejects.map(\.reason) == [.unsupportedExecType])
        }
        for version in ["FIX.4.3", "FIX.4.4", "FIXT.1.1"] {
            #expect(try feed(FIXText.fill(version: version).wire).fills.count == 1)
            for execType in ["1", "2"] {
                let older = try feed(FIXText.fill([150: execType], version: version).wire)
                #expect(older.fills.isEmpty)
                #expect(older.rejects.map(\.reason) == [.unsupportedExecType])
                let status = try feed(FIXText.fill([150: execType, 32: "0"], version: version).wire)
                #expect(status.rejects.isEmpty && status.fills.isEmpty)
            }
        }
        // FIX 4.0 has no ExecType; its OrdStatus tells.
        #expect(try feed(FIXText.fill([150: "", 39: "1"], version: "FIX.4.0").wire).fills.count == 1)
        let new = try feed(FIXText.fill([150: "", 39: "0"], version: "FIX.4.0").wire)
        #expect(new.summary.ignored == [.execType(UInt8(ascii: "0")): 1])
    }

    @Test func cancellationsAndCorrectionsAreRejectedNotDropped() throws {
        let run = try feed(
            FIXText.fill([150: "H"]).wire, FIXText.fill([150: "G"]).wire,
            FIXText.fill([20: "1"], version: "FIX.4.2").wire, FIXText.fill([20: "2"], version: "FIX.4.2").wire
        )
        #expect(run.fills.isEmpty)
        #expect(run.rejects.map(\.reason) == Array(repeating: .unsupportedExecType, count: 4))
        #expect(run.rejects.map(\.tradeID) == Array(repeating: "exec1", count: 4))
        #expect(run.rejects.map(\.line) == [1, 2, 3, 4])
    }

    @Test func answersToStatusRequestsAndEmptyTradesAreIgnored() throws {
        let run = try feed(
            FIXText.fill([20: "3"], version: "FIX.4.2").wire, FIXText.fill([32: "0"]).wire,
            FIXText.fill([32: "0.00"]).wire, "no message here", "   ", "",
            FIXText(fields: [(35, "0"), (34, "1")]).wire, FIXText(fields: [(35, "AE"), (571, "x")]).piped)
        #expect(run.fills.isEmpty && run.rejects.isEmpty)
        #expect(
            run.summary.ignored == [
                .status: 1, .zeroLastQty: 2, .noMessage: 1, .messageType("0"): 1, .messageType("AE"): 1,
            ])
        #expect(
            Set(run.summary.ignored.keys.map(\.description)) == [
                "status reports (20=3)", "trades with LastQty 0", "lines without a FIX message",
                "messages of type 35=0", "messages of type 35=AE",
            ])
    }

    private struct BadMessage {
        var changes: [Int: String]
        var tag: String
        var reason: FeedRejectReason
    }

    private static let badMessages = [
        BadMessage(changes: [32: "5x"], tag: "32=5", reason: .badNumber),
        BadMessage(changes: [32: "-5"], tag: "32=", reason: .negativeQuantity),
        BadMessage(changes: [32: "0.123456789"], tag: "32=", reason: .tooManyDecimals),
        BadMessage(changes: [31: "1e5"], tag: "31=1", reason: .badNumber),
        BadMessage(changes: [31: "99999999999999"], tag: "31=", reason: .overflow),
        BadMessage(changes: [54: "3"], tag: "54=", reason: .unknownSide),
        BadMessage(changes: [60: "20240230-00:00:00"], tag: "60=", reason: .badTime),
        BadMessage(changes: [60: "2024-07-31T07:55:32"], tag: "60=", reason: .badTime),
        BadMessage(changes: [60: "30000101-00:00:00"], tag: "60=", reason: .badTime),
        BadMessage(changes: [12: "1", 13: "2"], tag: "13=", reason: .unsupportedCommission),
        BadMessage(changes: [17: String(repeating: "i", count: 41)], tag: "17=", reason: .idTooLong),
        BadMessage(changes: [37: String(repeating: "i", count: 41)], tag: "37=", reason: .idTooLong),
        BadMessage(changes: [1: String(repeating: "i", count: 33)], tag: "1=", reason: .nameTooLong),
        BadMessage(changes: [55: "A\u{1b}B"], tag: "55=A", reason: .binaryData),
        BadMessage(changes: [150: "FF"], tag: "150=", reason: .badFIX),
        BadMessage(changes: [150: "Z"], tag: "150=", reason: .unsupportedExecType),
    ]

    @Test(arguments: badMessages.indices)
    func aBadFillIsRejectedAtItsFieldAndNothingElseIs(index: Int) throws {
        let bad = FIXFeedTests.badMessages[index]
        for text in [FIXText.fill(bad.changes).wire, FIXText.fill(bad.changes).piped] {
            let delimiter = text.contains("|") ? "|" : "\u{1}"
            let place = try #require(text.range(of: delimiter + bad.tag))
            let column = text[..<place.upperBound].utf8.count + 1
            let run = try feed(FIXText.fill([17: "a"]).wire, text, FIXText.fill([17: "z"]).wire)
            #expect(run.places == [Place(2, column, bad.reason)], "\(run.rejects)")
            #expect(run.tradeIDs == ["a", "z"])
        }
    }

    @Test(arguments: [17, 31, 32, 54, 55, 150])
    func whatAFillNeedsIsMissed(tag: Int) throws {
        let run = try feed(FIXText.fill([tag: ""]).wire, FIXText.fill([17: "z"]).wire)
        #expect(run.rejects.map(\.reason) == [.missingField])
        #expect(run.rejects.map(\.line) == [1])
        #expect(run.rejects.first?.detail.contains("(\(tag))") == true, "\(run.rejects)")
        #expect(run.tradeIDs == ["z"])
    }

    @Test func aCommissionOfZeroNeedsNoKindAndAFillNoTime() throws {
        let run = try feed(
            FIXText.fill([12: "0.00", 13: "2"]).wire, FIXText.fill([60: ""]).wire,
            FIXText.fill([60: "", 52: "20240731-07:55:32.293"]).wire,
            FIXText.fill([52: "yesterday"]).wire, FIXText.fill([60: "", 52: "yesterday"]).wire)
        #expect(
            run.fills.map(\.eventNs) == [
                1_722_412_532_293_000_000, 2, 1_722_412_532_293_000_000, 1_722_412_532_293_000_000,
            ])
        #expect(run.rejects.map(\.reason) == [.badTime])
        #expect(run.rejects.first?.detail.hasPrefix("SendingTime (52)") == true)
    }

    @Test func checksumAndLengthAreVerifiedOnTheWireOnly() throws {
        let wire = FIXText.fill().wire
        let wrongSum = wire.replacing("31=100.5", with: "31=100.6")
        let run = try feed(wrongSum, wrongSum.replacing("\u{1}", with: "|"))
        #expect(run.rejects.map(\.reason) == [.badChecksum])
        #expect(run.rejects.first?.line == 1)
        #expect(run.fills.count == 1, "a log may have masked values")
        var message = FIXText.fill()
        message.lengthError = 1
        let wrongLength = try feed(message.wire, message.piped)
        #expect(wrongLength.places == [Place(1, 13, .badChecksum)])
        #expect(wrongLength.rejects.first?.detail.contains("BodyLength (9)") == true)
        #expect(wrongLength.fills.count == 1)
    }

    @Test func cutAndMalformedMessagesAreRejected() throws {
        let piped = FIXText.fill().piped
        let whole = FIXText.fill([17: "z"]).piped
        let cut = String(piped.prefix(while: { $0 != "\n" }).dropLast(7))
        let run = try feed(
            cut, cut + whole, piped.replacing("|55=", with: "|bar|55="),
            piped.replacing("|31=", with: "|=|31="),
            piped.replacing("|17=exec1", with: "|17=exec1|17=exec2"), piped.replacing("35=8|", with: ""),
            "8=FIX.4.4 is no message", piped.replacing("|10=", with: "|10=x"),
            String(piped.dropFirst(10)), whole)
        #expect(run.rejects.map(\.line) == Array(1...9))
        #expect(run.rejects.allSatisfy { $0.reason == .badFIX })
        #expect(run.tradeIDs == ["z", "z"])
        #expect(run.fills.map(\.line) == [2, 10])
    }

    @Test func everyCutOfAReportIsNoticed() throws {
        let whole = Array(FIXText.fill().piped.utf8)
        for length in 12..<whole.count - 1 {
            let run = try FeedRun(Array(whole.prefix(length)) + [0x0a], name: "cut.fix")
            #expect(run.rejects.count == 1 && run.fills.isEmpty, "cut at \(length)")
        }
    }

    @Test func aPartyCalledFIXIsNoBeginning() throws {
        let run = try feed(FIXText.fill([448: "FIXCLIENT"]).piped, FIXText.fill([448: "FIX"]).wire)
        #expect(run.rejects.isEmpty)
        #expect(run.fills.count == 2)
        let other = try feed(FIXText(fields: [(35, "AE"), (448, "FIX.4.4"), (55, "X")]).piped)
        #expect(other.rejects.isEmpty)
        #expect(other.summary.ignored == [.messageType("AE"): 1])
    }

    @Test func binaryLinesAreNotTakenForLogText() throws {
        let bytes: [UInt8] = [0x41, 0, 0x42, 0x0a, 0x41, 0xff, 0x0a] + Array(FIXText.fill().wire.utf8)
        let run = try FeedRun(bytes, name: "session.fix")
        #expect(run.places == [Place(1, 2, .binaryData), Place(2, 2, .invalidUTF8)])
        #expect(run.fills.count == 1)
    }
}

@Suite struct FIXDedupeTests {
    private func fixture(_ name: String) throws -> String {
        try #require(Bundle.module.url(forResource: "Fixtures/fxcm_demo/\(name)", withExtension: "log")).path
    }

    private func read(_ names: [String], _ options: FeedOptions = FeedOptions()) throws -> (
        CollectingSink, FeedSummary
    ) {
        var feed = Feed(options: options)
        var sink = CollectingSink()
        for name in names { _ = try feed.read(fixture("fix_message_tracer_\(name)"), into: &sink) }
        return (sink, feed.summary)
    }

    /// Real logs of a venue that reports each fill twice: what the venue says, and what happened.
    @Test func eachRealFillIsTakenOnce() throws {
        let names = ["OrderTest_Market_Buy", "OrderTest_Market_Sell"]
        let (all, summary) = try read(names)
        #expect(all.rejects.isEmpty)
        #expect(all.fills.count == 8)
        #expect(summary.ignored == [.execType(UInt8(ascii: "0")): 4])
        let (once, onceSummary) = try read(names, dedupe)
        #expect(once.rejects.isEmpty)
        #expect(onceSummary.ignored == [.execType(UInt8(ascii: "0")): 4, .secondReport: 4])
        let fill = SentFill(
            account: "Account_Masked", symbol: "AUD/USD", tradeID: "1722325094581", orderID: "321066332",
            qty: 500_000_000_000, price: 65_051_000, eventNs: 1_722_412_532_293_000_000, line: 2)
        #expect(once.fills.first == fill)
        #expect(once.fills.map(\.isBuy) == [true, false, false, true])
        #expect(once.fills.map(\.price) == [65_051_000, 65_034_000, 65_035_000, 65_052_000])
        #expect(
            once.fills.map(\.tradeID) == [
                "1722325094581", "1722325094583", "1722325094586", "1722325094588",
            ])
    }

    @Test func realOrdersWithoutFillsGiveNone() throws {
        let (sink, summary) = try read([
            "OrderTest_Limit_Ask", "OrderTest_Limit_Bid", "OrderCancelReplaceTest_Limit_Ask",
            "OrderCancelReplaceTest_Limit_Bid",
        ])
        #expect(sink.fills.isEmpty && sink.rejects.isEmpty)
        #expect(summary.lines == 16)
        #expect(summary.ignored.values.reduce(0, +) == 16)
    }

    @Test func onlyTheSameOrderAtTheSameCumQtyIsTheSameFill() throws {
        let run = try feed(
            FIXText.fill([17: "a", 14: "5"]).wire, FIXText.fill([17: "b", 14: "10"]).wire,
            FIXText.fill([17: "c", 14: "05.0", 32: "5.00", 31: "100.50"]).wire,
            FIXText.fill([17: "d", 37: "order2"]).wire, FIXText.fill([17: "e", 55: "EUR/USD"]).wire,
            FIXText.fill([17: "f", 54: "2"]).wire, FIXText.fill([17: "g", 1: "other"]).wire,
            FIXText.fill([17: "h", 14: "10.000"]).wire, options: dedupe)
        #expect(run.tradeIDs == ["a", "b", "d", "e", "f", "g"])
        #expect(run.summary.ignored == [.secondReport: 2])
        #expect(run.rejects.isEmpty)
    }

    @Test func aSecondReportThatSaysSomethingElseIsRejected() throws {
        let run = try feed(
            FIXText.fill([17: "a"]).wire, FIXText.fill([17: "b", 31: "100.6"]).wire,
            FIXText.fill([17: "c", 32: "4"]).wire, FIXText.fill([17: "d", 14: ""]).wire,
            FIXText.fill([17: "e", 37: ""]).wire, options: dedupe)
        #expect(run.tradeIDs == ["a"])
        #expect(
            run.rejects.map(\.reason) == [
                .conflictingReport, .conflictingReport, .missingField, .missingField,
            ])
        #expect(run.rejects.map(\.tradeID) == ["b", "c", "d", "e"])
    }

    @Test func aFillWhoseFirstReportWasBadIsTakenFromItsSecond() throws {
        let run = try feed(
            FIXText.fill([17: String(repeating: "x", count: 50)]).wire, FIXText.fill([17: "b"]).wire,
            FIXText.fill([17: "c"]).wire, options: dedupe)
        #expect(run.rejects.map(\.reason) == [.idTooLong])
        #expect(run.tradeIDs == ["b"])
        #expect(run.summary.ignored == [.secondReport: 1])
    }

    @Test func theReportsRememberedAreBoundedAndReachingTheBoundEndsTheFile() throws {
        let lines = (0..<10).map { FIXText.fill([14: "\($0 + 1)", 17: "t\($0)"]).wire + "\n" }.joined()
        let options = FeedOptions(dedupesFIXByCumQty: true, fixReportsMax: 4)
        let run = try FeedRun(lines, name: "session.fix", options: options)
        #expect(run.fills.count == 4)
        #expect(run.rejects.map(\.reason) == [.capacity])
        #expect(run.rejects.first?.endsFile == true)
    }
}

@Suite struct FIXTimeTests {
    @Test(arguments: [
        ("20090313-20:03:04", Int64(1_236_974_584_000_000_000)),
        ("17490403-17:27:03", -6_966_023_577_000_000_000),
        ("22570208-20:40:37", 9_060_237_637_000_000_000), ("18630219-18:40:12", -3_372_297_588_000_000_000),
        ("20240229-00:00:00", 1_709_164_800_000_000_000), ("20000229-23:59:59", 951_868_799_000_000_000),
        ("16770921-00:12:44", -9_223_372_036_000_000_000), ("22620411-23:47:16", 9_223_372_036_000_000_000),
        ("19000301-00:00:00", -2_203_891_200_000_000_000), ("19700101-00:00:00", 0),
        ("19691231-23:59:59.999999999", -1), ("20240731-07:55:32.2", 1_722_412_532_200_000_000),
        ("20240731-07:55:32.293000001", 1_722_412_532_293_000_001),
        ("20240731-07:55:32.293000001000", 1_722_412_532_293_000_001),
        ("20161231-23:59:60", 1_483_228_800_000_000_000),
        ("16770921-00:12:43.145224192", Int64.min), ("22620411-23:47:16.854775807", Int64.max),
    ])
    func timesAreNanosecondsSince1970(text: String, ns: Int64) throws {
        #expect(try feed(FIXText.fill([60: text]).wire).fills.map(\.eventNs) == [ns])
    }

    @Test(arguments: [
        "20240731", "20240731-07:55", "20240731 07:55:32", "20240732-07:55:32", "20241331-07:55:32",
        "20240001-07:55:32", "20240100-07:55:32", "20230229-07:55:32", "19000229-07:55:32",
        "20240731-24:00:00",
        "20240731-07:60:00", "20240731-07:55:61", "20240731-07:55:32.", "20240731-07:55:32.1234567891",
        "20240731-07:55:32,5", "20240731-07:55:32Z", "20240731-07:55:32.1x", "x0240731-07:55:32",
        "16770921-00:12:43.145224191", "22620411-23:47:16.854775808", "00000101-00:00:00",
        "99991231-23:59:59",
    ])
    func whatIsNoTimeIsRejected(text: String) throws {
        let run = try feed(FIXText.fill([60: text]).wire)
        #expect(run.rejects.map(\.reason) == [.badTime])
        #expect(run.fills.isEmpty)
    }
}
