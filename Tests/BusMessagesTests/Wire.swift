/// Bytes of messages made by hand, so that they can also be what no library would make. Field numbers are those of
/// the proto, written down a second time on purpose.
struct Wire {
    private(set) var bytes: [UInt8] = []

    /// A number as the wire has it: seven bits a byte, the lowest first.
    static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    mutating func tag(_ number: Int, type: Int) { bytes += Wire.varint(UInt64(number << 3 | type)) }

    func number(_ field: Int, _ value: UInt64) -> Wire {
        var wire = self
        wire.tag(field, type: 0)
        wire.bytes += Wire.varint(value)
        return wire
    }

    /// Text, or a message inside; `length` states another length than it has.
    func block(_ field: Int, _ content: [UInt8], length: UInt64? = nil) -> Wire {
        var wire = self
        wire.tag(field, type: 2)
        wire.bytes += Wire.varint(length ?? UInt64(content.count)) + content
        return wire
    }

    func text(_ field: Int, _ text: String) -> Wire { block(field, Array(text.utf8)) }

    func raw(_ bytes: [UInt8]) -> Wire {
        var wire = self
        wire.bytes += bytes
        return wire
    }

    /// The fields of a good fill, without those that are left out, in the order of their numbers.
    static func fill(without missing: Set<Int> = [], _ id: String = "t1") -> Wire {
        var wire = Wire()
        let texts = [
            (1, id), (2, "o1"), (3, "acc"), (4, "strat"), (5, "ES"), (7, "1.5"), (8, "-100.25"), (9, "0.1"),
        ]
        for (field, text) in texts where !missing.contains(field) { wire = wire.text(field, text) }
        return missing.contains(6) ? wire : wire.number(6, 1)
    }

    /// A TradeBooked of these fills.
    static func booked(_ fills: [Wire], book: String = "main") -> [UInt8] {
        fills.reduce(Wire().text(1, book)) { $0.block(2, $1.bytes) }.bytes
    }
}
