import TestSupport

extension SeededRandom {
    /// Numbers of every length, with the boundaries far more often than chance would give them.
    mutating func int64() -> Int64 {
        let edges: [Int64] = [0, 1, -1, 10, -10, Int64.max, Int64.min, Int64.max - 1, Int64.min + 1]
        if Int.random(in: 0..<4, using: &self) == 0 { return edges.randomElement(using: &self) ?? 0 }
        return Int64(bitPattern: next()) >> Int64.random(in: 0..<64, using: &self)
    }

    /// As `int64`, over 128 bits.
    mutating func int128() -> Int128 {
        let edges: [Int128] = [0, 1, -1, Int128.max, Int128.min, Int128(Int64.max), Int128(Int64.min)]
        if Int.random(in: 0..<4, using: &self) == 0 { return edges.randomElement(using: &self) ?? 0 }
        let bits = Int128(truncatingIfNeeded: UInt128(next()) << 64 | UInt128(next()))
        return bits >> Int128.random(in: 0..<128, using: &self)
    }
}
