/// SHA-256 (FIPS 180-4), for digests of state. Not for secrets, and not on the hot path.
struct SHA256 {
    private var state: InlineArray<8, UInt32> = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
        0x5be0_cd19,
    ]
    /// What of the input has not filled a block yet.
    private var block = InlineArray<64, UInt8>(repeating: 0)
    private var blockCount = 0
    private var byteCount: UInt64 = 0

    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
    private static let constants: [UInt32] = {
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < 64 {
            if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes.map(fractionalCubeRoot)
    }()

    /// floor((cbrt(n) - floor(cbrt(n))) x 2^32), by bisection in integers: x^3 <= n x 2^96.
    private static func fractionalCubeRoot(_ n: UInt64) -> UInt32 {
        var low: UInt64 = 0
        var high: UInt64 = 8 << 32
        while high - low > 1 {
            let middle = low + (high - low) / 2
            let square = UInt128(middle) * UInt128(middle)
            // x^3 <= n x 2^96 exactly when x^2 x (x / 2^32) does not exceed it; compare in two halves.
            let product = (square >> 32) * UInt128(middle)
            let rest = (square & 0xffff_ffff) * UInt128(middle)
            let isAbove = product + (rest >> 32) >= UInt128(n) << 64
            if isAbove { high = middle } else { low = middle }
        }
        return UInt32(truncatingIfNeeded: low)
    }

    mutating func update(_ value: some FixedWidthInteger) {
        // SAFETY: the number's own bytes.
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe update(bytes: $0) }
    }

    mutating func update(bytes: UnsafeRawBufferPointer) {
        // SAFETY (all of this function): the caller's bytes; blockCount + count is at most the block's 64
        // bytes, and count at most the input's rest.
        byteCount += UInt64(bytes.count)
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            let count = min(64 - blockCount, rest.count)
            unsafe withUnsafeMutableBytes(of: &block) { block in
                unsafe UnsafeMutableRawBufferPointer(rebasing: block[blockCount...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
            }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            blockCount += count
            if blockCount == 64 { compress() }
        }
    }

    mutating func finish() -> [UInt8] {
        let bitCount = byteCount * 8
        update(0x80 as UInt8)
        while blockCount != 56 { update(0 as UInt8) }
        update(bitCount.byteSwapped)
        var digest: [UInt8] = []
        for index in 0..<8 {
            for shift in [24, 16, 8, 0] {
                digest.append(UInt8(truncatingIfNeeded: state[index] >> UInt32(shift)))
            }
        }
        return digest
    }

    private static func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }

    private mutating func compress() {
        let schedule = expandedBlock()
        let constants = Self.constants
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for i in 0..<64 {
            let s1 = Self.rotate(e, 6) ^ Self.rotate(e, 11) ^ Self.rotate(e, 25)
            let t1 = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ constants[i] &+ schedule[i]
            let s0 = Self.rotate(a, 2) ^ Self.rotate(a, 13) ^ Self.rotate(a, 22)
            let t2 = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
            (h, g, f, e) = (g, f, e, d &+ t1)
            (d, c, b, a) = (c, b, a, t1 &+ t2)
        }
        for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
        blockCount = 0
    }

    private func expandedBlock() -> InlineArray<64, UInt32> {
        var schedule = InlineArray<64, UInt32>(repeating: 0)
        for i in 0..<16 {
            for j in 0..<4 { schedule[i] = schedule[i] << 8 | UInt32(block[i * 4 + j]) }
        }
        for i in 16..<64 {
            let a = schedule[i - 15]
            let b = schedule[i - 2]
            let s0 = Self.rotate(a, 7) ^ Self.rotate(a, 18) ^ (a >> 3)
            let s1 = Self.rotate(b, 17) ^ Self.rotate(b, 19) ^ (b >> 10)
            schedule[i] = schedule[i - 16] &+ s0 &+ schedule[i - 7] &+ s1
        }
        return schedule
    }
}
