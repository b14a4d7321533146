import FillRecords
import FixedPoint

// What text in a message must be, whatever it says. protobuf-c looks at none of it.

/// Refuses text that is not UTF-8 or has control characters. `name` is a field's. Allocates for a refusal only.
func checkText(_ text: Span<UInt8>, _ name: StaticString, of place: MessagePlace) throws(Poison) {
    var isPlain = true
    for index in text.indices {
        let byte = text[index]
        if byte < 0x20 || byte >= 0x7f { isPlain = false }
    }
    if isPlain { return }
    if let offset = firstInvalidUTF8(in: text) {
        throw Poison(
            .invalidUTF8,
            "\(place)\(name) \(quoted(text)) has \(spelled(text[offset])), which is not valid UTF-8 here")
    }
    if let offset = firstControl(in: text) {
        throw Poison(
            .binaryData, "\(place)\(name) \(quoted(text)) has \(spelled(text[offset])), a control character")
    }
}

/// Refuses what is not a plain decimal. How many decimals it may have is the instrument's affair.
func checkNumber(_ text: Span<UInt8>, _ name: StaticString, of place: MessagePlace) throws(Poison) {
    if isPlainDecimal(text) { return }
    do throws(DecimalParseError) { _ = try parseDecimal(text, decimals: decimalsMax) } catch {
        switch error {
        case .empty, .noDigits, .badByte:
            throw Poison(.badNumber, "\(place)\(name) \(quoted(text)): \(error)")
        case .tooManyDecimals, .overflow: break
        }
    }
}

/// Digits with one point at most, behind a sign at most.
private func isPlainDecimal(_ text: Span<UInt8>) -> Bool {
    var index = 0
    if !text.isEmpty && (text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+")) { index = 1 }
    var digits = 0
    var points = 0
    while index < text.count {
        let byte = text[index]
        if byte &- UInt8(ascii: "0") <= 9 {
            digits += 1
        } else if byte == UInt8(ascii: ".") {
            points += 1
        } else {
            return false
        }
        index += 1
    }
    return digits > 0 && points <= 1
}

/// Where in a message trouble is: in one of its fills, or not in any.
struct MessagePlace: CustomStringConvertible {
    /// Of a block, from 0.
    var fill: Int?

    var description: String { fill.map { "fill \($0): " } ?? "" }
}
