/// Which streams a book is on, and under which subjects. Templates have `{book}` where the book's name goes.
public struct BusNames: Equatable, Sendable {
    /// The stream of what comes in: fills and lifecycle events.
    public var bookingStream = "PKS-BOOKING"
    /// The stream of what could not be used: rejects and dead letters.
    public var rejectStream = "PKS-REJECTS"
    /// The stream of what the books publish.
    public var positionStream = "PKS-POSITIONS"
    /// TradeBooked in.
    public var booked = "backoffice.booking.v1.TradeBooked.{book}"
    /// LifecycleEventApplied in.
    public var lifecycle = "backoffice.booking.v1.LifecycleEventApplied.{book}"
    /// TradeRejected out.
    public var rejected = "backoffice.booking.v1.TradeRejected.{book}"
    /// Messages that cannot be read, out.
    public var deadLetter = "backoffice.booking.dlq.{book}"
    /// PositionUpdated out.
    public var position = "bo.position.updated.v1.{book}"
    /// LotChanged out.
    public var lot = "bo.position.lot.v1.{book}"
    /// TradeMatched out.
    public var match = "bo.position.match.v1.{book}"
    /// RealizedPnlUpdated out.
    public var pnl = "bo.position.pnl.v1.{book}"
    /// PositionEvent out.
    public var event = "bo.position.event.v1.{book}"
    /// The durable consumer of the fills; that of lifecycle events ends in `-lifecycle` besides.
    public var consumer = "pks-{book}"

    /// The product's names.
    public init() {}

    /// A template with a book's name in its place.
    public static func subject(_ template: String, book: String) -> String {
        guard let place = template.firstRange(of: "{book}") else { return template }
        return String(template[..<place.lowerBound]) + book + template[place.upperBound...]
    }

    /// What a stream must take in so that every book's messages of these templates go into it.
    static func wildcard(_ template: String) -> String { subject(template, book: "*") }

    /// Checks everything for a book. Throws `badOptions`.
    public func check(book: String) throws(BusError) {
        if book.contains(".") || !Self.isToken(book[...]) {
            throw .badOptions(
                reason: "book \(NATSText.harmless(book)) cannot be on the bus: a '.' would split its subjects"
                    + " (name it without)")
        }
        for stream in [bookingStream, rejectStream, positionStream, Self.subject(consumer, book: book)] {
            if stream.contains(".") || !Self.isToken(stream[...]) {
                throw .badOptions(
                    reason:
                        "\(NATSText.harmless(stream)) cannot name a stream or consumer (letters, digits, '-' and '_')"
                )
            }
        }
        if Set([bookingStream, rejectStream, positionStream]).count != 3 {
            throw .badOptions(reason: "the streams for fills, rejects and positions must have three names")
        }
        let templates = [booked, lifecycle, rejected, deadLetter, position, lot, match, pnl, event]
        for template in templates {
            let tokens = Self.subject(template, book: book).split(
                separator: ".", omittingEmptySubsequences: false)
            guard template.split(separator: ".").contains("{book}"), tokens.allSatisfy(Self.isToken) else {
                throw .badOptions(
                    reason:
                        "\(NATSText.harmless(template)) cannot be a subject (words with dots between, {book} one of them)"
                )
            }
        }
        if Set(templates).count != templates.count {
            throw .badOptions(reason: "two kinds of messages have the same subject")
        }
    }

    private static func isToken(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2d
                    || $0 == 0x5f
            }
    }
}
