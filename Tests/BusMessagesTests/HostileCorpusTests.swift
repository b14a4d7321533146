import Accumulator
import BusMessages
import TestSupport
import Testing

/// The messages that the fuzzer starts from (Tests/Fuzz/messages), each with what becomes of it.
@Suite struct HostileCorpusTests {
    private static let folder =
        #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 } + "/Fuzz/messages"

    /// How many fills, or why none.
    private static let outcomes: [String: Result<Int, Poison>] = [
        "one": .success(1), "block": .success(6), "rejected-fills": .success(5),
        "duplicate-fields": .success(2),
        "unknown-fields": .success(1), "bidi": .success(1),
        "deep-nesting": .failure(Poison(.missingField, "")),
        "truncated": .failure(Poison(.malformed, "")), "cut-length": .failure(Poison(.malformed, "")),
        "huge-length": .failure(Poison(.malformed, "")), "endless-length": .failure(Poison(.malformed, "")),
        "wrong-wire-types": .failure(Poison(.malformed, "")), "groups": .failure(Poison(.malformed, "")),
        "noise": .failure(Poison(.malformed, "")), "tiny-fills": .failure(Poison(.tooLarge, "")),
        "invalid-utf8": .failure(Poison(.invalidUTF8, "")), "embedded-nul": .failure(Poison(.binaryData, "")),
        "control": .failure(Poison(.binaryData, "")), "bad-number": .failure(Poison(.badNumber, "")),
        "unknown-side": .failure(Poison(.unknownSide, "")), "other-book": .failure(Poison(.wrongBook, "")),
        "empty": .failure(Poison(.missingField, "")),
        // Of other kinds.
        "rejected": .failure(Poison(.malformed, "")), "lifecycle": .failure(Poison(.malformed, "")),
        "match": .failure(Poison(.malformed, "")), "merged-messages": .failure(Poison(.missingField, "")),
    ]

    @Test func eachMessageIsUsedOrRefusedForItsReason() throws {
        let names = Files.names(in: Self.folder)
        #expect(Set(names) == Set(Self.outcomes.keys))
        var decoder = TradeBookedDecoder(
            book: "main", instruments: InstrumentTable(), limits: MessageLimits(bytesMax: 4096))
        for name in names {
            let bytes = try Files.bytes(Self.folder + "/" + name)
            let outcome = Result { () throws(Poison) in try decoder.decode(bytes) }
            switch (outcome, Self.outcomes[name]) {
            case (.success(let count), .success(let expected)?): #expect(count == expected, "\(name)")
            case (.failure(let poison), .failure(let expected)?):
                #expect(poison.reason == expected.reason, "\(name): \(poison)")
            default: Issue.record("\(name): \(outcome)")
            }
        }
    }
}
