/// Which table a width belongs to.
enum TableID: Hashable, Sendable {
    case books, positions, totals, changes
}

/// How wide a column has been: it grows and never shrinks while the same rows are looked at, so that numbers do not
/// jump from side to side as digits come and go.
struct ColumnFit: Equatable, Sendable {
    /// Cells of texts, or of what stands before the decimal point.
    var whole = 0
    /// Digits behind the point.
    var fraction = 0

    /// Cells of the column.
    var width: Int { whole + (fraction > 0 ? fraction + 1 : 0) }

    mutating func grow(number text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1)
        whole = max(whole, parts.first?.count ?? 0)
        fraction = max(fraction, parts.count > 1 ? parts[1].count : 0)
    }

    mutating func grow(text: String) { whole = max(whole, CellWidth.of(text)) }
}

/// A number in a column: exact, on its decimal point, and never shorter without a mark that says so.
enum NumberText {
    /// `text` in `width` cells with its point before the last `fraction` digits. Where there is no room, digits behind
    /// the point give way to the mark; where not even the digits before it have room, all of it is `#`.
    static func fitted(
        _ text: String, width: Int, fraction: Int, significantMin: Int = 4, mark: String
    ) -> String {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1)
        let whole = parts.first.map { String($0) ?? "" } ?? ""
        let digits = parts.count > 1 ? String(parts[1]) ?? "" : ""
        if width <= 0 { return "" }
        if whole.utf8.count > width { return String(repeating: "#", count: width) }
        if digits.isEmpty {
            let point = fraction > 0 ? fraction + 1 : 0
            let room = max(0, width - whole.utf8.count)
            let right = min(point, room)
            return String(repeating: " ", count: room - right) + whole + String(repeating: " ", count: right)
        }
        let room = width - whole.utf8.count
        if digits.utf8.count <= fraction, fraction + 1 <= room {
            let left = room - fraction - 1
            let right = fraction - digits.utf8.count
            return String(repeating: " ", count: left) + whole + "." + digits
                + String(repeating: " ", count: right)
        }
        // The point stays in its place, and the mark takes the place of the last digit that fits, unless that leaves
        // next to nothing of a small number: then it gets all cells of the column.
        var behind = min(room, fraction + 1)
        if significantDigits(whole, digits.prefix(max(0, behind - 2))) < significantMin { behind = room }
        if behind >= 3 {
            let kept = digits.prefix(behind - 2)
            return String(repeating: " ", count: room - behind) + whole + "." + kept + mark
        }
        if room >= 1 {
            return String(repeating: " ", count: room - 1) + whole + mark
        }
        return String(repeating: "#", count: width)
    }

    /// Digits from the first that is not 0.
    private static func significantDigits(_ whole: String, _ fraction: Substring) -> Int {
        let digits = (whole + fraction).utf8.filter { (48...57).contains($0) }
        return digits.drop { $0 == 48 }.count
    }
}

/// Text in a number of cells.
enum CellText {
    /// `text`, cut with a mark when it is wider than `width`; never wider, maybe one cell narrower.
    static func cut(_ text: String, width: Int, mark: String) -> String {
        if CellWidth.of(text) <= width { return text }
        if width <= 0 { return "" }
        var kept = ""
        var used = 0
        for scalar in text.unicodeScalars {
            let cells = CellWidth.of(scalar) ?? 1
            if used + cells > width - 1 { break }
            kept.unicodeScalars.append(scalar)
            used += cells
        }
        return kept + mark
    }

    /// `text` with blanks up to `width` cells.
    static func padded(_ text: String, width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - CellWidth.of(text)))
    }

    /// Safe to show, and ASCII where nothing else may be shown.
    static func safe(_ text: String, isASCII: Bool) -> String {
        isASCII ? asciiOnly(text) : text
    }

    private static func asciiOnly(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        var safe = ""
        for scalar in text.unicodeScalars {
            if scalar.isASCII {
                safe.unicodeScalars.append(scalar)
            } else {
                safe += "\\u{" + String(scalar.value, radix: 16) + "}"
            }
        }
        return safe
    }
}

/// Whole numbers as headers show them: 1,234,567.
func grouped(_ number: UInt64) -> String {
    let digits = Array(String(number))
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return text
}
