import Accumulator
import CSeqlock
import ShmBridge

// SAFETY: `words` and `parcels` are allocated in init and freed in deinit. A parcel belongs to the side that its
// place's state names, and changes hands with a release store that the other side's acquire load meets.
/// What the control thread and a book's writer tell each other, without either ever waiting for the other.
///
/// Each of the 64 ring numbers is a place whose state says whose turn it is: the control thread puts a ring in
/// an empty place, the writer takes it over; the control thread asks for it back, the writer drains it and lays
/// it there. Every word has one writer at a time. This is the module's one file with atomics.
@safe
final class WriterMailbox: @unchecked Sendable {
    /// How a place is.
    enum Place: UInt64 {
        /// Nothing is there. The control thread's.
        case vacant = 0
        /// A ring for the writer to attach. The writer's.
        case offered = 1
        /// The writer has it.
        case attached = 2
        /// The writer has it, and is asked to give it back when it is drained.
        case leaving = 3
        /// Detached, for the control thread to drop. The control thread's.
        case returned = 4
    }

    /// What the writer is doing.
    enum Phase: UInt64 {
        case starting = 0
        case live = 1
        case stopped = 2
    }

    static var placeCount: Int { BookWriter.ringsMax }

    // Lines of 128 bytes: what the control thread writes, what the writer writes, places, quarantines.
    private static let bell = 0
    private static let liveWanted = 1
    private static let stopWanted = 2
    private static let bus = 8
    private static let phaseWord = 16
    private static let heartbeatWord = 17
    private static let leftWord = 18
    private static let places = 32
    private static let quarantines = 32 + 64
    private static let wordCount = 32 + 128

    private let words: UnsafeMutablePointer<UInt64>
    private let parcels: UnsafeMutablePointer<RingFeed?>

    init() {
        unsafe words = .allocate(capacity: Self.wordCount)
        unsafe words.initialize(repeating: 0, count: Self.wordCount)
        unsafe parcels = .allocate(capacity: Self.placeCount)
        for place in 0..<Self.placeCount { unsafe (parcels + place).initialize(to: nil) }
    }

    deinit {
        unsafe parcels.deinitialize(count: Self.placeCount)
        unsafe parcels.deallocate()
        unsafe words.deallocate()
    }

    // SAFETY (both): the place is one of the constants above, plus a ring number below 64.
    // SYNC (both): each word's writer is named at its use; the other side's load is its partner.
    private func load(_ word: Int) -> UInt64 { unsafe pks_load_acquire(words + word) }
    private func store(_ word: Int, _ value: UInt64) { unsafe pks_store_release(words + word, value) }

    // MARK: - Either side

    func state(of place: Int) -> Place {
        precondition(place >= 0 && place < Self.placeCount)
        return Place(rawValue: load(Self.places + place)) ?? .vacant
    }

    var phase: Phase { Phase(rawValue: load(Self.phaseWord)) ?? .starting }

    // MARK: - The control thread

    /// Puts a ring in a vacant place.
    func offer(_ feed: consuming RingFeed, at place: Int) {
        precondition(state(of: place) == .vacant)
        // SAFETY: a vacant place is the control thread's.
        unsafe (parcels + place).pointee = .some(consume feed)
        store(Self.quarantines + place, 0)
        store(Self.places + place, Place.offered.rawValue)
        ring()
    }

    /// Asks for a ring back once it is drained.
    func recall(_ place: Int) {
        precondition(state(of: place) == .attached)
        store(Self.places + place, Place.leaving.rawValue)
        ring()
    }

    /// Drops a returned ring: unmaps it on this thread.
    func drop(_ place: Int) {
        precondition(state(of: place) == .returned)
        // SAFETY: a returned place is the control thread's.
        unsafe (parcels + place).pointee = nil
        store(Self.places + place, Place.vacant.rawValue)
    }

    /// Asks the writer to say live as soon as it has taken what now stands on the rings.
    func askForLive() {
        store(Self.liveWanted, 1)
        ring()
    }

    /// Asks the writer to take what stands on the rings and end, at the latest when the monotonic clock says
    /// `deadlineNs`.
    func askToStop(deadlineNs: Int64) {
        store(Self.stopWanted, UInt64(bitPattern: max(1, deadlineNs)))
        ring()
    }

    /// How the book's bus is, for the writer to show with its next beat.
    func setBus(_ words: BusWords) {
        store(Self.bus, words.state)
        store(Self.bus + 1, words.ingestSeq)
        store(Self.bus + 2, words.ingestPending)
        store(Self.bus + 3, words.publishedSeq)
        store(Self.bus + 4, words.alarms)
    }

    /// The writer's last sign of life, CLOCK_MONOTONIC ns; 0 before its first.
    var heartbeatNs: Int64 { Int64(bitPattern: load(Self.heartbeatWord)) }

    /// Records that a stopped writer had to leave on the rings because its time was up.
    var leftCount: UInt64 { load(Self.leftWord) }

    /// Why the writer reads a ring no more, by its own account; nil while it does.
    func quarantineReason(of place: Int) -> UInt64? {
        let reason = load(Self.quarantines + place)
        return reason == 0 ? nil : reason
    }

    private func ring() { store(Self.bell, load(Self.bell) &+ 1) }

    // MARK: - The writer

    /// Changes whenever there is something to look at. One load.
    @inline(__always)
    var bellCount: UInt64 { load(Self.bell) }

    /// How the book's bus is; each word is right by itself.
    var busWords: BusWords {
        var words = BusWords()
        words.state = load(Self.bus)
        words.ingestSeq = load(Self.bus + 1)
        words.ingestPending = load(Self.bus + 2)
        words.publishedSeq = load(Self.bus + 3)
        words.alarms = load(Self.bus + 4)
        return words
    }

    var isLiveWanted: Bool { load(Self.liveWanted) != 0 }

    /// When the writer is to end at the latest; nil while it is to go on.
    var stopDeadlineNs: Int64? {
        let deadline = load(Self.stopWanted)
        return deadline == 0 ? nil : Int64(bitPattern: deadline)
    }

    /// Takes over the ring of an offered place.
    func take(_ place: Int) -> RingFeed? {
        precondition(state(of: place) == .offered)
        // SAFETY: an offered place is the writer's.
        let feed = unsafe (parcels + place).pointee.take()
        store(Self.places + place, Place.attached.rawValue)
        return feed
    }

    /// Gives a ring back.
    func giveBack(_ feed: consuming RingFeed, at place: Int) {
        precondition(state(of: place) == .leaving)
        // SAFETY: a place that is leaving is the writer's.
        unsafe (parcels + place).pointee = .some(consume feed)
        store(Self.places + place, Place.returned.rawValue)
    }

    func setQuarantine(_ reason: Int32, of place: Int) {
        store(Self.quarantines + place, UInt64(UInt32(bitPattern: reason)))
    }

    func setPhase(_ phase: Phase) { store(Self.phaseWord, phase.rawValue) }

    func setHeartbeat(_ ns: Int64) { store(Self.heartbeatWord, UInt64(bitPattern: ns)) }

    func setLeft(_ count: UInt64) { store(Self.leftWord, count) }
}
