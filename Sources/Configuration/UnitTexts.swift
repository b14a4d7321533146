/// Lengths of time as options and files spell them: a whole number and a unit.
package enum DurationText {
    private static let units: [(name: String, ns: Int64)] = [
        ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
    ]

    /// Nanoseconds of a whole number with its unit, or nil. Zero needs no unit.
    package static func parse(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits) else { return nil }
        let unit = text[digits.endIndex...]
        if unit.isEmpty { return number == 0 ? 0 : nil }
        guard let factor = units.first(where: { $0.name == unit })?.ns else { return nil }
        let (ns, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : ns
    }

    /// The text that `parse` reads back, in the largest unit that is exact.
    package static func text(_ ns: Int64) -> String {
        if ns == 0 { return "0s" }
        let unit = units.last { ns % $0.ns == 0 } ?? units[0]
        return "\(ns / unit.ns)\(unit.name)"
    }
}

/// Counts as files spell them: digits, `_` between them, and possibly a unit.
package enum CountText {
    private static let units: [(name: String, factor: Int)] = [
        ("", 1), ("k", 1000), ("M", 1_000_000), ("Ki", 1 << 10), ("Mi", 1 << 20),
    ]

    /// A whole number with or without one of the units k, M (thousands), Ki, Mi (of 1024), or nil.
    package static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits),
            let factor = units.first(where: { $0.name == text[digits.endIndex...] })?.factor
        else { return nil }
        let (count, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : count
    }
}

/// Sizes in memory as files spell them: a whole number and a unit of 1024.
package enum SizeText {
    private static let units: [(name: String, bytes: Int)] = [
        ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30),
    ]

    /// Bytes of a whole number with its unit, or nil. Zero needs no unit.
    package static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits) else { return nil }
        let unit = text[digits.endIndex...]
        if unit.isEmpty { return number == 0 ? 0 : nil }
        guard let factor = units.first(where: { $0.name == unit })?.bytes else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : bytes
    }

    /// The text that `parse` reads back, in the largest unit that is exact.
    package static func text(_ bytes: Int) -> String {
        if bytes == 0 { return "0B" }
        let unit = units.last { bytes % $0.bytes == 0 } ?? units[0]
        return "\(bytes / unit.bytes)\(unit.name)"
    }
}
