/// Forty bytes of NUL-padded text (a trade id or an order id) as five words, the way records store it.
public struct PaddedText40: Equatable, Sendable {
    /// The bytes in memory order, eight a word, little-endian.
    public var words: (UInt64, UInt64, UInt64, UInt64, UInt64)

    /// Empty text.
    @inline(__always)
    public init() { words = (0, 0, 0, 0, 0) }

    /// Copies forty bytes at `address`, which must be aligned to 8.
    @inline(__always)
    public init(at address: UnsafeRawPointer) {
        // SAFETY: the caller points at a 40-byte field of a record it holds.
        words = unsafe (
            address.load(as: UInt64.self), address.load(fromByteOffset: 8, as: UInt64.self),
            address.load(fromByteOffset: 16, as: UInt64.self),
            address.load(fromByteOffset: 24, as: UInt64.self),
            address.load(fromByteOffset: 32, as: UInt64.self)
        )
    }

    /// Whether both hold the same bytes.
    @inline(__always)
    public static func == (a: PaddedText40, b: PaddedText40) -> Bool {
        ((a.words.0 ^ b.words.0) | (a.words.1 ^ b.words.1) | (a.words.2 ^ b.words.2)
            | (a.words.3 ^ b.words.3) | (a.words.4 ^ b.words.4)) == 0
    }

    /// Whether there is no text.
    @inline(__always)
    public var isEmpty: Bool { words.0 & 0xff == 0 }

    /// Whether no byte but NUL follows the first NUL. Two texts that read the same are then also the same
    /// words, which is what identities rely on.
    @inline(__always)
    public var isPadded: Bool {
        if words.2 | words.3 | words.4 == 0 {
            // Short ids, in one condition: within a word no text after a NUL, and a first word whose last
            // byte is NUL ends the text.
            let first = Self.nulMask(words.0)
            let second = Self.nulMask(words.1)
            let inside = ((first << 8) & ~first) | ((second << 8) & ~second)
            return inside == 0 && (first >> 63 == 0 || words.1 == 0)
        }
        return Self.isPadded(words.0) && Self.isPadded(words.1) && Self.isPadded(words.2)
            && Self.isPadded(words.3) && Self.isPadded(words.4)
            && !(Self.hasNul(words.0) && (words.1 | words.2 | words.3 | words.4) != 0)
            && !(Self.hasNul(words.1) && (words.2 | words.3 | words.4) != 0)
            && !(Self.hasNul(words.2) && (words.3 | words.4) != 0)
            && !(Self.hasNul(words.3) && words.4 != 0)
    }

    /// 0x80 in each byte of the result whose byte in `word` is zero; exact in every byte.
    @inline(__always)
    static func nulMask(_ word: UInt64) -> UInt64 {
        let low = 0x7f7f_7f7f_7f7f_7f7f as UInt64
        return ~(((word & low) &+ low) | word | low)
    }

    @inline(__always)
    static func hasNul(_ word: UInt64) -> Bool { nulMask(word) != 0 }

    @inline(__always)
    static func isPadded(_ word: UInt64) -> Bool {
        let nul = nulMask(word)
        return (nul << 8) & ~nul == 0
    }

    /// A short hash, by which a position's lots are searched for a name.
    @inline(__always)
    var tag: UInt32 {
        let mixed = (words.0 ^ (words.1 &* 0xa076_1d64_78bd_642f)) &* 0x9e37_79b9_7f4a_7c15
        return UInt32(truncatingIfNeeded: mixed >> 32)
    }

    /// The text. Allocates; bytes that are not UTF-8 are replaced.
    public var text: String {
        // SAFETY: the tuple is 40 contiguous bytes.
        unsafe withUnsafeBytes(of: words) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
