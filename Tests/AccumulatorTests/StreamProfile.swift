import Accumulator
import LotMatching
import Testing

/// A kind of random stream: what is likely in it and how much the book may hold.
struct StreamProfile: Sendable, CustomTestStringConvertible {
    enum Amounts: Sendable {
        /// Small numbers, so that prices tie and quantities meet exactly. Zero and negative prices too.
        case small
        /// Like a venue's: prices and quantities of several digits.
        case venue
        /// Any bit pattern, the edges of Int64 far more often than chance would have it.
        case extreme
    }

    var name: String
    var methods: [LotMethod] = LotMethod.allCases
    /// Every key has a method of its own choice; else all keys of a stream share one.
    var mixesMethods = false
    var amounts = Amounts.small
    var streams = 10
    var records = 150
    var keysMax = 3
    var lotsMax = 4096
    var identitiesMax = 4096
    /// Event times wander this far from one fill to the next, mostly forwards.
    var eventStepNs: Int64 = 1_000_000_000
    var identityWindowNs: Int64 = 7 * 86_400_000_000_000
    var otherFeesMax = 64
    /// Per cent of the records.
    var repeats = 8
    var malformed = 0
    var extended = 0
    /// Per cent of the fills that try to bring one sum to the edge of its range.
    var aimed = 0
    /// Per cent of the fills that lean to the side which opens more lots.
    var opening = 50
    /// What must have happened in these streams, or they do not test what they are for.
    var mustRefuse: Set<RejectReason> = [.conflict]
    var mustBreak: Set<Limit> = []
    /// Limits that must also have been the only one broken, so that no other check could have stood in.
    var mustBreakAlone: Set<Limit> = []

    var testDescription: String { name }

    static let all: [StreamProfile] = [
        StreamProfile(name: "everyday", streams: 20),
        StreamProfile(name: "one book, every method", mixesMethods: true, amounts: .venue, keysMax: 6),
        StreamProfile(name: "many open lots", records: 400, keysMax: 2, opening: 70),
        StreamProfile(
            name: "named lots and fees in other currencies", streams: 15, otherFeesMax: 3, extended: 60,
            opening: 60, mustRefuse: [.conflict, .lotNotOpen, .lotTooSmall, .feeCurrencyCapacity]),
        StreamProfile(
            name: "malformed records", streams: 15, malformed: 35, extended: 20,
            mustRefuse: [
                .conflict, .unknownKey, .unknownSide, .zeroQuantity, .negativeQuantity, .missingTradeID,
                .malformedText, .unsupportedKind, .decimalsMismatch, .slotCapacity,
            ]),
        StreamProfile(
            name: "a small duplicate window", streams: 20, records: 250, identitiesMax: 8,
            eventStepNs: 86_400_000_000_000, repeats: 25,
            mustRefuse: [.conflict, .identityCapacity, .beyondWindow]),
        StreamProfile(
            name: "a few lots", mixesMethods: true, streams: 20, records: 200, keysMax: 6, lotsMax: 7,
            opening: 65, mustRefuse: [.conflict, .lotCapacity]),
        StreamProfile(
            name: "extreme amounts", amounts: .extreme, streams: 60, records: 60, extended: 15,
            mustRefuse: [.overflow], mustBreak: Set(Limit.allCases)),
        StreamProfile(
            name: "sums at their edges", mixesMethods: true, amounts: .extreme, streams: 60, records: 60,
            extended: 20, aimed: 60, mustRefuse: [.overflow], mustBreak: Set(Limit.allCases),
            mustBreakAlone: Set(Limit.allCases)),
    ]
}
