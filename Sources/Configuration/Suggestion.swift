/// Finds what somebody probably meant.
package enum Suggestion {
    /// The only one of `words` that starts with the word; else the nearest, when it is near: at most a third of
    /// the letters are wrong. The first of equals.
    package static func nearest(to word: String, in words: [String]) -> String? {
        let longer = words.filter { $0.hasPrefix(word) }
        if longer.count == 1 { return longer.first }
        var best: (word: String, distance: Int)?
        for candidate in words {
            let distance = editDistance(Array(word.utf8), Array(candidate.utf8))
            if distance <= max(2, candidate.utf8.count / 3), distance < best?.distance ?? Int.max {
                best = (candidate, distance)
            }
        }
        return best?.word
    }

    /// Insertions, deletions, replacements and swaps of neighbours (Damerau's distance, optimal string
    /// alignment) that make one text of the other.
    package static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(
                    last[column] + (letter == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
