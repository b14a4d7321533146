import Testing

@testable import Monitor

/// Times as text.
@Suite struct UTCTextTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (1_735_689_600_123_456_789, "2025-01-01T00:00:00.123456789Z"),
            (951_782_399_999_999_999, "2000-02-28T23:59:59.999999999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"), (Int64.max, "2262-04-11T23:47:16.854775807Z"),
            (Int64.min, "1677-09-21T00:12:43.145224192Z"),
        ] as [(Int64, String)])
    func `A time is told to the nanosecond`(ns: Int64, text: String) { #expect(UTCText.full(ns) == text) }

    @Test func `Large counts are grouped`() {
        #expect(
            [0, 999, 1000, 1_234_567, UInt64.max].map { grouped($0) } == [
                "0", "999", "1,000", "1,234,567", "18,446,744,073,709,551,615",
            ])
    }
}
