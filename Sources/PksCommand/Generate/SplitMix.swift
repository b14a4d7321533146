/// A small seeded generator: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014). Integers only, so that a seed gives the same numbers on every machine.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    /// A number below `bound`, which is above zero. The bias is below 2^-32 for the bounds used here.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True with a probability that was turned into a threshold by `threshold`.
    mutating func isBelow(_ threshold: UInt64) -> Bool { threshold > 0 && next() < threshold }

    /// A probability as what `isBelow` takes.
    static func threshold(_ probability: Double) -> UInt64 {
        probability >= 1 ? .max : UInt64(probability * 0x1p64)
    }
}
