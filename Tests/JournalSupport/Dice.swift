import Synchronization
import TestSupport

/// Random numbers for closures that several threads may call.
public final class Dice: Sendable {
    private let random: Mutex<SeededRandom>

    /// The same seed gives the same numbers.
    public init(seed: UInt64) { random = Mutex(SeededRandom(seed: seed)) }

    /// The next number.
    public func roll() -> UInt64 { random.withLock { $0.next() } }
}
