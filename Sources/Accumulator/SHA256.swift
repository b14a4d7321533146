/// SHA-256 (FIPS 180-4), for digests of state. Not for secrets, and not on the hot path.
struct SHA256 {
    private var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
        0x5be0_cd19,
    ]
    private var block: [UInt8] = []
    private var schedule = [UInt32](repeating: 0, count: 64)
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

    init() { block.reserveCapacity(64) }

    mutating func update(_ value: some FixedWidthInteger) {
        // SAFETY: the number's own bytes.
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe update(bytes: $0) }
    }

    mutating func update(bytes: UnsafeRawBufferPointer) {
        for index in 0..<bytes.count {
            // SAFETY: index < count.
            block.append(unsafe bytes[index])
            if block.count == 64 { compress() }
        }
        byteCount += UInt64(bytes.count)
    }

    mutating func finish() -> [UInt8] {
        let bitCount = byteCount * 8
        block.append(0x80)
        if block.count == 64 { compress() }
        while block.count != 56 {
            block.append(0)
            if block.count == 64 { compress() }
        }
        for shift in stride(from: 56, through: 0, by: -8) {
            block.append(UInt8(truncatingIfNeeded: bitCount >> UInt64(shift)))
        }
        compress()
        return state.flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
    }

    private mutating func compress() {
        func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
        for i in 0..<16 {
            schedule[i] = (0..<4).reduce(0) { $0 << 8 | UInt32(block[i * 4 + $1]) }
        }
        for i in 16..<64 {
            let a = schedule[i - 15]
            let b = schedule[i - 2]
            let s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3)
            let s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10)
            schedule[i] = schedule[i - 16] &+ s0 &+ schedule[i - 7] &+ s1
        }
        var v = state
        for i in 0..<64 {
            let s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)
            let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
            let t1 = v[7] &+ s1 &+ choice &+ Self.constants[i] &+ schedule[i]
            let s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
            v = [t1 &+ s0 &+ majority, v[0], v[1], v[2], v[3] &+ t1, v[4], v[5], v[6]]
        }
        for i in 0..<8 { state[i] = state[i] &+ v[i] }
        block.removeAll(keepingCapacity: true)
    }
}
