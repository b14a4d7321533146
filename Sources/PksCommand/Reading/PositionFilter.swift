import PositionText
import ShmReader

/// Which positions of a book are wanted; what is not stated matches everything.
struct PositionFilter {
    let account: String?
    let strategy: String?
    let symbol: String?

    /// Whether a key is wanted.
    func matches(_ key: PositionKey) -> Bool {
        func agrees(_ wanted: String?, _ actual: String) -> Bool {
            wanted.map { RowOrder.compare($0, actual) == 0 } ?? true
        }
        return agrees(account, key.account) && agrees(strategy, key.strategy) && agrees(symbol, key.symbol)
    }

    /// What is wanted, in words; empty when everything is.
    var description: String {
        [("account", account), ("strategy", strategy), ("symbol", symbol)]
            .compactMap { name, value in value.map { "\(name) \(shown($0))" } }.joined(separator: ", ")
    }
}
