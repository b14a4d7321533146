import FixedPoint

/// Writes synthetic fills as rows of a file that `pks replay` reads.
struct FillText {
    let isJSON: Bool
    private let hasBook: Bool
    /// The middle of each row that is the same for every fill of a key, by key number.
    private let names: [[UInt8]]
    private let scales: [(price: Int, qty: Int)]

    init(_ generator: FillGenerator, isJSON: Bool, hasBook: Bool) {
        self.isJSON = isJSON
        self.hasBook = hasBook
        let symbols = generator.symbols
        names = generator.keys.map { key in
            let fields: [(StaticString, String)] = [
                ("book", "book\(key.book + 1)"), ("account", "acc\(key.account + 1)"),
                ("strategy", "strat\(key.strategy + 1)"), ("symbol", symbols[key.symbol].name),
            ]
            var bytes: [UInt8] = []
            for (name, value) in hasBook ? fields[...] : fields.dropFirst() {
                bytes.append(static: ",")
                if isJSON {
                    bytes.append(jsonName: name)
                    bytes.append(json: value)
                } else {
                    bytes.append(csv: value)
                }
            }
            return bytes
        }
        scales = generator.keys.map { (symbols[$0.symbol].priceDecimals, symbols[$0.symbol].qtyDecimals) }
    }

    /// The first line of a CSV file; nothing for JSON lines.
    var header: [UInt8] {
        if isJSON { return [] }
        let book = hasBook ? "book," : ""
        return Array("trade_id,order_id,\(book)account,strategy,symbol,side,qty,price,fee,event_ns\n".utf8)
    }

    /// Appends one row with its newline.
    func append(_ fill: SyntheticFill, to bytes: inout [UInt8]) {
        let (price, qty) = scales[fill.key]
        if isJSON {
            bytes.append(static: "{\"trade_id\":\"t")
            appendDecimal(Int64(fill.number), decimals: 0, to: &bytes)
            bytes.append(static: "\",\"order_id\":\"o")
            appendDecimal(Int64(fill.order), decimals: 0, to: &bytes)
            bytes.append(static: "\"")
            bytes.append(contentsOf: names[fill.key])
            bytes.append(
                static: fill.isBuy ? ",\"side\":\"BUY\",\"qty\":\"" : ",\"side\":\"SELL\",\"qty\":\"")
            appendDecimal(fill.qty, decimals: qty, to: &bytes)
            bytes.append(static: "\",\"price\":\"")
            appendDecimal(fill.price, decimals: price, to: &bytes)
            bytes.append(static: "\",\"fee\":\"")
            appendDecimal(fill.fee, decimals: 8, to: &bytes)
            bytes.append(static: "\",\"event_ns\":")
            appendDecimal(fill.eventNs, decimals: 0, to: &bytes)
            bytes.append(static: "}\n")
            return
        }
        bytes.append(UInt8(ascii: "t"))
        appendDecimal(Int64(fill.number), decimals: 0, to: &bytes)
        bytes.append(static: ",o")
        appendDecimal(Int64(fill.order), decimals: 0, to: &bytes)
        bytes.append(contentsOf: names[fill.key])
        bytes.append(static: fill.isBuy ? ",BUY," : ",SELL,")
        appendDecimal(fill.qty, decimals: qty, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        appendDecimal(fill.price, decimals: price, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        appendDecimal(fill.fee, decimals: 8, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        appendDecimal(fill.eventNs, decimals: 0, to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
    }
}
