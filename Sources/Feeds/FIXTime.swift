/// A FIX UTCTimestamp, `YYYYMMDD-HH:MM:SS` with up to nine decimals of a second, as ns since 1970 UTC. Second 60
/// is a leap second and counts as the next one. Nil when it is none or outside 64 bits. Allocates nothing.
/// Source: FIX 4.4 specification, volume 1, "UTCTimestamp".
func fixTimeNs(_ text: Span<UInt8>) -> Int64? {
    guard text.count >= 17, text[8] == UInt8(ascii: "-"), text[11] == UInt8(ascii: ":"),
        text[14] == UInt8(ascii: ":"),
        let year = wholeNumber(text.extracting(0..<4)), let month = wholeNumber(text.extracting(4..<6)),
        let day = wholeNumber(text.extracting(6..<8)), let hour = wholeNumber(text.extracting(9..<11)),
        let minute = wholeNumber(text.extracting(12..<14)),
        let second = wholeNumber(text.extracting(15..<17)),
        month >= 1 && month <= 12, day >= 1 && day <= daysInMonth(month, year: year),
        hour <= 23, minute <= 59, second <= 60,
        let fraction = fractionNs(text.extracting(17...))
    else { return nil }
    let seconds =
        daysSince1970(year: year, month: month, day: day) * 86_400 + hour * 3_600 + minute * 60
        + second
    return Int64(exactly: Int128(seconds) * 1_000_000_000 + Int128(fraction))
}

/// Nothing, or a point and one to nine digits; further digits only when they are zeros (picoseconds).
private func fractionNs(_ text: Span<UInt8>) -> Int? {
    if text.isEmpty { return 0 }
    if text[0] != UInt8(ascii: ".") || text.count < 2 { return nil }
    var ns = 0
    for index in 1..<max(10, text.count) {
        var digit = 0
        if index < text.count {
            guard let stated = wholeNumber(text.extracting(index..<index + 1)) else { return nil }
            digit = stated
        }
        if index < 10 { ns = ns * 10 + digit } else if digit != 0 { return nil }
    }
    return ns
}

private func daysInMonth(_ month: Int, year: Int) -> Int {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
}

/// Days from 1970-01-01 in the Gregorian calendar, counting years from March so that the leap day is last.
private func daysSince1970(year: Int, month: Int, day: Int) -> Int {
    let marchYear = month > 2 ? year : year - 1
    let monthFromMarch = (month + 9) % 12
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    let leapDays = floorDivide(marchYear, 4) - floorDivide(marchYear, 100) + floorDivide(marchYear, 400)
    return marchYear * 365 + leapDays + dayOfYear - 719_468
}

private func floorDivide(_ number: Int, _ divisor: Int) -> Int {
    number >= 0 ? number / divisor : -((-number + divisor - 1) / divisor)
}
