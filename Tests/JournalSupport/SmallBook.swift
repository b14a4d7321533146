public import Accumulator
import CSeqlock
import TestSupport

/// A book with a few keys and fills, and what it was after each of them.
public struct SmallBook: ~Copyable {
    /// Its name and bounds.
    public static let config = BookConfig(name: "main", positionsMax: 8, lotsMax: 256, identitiesMax: 256)

    /// The book.
    public var book = Book(Self.config)
    private var random: SeededRandom
    private var drawn = 0

    /// A book with three keys; the same seed gives the same fills.
    public init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        for symbol in ["A", "B", "C"] {
            var key = pks_key_record()
            key.kind = UInt8(PKS_KIND_KEY)
            (key.price_decimals, key.qty_decimals, key.fee_decimals) = (8, 8, 8)
            Self.write("account", into: &key, at: 16)
            Self.write("strategy", into: &key, at: 48)
            Self.write(symbol, into: &key, at: 80)
            // SAFETY: the record outlives the call.
            _ = unsafe book.define(&key)
        }
    }

    /// Applies so many random fills.
    public mutating func grow(_ count: Int) {
        for _ in 0..<count {
            drawn += 1
            var fill = pks_fill_record()
            fill.kind = UInt8(PKS_KIND_FILL)
            fill.side = random.chance(60) ? UInt8(PKS_SIDE_BUY) : UInt8(PKS_SIDE_SELL)
            fill.handle = UInt32.random(in: 0..<3, using: &random)
            fill.qty = Int64.random(in: 1...9, using: &random)
            fill.price = Int64.random(in: -5...500, using: &random)
            fill.fee = Int64.random(in: -2...9, using: &random)
            fill.event_ns = Int64(drawn)
            Self.write("trade-\(drawn)", into: &fill, at: 40)
            // SAFETY: the record outlives the call.
            _ = unsafe book.apply(&fill)
        }
    }

    /// Copies a text into a field of a record.
    public static func write<T>(_ text: String, into record: inout T, at offset: Int) {
        // SAFETY: the texts above fit the fields at these offsets.
        unsafe withUnsafeMutableBytes(of: &record) { bytes in
            for (index, byte) in text.utf8.enumerated() { unsafe bytes[offset + index] = byte }
        }
    }
}
