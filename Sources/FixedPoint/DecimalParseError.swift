/// Why a text is not a number of units. Made only when a parse fails; holds no text.
public enum DecimalParseError: Error, Hashable, Sendable {
    /// There is no text at all.
    case empty
    /// Only a sign or a point where digits should be; `offset` is the byte at which one was expected.
    case noDigits(offset: Int)
    /// A byte that has no place in a plain decimal, `offset` bytes after the start.
    case badByte(UInt8, offset: Int)
    /// More decimals that are not zero than the instrument has.
    case tooManyDecimals(stated: Int, allowed: Int)
    /// The number is outside what 64 bits hold at so many decimals.
    case overflow(decimals: Int)

    /// How many bytes after the start of the text the trouble is, from 0; a number that is well spelled but
    /// does not fit is at its start.
    public var offset: Int {
        switch self {
        case .noDigits(let offset), .badByte(_, let offset): offset
        case .empty, .tooManyDecimals, .overflow: 0
        }
    }
}

extension DecimalParseError: CustomStringConvertible {
    /// What was found and what was expected, for a person. Allocates.
    public var description: String {
        switch self {
        case .empty:
            "no number (a plain decimal such as -12.5 is expected)"
        case .noDigits:
            "no digits (a plain decimal such as -12.5 is expected)"
        case .badByte(let byte, _):
            "unexpected \(spelledByte(byte)) in a number (a plain decimal such as -12.5 is expected)"
        case .tooManyDecimals(let stated, let allowed):
            "\(stated) decimals where the instrument has \(allowed)"
        case .overflow(let decimals):
            "outside the range of 64 bits at \(decimals) decimals (\(decimalText(Int64.min, decimals: decimals))"
                + " to \(decimalText(Int64.max, decimals: decimals)))"
        }
    }
}

/// A byte as a message may show it: itself in quotes when it is printable ASCII, else its hexadecimal
/// code, so that no control character reaches a terminal. Allocates.
public func spelledByte(_ byte: UInt8) -> String {
    if byte >= 0x20 && byte < 0x7f { return "'\(Character(Unicode.Scalar(byte)))'" }
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.count == 1 ? "byte 0x0\(digits)" : "byte 0x\(digits)"
}
