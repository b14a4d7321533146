package import PositionText
import ShmReader

/// Which rows are wanted: those that have a text in their book, account, strategy or symbol, or those that do
/// not. Capital letters do not matter.
package struct TextFilter: Equatable, Sendable {
    /// As it was typed, with the `!` of a filter that leaves rows out.
    package let pattern: String
    private let needle: [UInt8]
    private let isInverted: Bool

    /// An empty pattern wants every row.
    package init(_ pattern: String) {
        self.pattern = pattern
        isInverted = pattern.hasPrefix("!")
        needle = Array((isInverted ? pattern.dropFirst() : pattern[...]).lowercased().utf8)
    }

    /// Every row.
    package static let everything = TextFilter("")

    /// Whether a row is wanted.
    package func matches(_ row: PositionRow) -> Bool {
        if needle.isEmpty { return true }
        let key = row.view.key
        let isThere = [row.book, key.account, key.strategy, key.symbol].contains { text in
            Self.contains(Array(text.lowercased().utf8), needle)
        }
        return isThere != isInverted
    }

    private static func contains(_ text: [UInt8], _ needle: [UInt8]) -> Bool {
        guard text.count >= needle.count else { return false }
        return (0...text.count - needle.count).contains { start in
            text[start..<start + needle.count].elementsEqual(needle)
        }
    }
}
