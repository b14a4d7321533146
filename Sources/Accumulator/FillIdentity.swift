import CSeqlock

/// A fill's identity as a hash: (key, trade id, order id). Only ever used to find candidates; the stored
/// record decides. Seeded, so that ids cannot be chosen to collide.
///
/// Folded 64x64->128 multiplications, after W. Yi's wyhash.
public struct IdentityHash: Sendable {
    let seed: UInt64

    /// A hash family. Nothing that a book computes depends on the seed.
    public init(seed: UInt64) { self.seed = seed | 1 }

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
        var sum = Self.fold(t.0 ^ seed, t.1 ^ 0xa076_1d64_78bd_642f)
        sum ^= Self.fold(o.0 ^ seed ^ 0xe703_7ed1_a0b4_28db, o.1 ^ 0x8ebc_6af0_9c88_c6e3)
        if (t.2 | t.3 | t.4 | o.2 | o.3 | o.4) != 0 {
            sum ^= Self.fold(t.2 ^ seed ^ 0x5899_65cc_7537_4cc3, t.3 ^ 0x1d8e_4e27_c47d_124f)
            sum ^= Self.fold(t.4 ^ seed ^ 0xeb44_acca_b455_d165, o.2 ^ 0x9e37_79b9_7f4a_7c15)
            sum ^= Self.fold(o.3 ^ seed ^ 0xd6e8_feb8_6659_fd93, o.4 ^ 0xc2b2_ae3d_27d4_eb4f)
        }
        return Self.fold(sum ^ seed, UInt64(handle) &+ 0x2545_f491_4f6c_dd1d)
    }
}

extension UnsafePointer where Pointee == pks_fill_record {
    // SAFETY (both): the fields lie at these offsets of a 128-byte record (asserted in pks_record.h).
    @inline(__always)
    var tradeID: PaddedText40 { unsafe PaddedText40(at: UnsafeRawPointer(self) + 40) }
    @inline(__always)
    var orderID: PaddedText40 { unsafe PaddedText40(at: UnsafeRawPointer(self) + 80) }
}
