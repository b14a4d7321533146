import Accumulator
import CSeqlock
import LotMatching
import PositionText

/// What rows need to know of one key: its names, ready for each kind of file, and its scales. Never changed,
/// and shared by reference, because it is looked at with every effect.
final class KeyInfo: Sendable {
    let book: String
    let names: KeyNames
    let scales: KeyScales
    /// `book,account,strategy,symbol`.
    let csvNames: [UInt8]
    /// `"book":"...","account":"...","strategy":"...","symbol":"..."`.
    let jsonNames: [UInt8]

    init(book: String, names: KeyNames, instrument: Instrument, method: LotMethod) {
        self.book = book
        self.names = names
        scales = KeyScales(instrument: instrument, method: method)
        let fields: [(StaticString, String)] = [
            ("book", book), ("account", names.account), ("strategy", names.strategy),
            ("symbol", names.symbol),
        ]
        var csv: [UInt8] = []
        var json: [UInt8] = []
        for (index, (name, text)) in fields.enumerated() {
            if index > 0 {
                csv.append(UInt8(ascii: ","))
                json.append(UInt8(ascii: ","))
            }
            csv.append(csv: text)
            json.append(jsonName: name)
            json.append(json: text)
        }
        csvNames = csv
        jsonNames = json
    }

    var priceDecimals: Int { scales.priceDecimals }
    var qtyDecimals: Int { scales.qtyDecimals }
    var feeDecimals: Int { scales.feeDecimals }
    /// In units of 10^-multiplierDecimals.
    var multiplier: Int64 { scales.multiplier }
    var multiplierDecimals: Int { scales.multiplierDecimals }
    var method: LotMethod { scales.method }
    /// Decimals of money.
    var moneyDecimals: Int { scales.moneyDecimals }
}

/// All keys of a replay, over all of its books, numbered in the order in which they came.
final class KeyDirectory {
    private(set) var keys: [KeyInfo] = []

    /// Adds a key and returns its number.
    func add(_ key: KeyInfo) -> Int {
        keys.append(key)
        return keys.count - 1
    }

    /// The numbers of the keys in the order of rows: by book, account, strategy, symbol. Two keys never
    /// change places when others come between them.
    func sortedNumbers() -> [Int] {
        keys.indices.sorted { left, right in
            let (one, other) = (keys[left], keys[right])
            for (a, b) in [
                (one.book, other.book), (one.names.account, other.names.account),
                (one.names.strategy, other.names.strategy), (one.names.symbol, other.names.symbol),
            ] {
                let order = RowOrder.compare(a, b)
                if order != 0 { return order < 0 }
            }
            return left < right
        }
    }

    /// The place of each key in that order, by key number.
    func ranks() -> [UInt32] {
        var ranks = [UInt32](repeating: 0, count: keys.count)
        for (rank, number) in sortedNumbers().enumerated() { ranks[number] = UInt32(rank) }
        return ranks
    }
}
