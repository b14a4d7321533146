import Testing

@testable import Monitor

/// How many cells a character takes.
@Suite struct CellWidthTests {
    @Test(
        arguments: [
            ("A", 1), ("é", 1), ("漢", 2), ("\u{301}", 0), ("😀", 2), ("ﾃ", 1), ("█", 1), ("…", 1), ("א", 1),
        ] as [(Unicode.Scalar, Int)])
    func `A character takes as many cells as a terminal gives it`(scalar: Unicode.Scalar, width: Int) {
        #expect(CellWidth.of(scalar) == width)
    }

    @Test(arguments: ["\u{1b}", "\u{7f}", "\u{9b}", "\n"] as [Unicode.Scalar])
    func `A control character has no width, and no place on a screen`(scalar: Unicode.Scalar) {
        #expect(CellWidth.of(scalar) == nil)
    }
}
