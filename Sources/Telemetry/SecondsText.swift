/// Times for figures: seconds as exact decimals, and moments as people read them.
package enum SecondsText {
    /// Nanoseconds as seconds, with as many decimals as it needs, at most nine: `1.5`, `0.000000001`, `-2`.
    package static func seconds(_ ns: Int64) -> String {
        let magnitude = ns.magnitude
        let (whole, rest) = magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        var text = (ns < 0 ? "-" : "") + String(whole)
        if rest != 0 {
            let digits = String(rest)
            var fraction = String(repeating: "0", count: 9 - digits.utf8.count) + digits
            while fraction.hasSuffix("0") { fraction.removeLast() }
            text += "." + fraction
        }
        return text
    }

    /// A moment, ns since 1970, in UTC as RFC 3339 has it, to the millisecond.
    package static func moment(_ ns: Int64) -> String {
        let seconds = floorDivision(ns, 1_000_000_000)
        let rest = floorRemainder(ns, 1_000_000_000)
        let (day, second) = (floorDivision(seconds, 86_400), floorRemainder(seconds, 86_400))
        let date = date(daysSince1970: day)
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
            + "T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
            + ".\(padded(rest / 1_000_000, 3))Z"
    }

    /// The Gregorian date of a day. Years begin in March here, so that the leap day is their last.
    private static func date(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floorDivision(shifted, 146_097)
        let dayOfEra = floorRemainder(shifted, 146_097)
        let year = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (
            era * 400 + year + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        )
    }

    private static func floorDivision(_ number: Int64, _ divisor: Int64) -> Int64 {
        number >= 0 ? number / divisor : (number + 1) / divisor - 1
    }

    private static func floorRemainder(_ number: Int64, _ divisor: Int64) -> Int64 {
        number - floorDivision(number, divisor) * divisor
    }
}
