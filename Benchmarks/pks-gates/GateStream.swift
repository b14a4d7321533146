import CSeqlock

/// The fills that gates are counted with: the same ones in every run.
struct GateStream {
    enum Shape {
        /// Random side, quantity and price on sixteen keys: positions grow, shrink and flip.
        case random
        /// Each fill turns its position around: it closes all lots, which is one, and opens another.
        case flips
    }

    static let keyCount = 16

    let shape: Shape
    private var state: UInt64 = 42
    private var number: UInt64 = 0
    private var record = pks_fill_record()

    init(_ shape: Shape) {
        self.shape = shape
        record.kind = UInt8(PKS_KIND_FILL)
    }

    mutating func next() -> pks_fill_record {
        let bits = random()
        let round = number / UInt64(Self.keyCount)
        record.handle = UInt32(truncatingIfNeeded: number) % UInt32(Self.keyCount)
        switch shape {
        case .random:
            record.side = UInt8(bits & 1 == 0 ? PKS_SIDE_BUY : PKS_SIDE_SELL)
            record.qty = Int64(1 + (bits >> 1) % 100) * 1_000_000
        case .flips:
            record.side = UInt8(round % 2 == 0 ? PKS_SIDE_BUY : PKS_SIDE_SELL)
            record.qty = round == 0 ? 1_000_000 : 2_000_000
        }
        record.price = 5_000_000_000_000 + Int64((bits >> 8) % 1000) * 1_000_000
        record.fee = Int64((bits >> 20) % 100)
        record.event_ns = 1_700_000_000_000_000_000 + Int64(number) * 1000
        GateText.write(10_000_000_000 + number, into: &record, at: 40)
        GateText.write(70_000_000_000 + number / 3, into: &record, at: 80)
        number += 1
        return record
    }

    /// SplitMix64.
    private mutating func random() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Text in the fixed fields of records.
enum GateText {
    // SAFETY (all of these): callers write short texts into fields that the C headers place at `offset`.

    static func write<T>(_ text: String, into record: inout T, at offset: Int) {
        unsafe withUnsafeMutableBytes(of: &record) { bytes in
            for (index, byte) in text.utf8.enumerated() { unsafe bytes[offset + index] = byte }
        }
    }

    /// Eleven decimal digits.
    static func write<T>(_ number: UInt64, into record: inout T, at offset: Int) {
        unsafe withUnsafeMutableBytes(of: &record) { bytes in
            var rest = number
            for index in stride(from: 10, through: 0, by: -1) {
                unsafe bytes[offset + index] = UInt8(48 + rest % 10)
                rest /= 10
            }
        }
    }
}
