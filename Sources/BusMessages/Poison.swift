/// Why a message can never be used, whatever the book holds: it goes to the dead letters. The names go with it and
/// never change.
public enum PoisonReason: String, Sendable, CaseIterable {
    /// Not bytes of such a message.
    case malformed
    /// Longer than the limit, or it unpacks to more than the memory for one message.
    case tooLarge = "too_large"
    /// A block of more fills than the limit.
    case tooManyFills = "too_many_fills"
    /// No fill at all.
    case noFills = "no_fills"
    /// For another book than the one of its subject.
    case wrongBook = "wrong_book"
    /// A required field is empty.
    case missingField = "missing_field"
    /// Text that is not UTF-8.
    case invalidUTF8 = "invalid_utf8"
    /// Text with a NUL or another control character.
    case binaryData = "binary_data"
    /// The side is neither buy nor sell.
    case unknownSide = "unknown_side"
    /// A number that is not a plain decimal.
    case badNumber = "bad_number"
}

/// A message that can never be used.
public struct Poison: Error, Equatable, Sendable {
    /// Which kind of trouble.
    public let reason: PoisonReason
    /// What was found and what was expected. Printable ASCII, whatever the message held; bounded.
    public let detail: String

    /// Trouble of these parts; `detail` must be safe to print.
    public init(_ reason: PoisonReason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}

extension Poison: CustomStringConvertible {
    /// `detail (reason)`.
    public var description: String { "\(detail) (\(reason.rawValue))" }
}

/// A fill that is well-formed but cannot become a record: why, by a name of docs/feeds.md.
public struct FillReject: Error, Equatable, Sendable {
    /// A name that never changes, such as `too_many_decimals`.
    public let reason: String
    /// What was found and what was expected, safe to print.
    public let detail: String

    /// A reject of these parts; `detail` must be safe to print.
    public init(reason: String, detail: String) {
        self.reason = reason
        self.detail = detail
    }
}

extension FillReject: CustomStringConvertible {
    /// `detail (reason)`.
    public var description: String { "\(detail) (\(reason))" }
}
