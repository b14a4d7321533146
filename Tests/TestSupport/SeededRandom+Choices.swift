extension SeededRandom {
    /// True this often in a hundred.
    public mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    /// One of the choices, of which there must be one.
    public mutating func pick<T>(_ choices: [T]) -> T {
        choices[Int.random(in: 0..<choices.count, using: &self)]
    }

    /// Numbers of every length, with the edges far more often than chance would give them.
    public mutating func edgeInt64() -> Int64 {
        if chance(25) {
            return pick([0, 1, -1, Int64.max, Int64.min, Int64.max - 1, Int64.min + 1, 1 << 32, -1 << 62])
        }
        return Int64(bitPattern: next()) >> Int64.random(in: 0..<64, using: &self)
    }
}
