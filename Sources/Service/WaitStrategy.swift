/// How a writer passes the time while no ring has anything for it.
public enum WaitStrategy: String, Sendable, CaseIterable {
    /// Looks again at once. The lowest latency; takes a whole core.
    case spin
    /// Offers the core to others between two looks. Takes a core that nobody else wants.
    case yield
    /// Sleeps between two looks, longer and longer, up to two milliseconds. Takes almost nothing.
    case park
    /// Spins for some microseconds after the last fill, then yields, then sleeps: fast in a burst and quiet in
    /// a pause. The default.
    case adaptive
}
