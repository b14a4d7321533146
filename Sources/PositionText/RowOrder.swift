package import ShmReader

/// The order of rows: by the bytes of names, so that it is the same on every machine and in every locale.
package enum RowOrder {
    /// Below, at or above zero as `left` comes before, with or after `right`.
    package static func compare(_ left: String, _ right: String) -> Int {
        if left.utf8.elementsEqual(right.utf8) { return 0 }
        return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
    }

    /// Whether a position's row comes before another's, in one book.
    package static func precedes(_ left: PositionKey, _ right: PositionKey) -> Bool {
        for (one, other) in [
            (left.account, right.account), (left.strategy, right.strategy), (left.symbol, right.symbol),
        ] {
            let order = compare(one, other)
            if order != 0 { return order < 0 }
        }
        return false
    }
}
