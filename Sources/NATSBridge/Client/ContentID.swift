/// An id that is the message's content: the same bytes always have the same one, and no two others will ever share one.
/// SipHash-2-4 with 128 bits (Aumasson and Bernstein 2012) under a key of zeros.
public enum ContentID {
    /// 32 hexadecimal digits. Allocates the text.
    public static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        // SAFETY: the caller's bytes live for the call.
        let (low, high) = unsafe hash(bytes, key: (0, 0))
        return hex(low) + hex(high)
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word.byteSwapped, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The hash's two words, least significant first.
    static func hash(
        _ bytes: UnsafeRawBufferPointer, key: (UInt64, UInt64)
    ) -> (low: UInt64, high: UInt64) {
        var state = State(key)
        var place = 0
        while place + 8 <= bytes.count {
            // SAFETY: eight bytes from `place` are inside the buffer.
            state.take(
                UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
            place += 8
        }
        var last = UInt64(truncatingIfNeeded: bytes.count) << 56
        for index in 0..<bytes.count - place {
            // SAFETY: fewer than eight bytes are left from `place` on.
            last |= UInt64(unsafe bytes[place + index]) << UInt64(8 * index)
        }
        state.take(last)
        return state.finish()
    }

    private struct State {
        private var a: UInt64
        private var b: UInt64
        private var c: UInt64
        private var d: UInt64

        init(_ key: (UInt64, UInt64)) {
            a = 0x736f_6d65_7073_6575 ^ key.0
            b = 0x646f_7261_6e64_6f6d ^ key.1 ^ 0xee
            c = 0x6c79_6765_6e65_7261 ^ key.0
            d = 0x7465_6462_7974_6573 ^ key.1
        }

        mutating func take(_ word: UInt64) {
            d ^= word
            rounds(2)
            a ^= word
        }

        mutating func finish() -> (low: UInt64, high: UInt64) {
            c ^= 0xee
            rounds(4)
            let low = a ^ b ^ c ^ d
            b ^= 0xdd
            rounds(4)
            return (low, a ^ b ^ c ^ d)
        }

        private mutating func rounds(_ count: Int) {
            for _ in 0..<count {
                a &+= b
                b = Self.rotated(b, 13) ^ a
                a = Self.rotated(a, 32)
                c &+= d
                d = Self.rotated(d, 16) ^ c
                a &+= d
                d = Self.rotated(d, 21) ^ a
                c &+= b
                b = Self.rotated(b, 17) ^ c
                c = Self.rotated(c, 32)
            }
        }

        private static func rotated(_ word: UInt64, _ bits: UInt64) -> UInt64 {
            word << bits | word >> (64 - bits)
        }
    }
}
