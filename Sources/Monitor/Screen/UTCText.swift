/// Times as UTC.
enum UTCText {
    /// `2026-11-21T14:03:22.123456789Z` of ns since 1970; the number itself where no such date can be.
    static func full(_ ns: Int64) -> String {
        let (seconds, rest) = split(ns)
        let (days, second) = seconds.floorDivided(by: 86_400)
        let (year, month, day) = civil(days)
        return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T\(clock(second)).\(digits(rest, 9))Z"
    }

    /// `14:03:22` of ns since 1970.
    static func time(_ ns: Int64) -> String { clock(split(ns).seconds.floorDivided(by: 86_400).rest) }

    /// `14:03:22.123`.
    static func milliseconds(_ ns: Int64) -> String { time(ns) + "." + digits(split(ns).rest / 1_000_000, 3) }

    private static func split(_ ns: Int64) -> (seconds: Int64, rest: Int64) {
        let (seconds, rest) = ns.floorDivided(by: 1_000_000_000)
        return (seconds, rest)
    }

    private static func clock(_ second: Int64) -> String {
        "\(digits(second / 3600, 2)):\(digits(second / 60 % 60, 2)):\(digits(second % 60, 2))"
    }

    private static func digits(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    /// Year, month and day of days since 1970, by the eras of 400 years that all have the same number of days
    /// (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let (era, dayOfEra) = shifted.floorDivided(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension Int64 {
    /// The quotient rounded down, and what is left, never negative.
    fileprivate func floorDivided(by divisor: Int64) -> (Int64, rest: Int64) {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
    }
}
