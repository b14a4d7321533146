import Glibc

/// Where random tests begin. `PKS_TEST_SEED=n` repeats a failure that printed n; `PKS_TEST_STREAMS=n` runs
/// n times as many streams.
public enum TestSeed {
    /// The first seed: that of the environment, or always the same one.
    public static let base: UInt64 = number("PKS_TEST_SEED") ?? 20_240_808

    /// How many streams to run where a quick run has `count`. One when a seed was asked for: the one that
    /// failed.
    public static func streams(_ count: Int) -> Int {
        if number("PKS_TEST_SEED") != nil { return 1 }
        return count * Int(number("PKS_TEST_STREAMS") ?? 1)
    }

    private static func number(_ name: String) -> UInt64? {
        // SAFETY: getenv returns NULL or text that ends in NUL; tests do not change the environment.
        guard let text = unsafe getenv(name) else { return nil }
        return unsafe UInt64(String(cString: text))
    }
}
