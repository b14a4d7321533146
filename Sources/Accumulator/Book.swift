public import CSeqlock
import FixedPoint
public import LotMatching

/// The positions of one book: a pure state machine over records.
///
/// `Book.apply` is a function of the state and the record, and of nothing else: no clock, no I/O, no
/// randomness that shows. Replaying the same records gives the same state, the same effects and the same
/// digest. What is in this room: duplicates, validation, matching into lots, money, effects. What stays
/// out: rings, shared memory, threads, files (`BookWriter` and the modules around it).
///
/// One thread at a time. All memory is reserved in `init`; applying a fill allocates nothing unless
/// effects are on or the fill carries an extension with a new fee currency. Every sum is checked: a fill
/// that would leave the range of any field is rejected and changes nothing.
@safe
public struct Book: ~Copyable {
    /// What decides the results.
    public internal(set) var config: BookConfig
    /// Sequence number of the last record taken, applied or not; 0 before the first.
    public internal(set) var seq: UInt64 = 0
    /// What was seen so far.
    public internal(set) var counters = BookCounters()
    /// Rejects by the raw value of their reason.
    public internal(set) var rejectsByReason = InlineArray<64, UInt64>(repeating: 0)
    /// The highest event time of an applied fill; Int64.min before the first.
    public internal(set) var watermarkNs = Int64.min
    /// Fees in currencies other than the instrument's, apart by key and currency.
    public internal(set) var otherFees: [OtherFeeKey: Int64] = [:]

    var lateBeforeNs = Int64.min
    var forgottenThroughNs = Int64.min
    var hasForgotten = false
    // SAFETY: positionsMax places, mapped in init and unmapped in deinit, zeroed, so that every place is a
    // valid Position; indexed by defined handles, which are below positionsMax.
    let positions: UnsafeMutablePointer<Position>
    let identityHash: IdentityHash
    let identities: IdentityTable
    var identityFilter: IdentityFilter
    var window: FillWindow
    var lots: LotStore
    var openings: OpeningFills
    var keys: KeyTable
    /// Where effects go.
    public var effects: EffectLog

    /// An empty book. Reserves all memory that it will ever use.
    public init(_ config: BookConfig, effects: consuming EffectLog = EffectLog()) {
        precondition(config.positionsMax > 0 && config.positionsMax <= Int(PKS_CAPACITY_MAX))
        self.config = config
        self.effects = effects
        let places = config.identityPlaces
        unsafe positions = HugePages.allocateZeroed(bytes: config.positionsMax * Self.positionBytes)
            .assumingMemoryBound(to: Position.self)
        precondition(MemoryLayout<Position>.stride == Self.positionBytes)
        identityHash = IdentityHash(seed: config.hashSeed)
        identities = IdentityTable(entriesMax: places)
        identityFilter = IdentityFilter(entriesMax: places)
        window = FillWindow(countMax: config.identitiesMax, placesMax: places)
        lots = LotStore(lotsMax: config.lotsMax)
        // SAFETY: advice about memory that `lots` holds for as long as the book.
        unsafe HugePages.advise(lots.reserve)
        openings = OpeningFills(countMax: config.lotsMax)
        keys = KeyTable(countMax: config.positionsMax)
    }

    deinit {
        // SAFETY: the mapping made in init.
        unsafe HugePages.free(
            UnsafeMutableRawPointer(positions), bytes: config.positionsMax * Self.positionBytes)
    }

    /// Goes on with the static data, the methods and the name of another configuration, for keys to come. The bounds
    /// stay: records change those.
    public mutating func adopt(_ other: BookConfig) {
        config.name = other.name
        config.method = other.method
        config.instruments = other.instruments
    }

    /// How many keys are defined: handles are 0 ..< positionCount.
    public var positionCount: Int { keys.count }

    /// The position of a defined handle, as it is now. The pointer is valid while the book lives.
    @inline(__always)
    public func position(_ handle: UInt32) -> UnsafePointer<Position> {
        // SAFETY: callers hold handles below positionCount <= positionsMax.
        unsafe UnsafePointer(positions + Int(handle))
    }

    /// The names of a defined handle. Allocates.
    public func names(_ handle: UInt32) -> KeyNames {
        // SAFETY: the table checks the handle and holds the record.
        unsafe keys[handle].names
    }

    /// The KEY record that defined a handle, valid while the book lives.
    public func keyRecord(_ handle: UInt32) -> UnsafePointer<pks_key_record> {
        // SAFETY: the table checks the handle and lives as long as the book.
        unsafe keys[handle]
    }

    /// The open lots of a handle in the order of opening, each with its opening fill. For `average` one row,
    /// the pool, whose price is not stated here: it is `openCost` over the net quantity. Allocates.
    public func openLots(_ handle: UInt32) -> [OpenLot] {
        // SAFETY: a handle below positionCount; references in open lots are live.
        let position = unsafe position(handle).pointee
        if position.method == .average {
            guard position.slot.net_qty != 0 else { return [] }
            let remaining = Int64(position.slot.net_qty.magnitude)
            let opening = unsafe openings[position.poolOpening].pointee
            let pool = Lot(
                price: Price(units: 0), remaining: Quantity(units: remaining),
                openSeq: position.poolOpenSeq, opening: position.poolOpening, tag: 0)
            return [OpenLot(lot: pool, opening: opening, isPool: true)]
        }
        return lots.lots(in: position.lots, method: position.method).map { lot in
            OpenLot(lot: lot, opening: unsafe openings[lot.opening].pointee, isPool: false)
        }
    }
}

/// An open lot with the fill that opened it.
public struct OpenLot {
    /// Price, what remains, and the order of opening.
    public let lot: Lot
    /// The opening fill. For a pool the fill that opened it, with `qtyOpen` all that ever went in.
    public let opening: OpeningFill
    /// Whether this is the pool of the `average` method, which has no ids.
    public let isPool: Bool
}

/// A key and a currency that is not its instrument's.
public struct OtherFeeKey: Hashable, Sendable {
    /// The key.
    public var handle: UInt32
    /// Eight bytes of NUL-padded text, as a word.
    public var currency: UInt64

    /// The currency as text. Allocates.
    public var currencyText: String {
        // SAFETY: the word's own eight bytes.
        unsafe withUnsafeBytes(of: currency) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
