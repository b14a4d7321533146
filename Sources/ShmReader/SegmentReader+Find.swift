import CSeqlock
import Glibc
import ShmFiles

/// What a segment's directory says of one slot. Written once, before the slot becomes visible.
public struct PositionKey: Sendable, Equatable {
    /// The account of the key.
    public var account: String
    /// The strategy of the key.
    public var strategy: String
    /// The symbol of the key.
    public var symbol: String
    /// Currency of prices, fees and money; empty when not stated.
    public var currency: String
    /// Contract multiplier in units of 10^-multiplierDecimals.
    public var multiplier: Int64
    /// Decimals of prices.
    public var priceDecimals: Int
    /// Decimals of quantities.
    public var qtyDecimals: Int
    /// Decimals of the multiplier.
    public var multiplierDecimals: Int
    /// Decimals of fees.
    public var feeDecimals: Int
    /// One of PKS_METHOD_*.
    public var method: UInt8

    init(_ entry: pks_directory_entry) {
        account = FixedText.load(of: entry.account)
        strategy = FixedText.load(of: entry.strategy)
        symbol = FixedText.load(of: entry.symbol)
        currency = FixedText.load(of: entry.currency)
        multiplier = entry.multiplier
        priceDecimals = Int(entry.price_decimals)
        qtyDecimals = Int(entry.qty_decimals)
        multiplierDecimals = Int(entry.multiplier_decimals)
        feeDecimals = Int(entry.fee_decimals)
        method = entry.method
    }

    /// Decimals of open cost and realized P&L.
    public var moneyDecimals: Int { priceDecimals + qtyDecimals + multiplierDecimals }
}

extension SegmentReader {
    /// Slots claimed so far; those below are readable.
    public var slotCount: Int { min(Int(clamping: liveWord(\.slot_count)), slotCapacity) }

    /// The slot of a key, for `read`; it stays the same for the life of this epoch. Nil when the book has
    /// no such position. Bounded by the size of the index; allocates nothing for native strings.
    public func find(account: String, strategy: String, symbol: String) -> Int? {
        var wanted = pks_directory_entry()
        guard FixedText.store(account, in: &wanted.account), FixedText.store(strategy, in: &wanted.strategy),
            FixedText.store(symbol, in: &wanted.symbol)
        else { return nil }
        // SAFETY: the three texts lie one after the other in `wanted`, which outlives the closure.
        return unsafe withUnsafeBytes(of: wanted) { bytes in unsafe find(bytes.prefix(Self.keyBytes)) }
    }

    /// The directory's entry of a slot; nil for one that is not claimed. Allocates its strings.
    public func key(of slot: Int) -> PositionKey? {
        guard slot >= 0, slot < slotCount else { return nil }
        // SAFETY: slotCount is at most the capacity, and the entry was written before the count.
        return unsafe PositionKey(directory[slot])
    }

    private static var keyBytes: Int {
        Int(PKS_ACCOUNT_BYTES) + Int(PKS_STRATEGY_BYTES) + Int(PKS_SYMBOL_BYTES)
    }

    private func find(_ wanted: Slice<UnsafeRawBufferPointer>) -> Int? {
        // SAFETY: `wanted` has keyBytes bytes that live for the call.
        guard let base = unsafe UnsafeRawBufferPointer(rebasing: wanted).baseAddress else { return nil }
        let text = unsafe base.assumingMemoryBound(to: UInt8.self)
        // SAFETY: account, strategy and symbol lie inside the keyBytes bytes behind `text`.
        let hash = unsafe pks_key_hash(
            text, text + Int(PKS_ACCOUNT_BYTES), text + Int(PKS_ACCOUNT_BYTES) + Int(PKS_STRATEGY_BYTES))
        for step in 0...indexMask {
            let place = (Int(truncatingIfNeeded: hash) &+ step) & indexMask
            // SAFETY: `place` is masked into the index.
            // SYNC: partner is the release store in SegmentWriter.insert.
            let entry = unsafe pks_load_acquire(index + place)
            if entry == 0 { return nil }
            guard entry >> 32 == hash >> 32 else { continue }
            let slot = Int(entry & 0xffff_ffff) - 1
            guard slot >= 0, slot < slotCapacity else { continue }
            // SAFETY: the slot is below the capacity; both sides have keyBytes bytes.
            if unsafe memcmp(directory + slot, base, Self.keyBytes) == 0 { return slot }
        }
        return nil
    }
}
