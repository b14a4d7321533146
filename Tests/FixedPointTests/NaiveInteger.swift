/// A whole number as a sign and a list of decimal digits, with the arithmetic of the schoolroom: slow, and
/// too simple to be wrong in the way that limbs and carries can be.
struct NaiveInteger: Equatable {
    var isNegative: Bool
    /// Least significant first, no zeros at the end of the list; zero is the empty list.
    var digits: [Int]

    init(isNegative: Bool, digits: [Int]) {
        self.digits = digits
        while self.digits.last == 0 { self.digits.removeLast() }
        self.isNegative = isNegative && !self.digits.isEmpty
    }

    /// From text such as "-120".
    init(_ text: String) {
        let digits = text.drop { $0 == "-" || $0 == "+" }.reversed().map { $0.wholeNumberValue ?? 0 }
        self.init(isNegative: text.hasPrefix("-"), digits: digits)
    }

    init(_ value: Int128) { self.init(String(value)) }

    static func powerOfTen(_ exponent: Int) -> NaiveInteger {
        NaiveInteger("1" + String(repeating: "0", count: exponent))
    }

    var text: String {
        if digits.isEmpty { return "0" }
        return (isNegative ? "-" : "") + digits.reversed().map(String.init).joined()
    }

    var negated: NaiveInteger { NaiveInteger(isNegative: !isNegative, digits: digits) }
    var magnitude: NaiveInteger { NaiveInteger(isNegative: false, digits: digits) }

    /// The number x 10^-decimals as the plain decimal that the product prints.
    func decimalText(decimals: Int) -> String {
        var padded = digits
        while padded.count < decimals + 1 { padded.append(0) }
        let whole = padded[decimals...].reversed().map(String.init).joined()
        var fraction = padded[..<decimals].reversed().map(String.init).joined()
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return (isNegative ? "-" : "") + whole + (fraction.isEmpty ? "" : "." + fraction)
    }

    static func compareMagnitudes(_ left: [Int], _ right: [Int]) -> Int {
        if left.count != right.count { return left.count < right.count ? -1 : 1 }
        for index in left.indices.reversed() where left[index] != right[index] {
            return left[index] < right[index] ? -1 : 1
        }
        return 0
    }

    static func + (left: NaiveInteger, right: NaiveInteger) -> NaiveInteger {
        if left.isNegative != right.isNegative {
            return compareMagnitudes(left.digits, right.digits) >= 0
                ? NaiveInteger(isNegative: left.isNegative, digits: subtract(left.digits, right.digits))
                : NaiveInteger(isNegative: right.isNegative, digits: subtract(right.digits, left.digits))
        }
        var sum: [Int] = []
        var carry = 0
        for index in 0..<max(left.digits.count, right.digits.count) + 1 {
            let column =
                (index < left.digits.count ? left.digits[index] : 0)
                + (index < right.digits.count ? right.digits[index] : 0) + carry
            sum.append(column % 10)
            carry = column / 10
        }
        return NaiveInteger(isNegative: left.isNegative, digits: sum)
    }

    static func - (left: NaiveInteger, right: NaiveInteger) -> NaiveInteger { left + right.negated }

    static func * (left: NaiveInteger, right: NaiveInteger) -> NaiveInteger {
        var columns = Array(repeating: 0, count: left.digits.count + right.digits.count + 1)
        for (i, a) in left.digits.enumerated() {
            for (j, b) in right.digits.enumerated() { columns[i + j] += a * b }
        }
        for index in 0..<columns.count - 1 {
            columns[index + 1] += columns[index] / 10
            columns[index] %= 10
        }
        return NaiveInteger(isNegative: left.isNegative != right.isNegative, digits: columns)
    }

    /// The quotient rounded to the nearest whole number, halves to the even one, by long division.
    func dividedHalfEven(by divisor: NaiveInteger) -> NaiveInteger {
        var remainder = NaiveInteger("0")
        var quotient: [Int] = []
        for digit in digits.reversed() {
            remainder = NaiveInteger(isNegative: false, digits: [digit] + remainder.digits)
            var times = 0
            while NaiveInteger.compareMagnitudes(remainder.digits, divisor.digits) >= 0 {
                remainder = remainder - divisor.magnitude
                times += 1
            }
            quotient.insert(times, at: 0)
        }
        var rounded = NaiveInteger(isNegative: false, digits: quotient)
        let twice = remainder + remainder
        let againstHalf = NaiveInteger.compareMagnitudes(twice.digits, divisor.digits)
        if againstHalf > 0 || (againstHalf == 0 && (rounded.digits.first ?? 0) % 2 == 1) {
            rounded = rounded + NaiveInteger("1")
        }
        return isNegative != divisor.isNegative ? rounded.negated : rounded
    }

    /// |left| - |right| for |left| >= |right|.
    private static func subtract(_ left: [Int], _ right: [Int]) -> [Int] {
        var difference: [Int] = []
        var borrow = 0
        for index in left.indices {
            var column = left[index] - borrow - (index < right.count ? right[index] : 0)
            borrow = column < 0 ? 1 : 0
            if column < 0 { column += 10 }
            difference.append(column)
        }
        return difference
    }
}
