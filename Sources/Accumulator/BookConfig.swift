public import LotMatching

/// Everything that decides what a book computes, and its bounds. Two books with equal configurations that
/// apply the same records have the same state (`hashSeed` changes nothing that can be seen).
public struct BookConfig: Sendable {
    /// The book's name, at most 64 bytes of letters, digits, `.`, `_` and `-`.
    public var name: String
    /// The method of keys without an override.
    public var method: LotMethod
    /// Static data and overrides.
    public var instruments: InstrumentTable
    /// The most keys (positions, slots).
    public var positionsMax: Int
    /// The most open lots in all.
    public var lotsMax: Int
    /// The most fills whose identity is remembered, at least 1. A power of two less 32 wastes no memory.
    public var identitiesMax: Int
    /// For how long of event time an identity is certainly remembered, in ns.
    public var identityWindowNs: Int64
    /// A fill this much older than the newest event time, in ns, is flagged late.
    public var lateAfterNs: Int64
    /// The most (key, currency) pairs of fees in other currencies.
    public var otherFeesMax: Int
    /// Seed of the identity hash; a running service draws it at random.
    public var hashSeed: UInt64

    /// A configuration with the product's defaults.
    public init(
        name: String = "main", method: LotMethod = .fifo, instruments: InstrumentTable = InstrumentTable(),
        positionsMax: Int = 1 << 14, lotsMax: Int = 1 << 22, identitiesMax: Int = (1 << 22) - 32,
        identityWindowNs: Int64 = 7 * 86_400_000_000_000, lateAfterNs: Int64 = 5_000_000_000,
        otherFeesMax: Int = 1 << 16, hashSeed: UInt64 = 0x9e37_79b9_7f4a_7c15
    ) {
        self.name = name
        self.method = method
        self.instruments = instruments
        self.positionsMax = positionsMax
        self.lotsMax = lotsMax
        self.identitiesMax = identitiesMax
        self.identityWindowNs = identityWindowNs
        self.lateAfterNs = lateAfterNs
        self.otherFeesMax = otherFeesMax
        self.hashSeed = hashSeed
    }

    /// Places of the fill window: a power of two with room for what is staged ahead.
    var identityPlaces: Int {
        var places = 64
        while places < identitiesMax + FillWindow.aheadMax { places *= 2 }
        return places
    }
}

/// Counts of everything a book has seen since it began. Plain sums; they wrap never in practice.
public struct BookCounters: Equatable, Sendable {
    /// Fills applied.
    public var fills: UInt64 = 0
    /// Fills ignored because the same fill was applied before.
    public var duplicates: UInt64 = 0
    /// Fills refused because their identity was used with other economics (also counted as rejects).
    public var conflicts: UInt64 = 0
    /// Records refused, for any reason.
    public var rejects: UInt64 = 0
    /// Applied fills that came later than the watermark allows.
    public var late: UInt64 = 0
    /// Matches of an opening with a closing fill.
    public var matches: UInt64 = 0
    /// Open lots now.
    public var openLots: UInt64 = 0
}
