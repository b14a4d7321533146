import CSeqlock

/// A fill's identity as a hash: (key, trade id, order id). Only ever used to find candidates; the stored
/// record decides. Each word of the ids meets a secret of its own, drawn from the seed: without it, ids cannot
/// be chosen to collide (no factor can be made zero, and no product be made equal to another).
///
/// Folded 64x64->128 multiplications, after W. Yi's wyhash.
public struct IdentityHash: Sendable {
    private let trade: (UInt64, UInt64, UInt64, UInt64, UInt64)
    private let order: (UInt64, UInt64, UInt64, UInt64, UInt64)
    private let last: (UInt64, UInt64)

    /// A hash family. Nothing that a book computes depends on the seed.
    public init(seed: UInt64) {
        var state = seed
        /// SplitMix64 (Steele, Lea and Flood 2014).
        func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
        trade = (next(), next(), next(), next(), next())
        order = (next(), next(), next(), next(), next())
        last = (next(), next())
    }

    @inline(__always)
    static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// The hash of a fill whose `handle` is the book's own.
    @inline(__always)
    public func callAsFunction(_ handle: UInt32, _ trade: PaddedText40, _ order: PaddedText40) -> UInt64 {
        let t = trade.words
        let o = order.words
        var sum = Self.fold(t.0 ^ self.trade.0, t.1 ^ self.trade.1)
        sum ^= Self.fold(o.0 ^ self.order.0, o.1 ^ self.order.1)
        if (t.2 | t.3 | t.4 | o.2 | o.3 | o.4) != 0 {
            sum ^= Self.fold(t.2 ^ self.trade.2, t.3 ^ self.trade.3)
            sum ^= Self.fold(t.4 ^ self.trade.4, o.2 ^ self.order.2)
            sum ^= Self.fold(o.3 ^ self.order.3, o.4 ^ self.order.4)
        }
        return Self.fold(sum ^ last.0, UInt64(handle) ^ last.1)
    }
}

extension UnsafePointer where Pointee == pks_fill_record {
    // SAFETY (both): the fields lie at these offsets of a 128-byte record (asserted in pks_record.h).
    @inline(__always)
    var tradeID: PaddedText40 { unsafe PaddedText40(at: UnsafeRawPointer(self) + 40) }
    @inline(__always)
    var orderID: PaddedText40 { unsafe PaddedText40(at: UnsafeRawPointer(self) + 80) }
}
