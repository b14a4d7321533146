import Accumulator
import CSeqlock
import Glibc

/// What a writer's thread does all day: look at its mail, take what is on the rings, publish, wait.
///
/// Nothing in here waits for another thread, everything is bounded, and after the start nothing allocates but
/// the keys that producers define.
struct WriterLoop: ~Copyable {
    /// Records of one ring in one turn: a producer that floods its ring holds the others up by so many.
    static let recordsAtOnce = 512
    /// How often the writer says that it is alive.
    static let beatNs: Int64 = 25_000_000
    /// Idle turns between two looks at the clock while the writer spins.
    private static let turnsPerLook = 64

    private var writer: BookWriter
    private let mailbox: WriterMailbox
    private let ledger: RejectLedger
    private var idle: IdleWait
    private var bellSeen: UInt64 = 0
    /// Mail that could not be acted upon, because the journal had no room to say so.
    private var hasMailLeft = false
    private var producers = InlineArray<64, ProducerName>(repeating: ProducerName())
    /// Rings that are to be given back when they are drained.
    private var leaving: UInt64 = 0
    private var isLive = false
    private var nextBeatNs: Int64 = 0
    private var idleTurns = 0
    /// The ring whose rejects the ledger is told of.
    private var ledgerRing = -1
    /// Up to where each ring is to be taken before the book goes live, or ends.
    private var goals = InlineArray<64, UInt64>(repeating: 0)

    init(
        _ writer: consuming BookWriter, mailbox: WriterMailbox, ledger: RejectLedger, wait: IdleWait
    ) {
        self.writer = writer
        self.mailbox = mailbox
        self.ledger = ledger
        idle = wait
    }

    /// Runs until the mailbox says stop.
    mutating func run() {
        while mailbox.stopDeadlineNs == nil { turn() }
        end()
    }

    /// Reads the mail, takes what is on the rings, and waits a little when there was nothing.
    @inline(__always)
    mutating func turn() {
        if mailbox.bellCount != bellSeen || hasMailLeft { readMail() }
        if drainRings() {
            idle.reset()
            beatIfDue(pks_monotonic_ns())
            return
        }
        idleTurns &+= 1
        // Without a pause instruction, half of which a fill that comes meanwhile would wait for.
        if idle.isSpinning && idleTurns % Self.turnsPerLook != 0 { return }
        let nowNs = pks_monotonic_ns()
        beatIfDue(nowNs)
        idle.wait(nowNs: nowNs)
    }

    /// One turn around the rings. False when there was nothing on any.
    private mutating func drainRings() -> Bool {
        var taken = 0
        var rest = writer.attachedRings
        while rest != 0 {
            let ring = rest.trailingZeroBitCount
            rest &= rest &- 1
            let count = drain(ring, countMax: Self.recordsAtOnce)
            if count == 0 && leaving >> UInt64(ring) & 1 == 1 && mayLeave(ring) { giveBack(ring) }
            taken &+= count
        }
        return taken != 0
    }

    @inline(__always)
    private mutating func drain(_ ring: Int, countMax: Int) -> Int {
        if ring != ledgerRing { turnLedger(to: ring) }
        let count = writer.drain(ring: ring, countMax: countMax)
        // The rejects of this drain are this ring's. Nothing happens when there are none.
        writer.book.effects.flush()
        return count
    }

    private mutating func turnLedger(to ring: Int) {
        ledgerRing = ring
        ledger.producer = producers[ring]
    }

    /// What is due now and then: signs of life, the rejects' copy, and what became of broken rings.
    private mutating func beatIfDue(_ nowNs: Int64) {
        if nowNs >= nextBeatNs { beat(nowNs) }
    }

    private mutating func beat(_ nowNs: Int64) {
        nextBeatNs = nowNs &+ Self.beatNs
        writer.setBus(mailbox.busWords)
        writer.beat()
        mailbox.setHeartbeat(nowNs)
        ledger.handOver()
        reportQuarantines()
    }

    private func reportQuarantines() {
        var rest = writer.attachedRings
        while rest != 0 {
            let ring = rest.trailingZeroBitCount
            rest &= rest &- 1
            mailbox.setQuarantine(writer.quarantineReason(ring: ring), of: ring)
        }
    }

    // MARK: - Mail

    private mutating func readMail() {
        bellSeen = mailbox.bellCount
        hasMailLeft = false
        for place in 0..<WriterMailbox.placeCount {
            switch mailbox.state(of: place) {
            case .offered:
                guard writer.canChangeRings else {
                    hasMailLeft = true
                    continue
                }
                guard let feed = mailbox.take(place) else { continue }
                producers[place] = ProducerName(feed.producer)
                turnLedger(to: place)
                writer.attach(feed, at: place)
                writer.book.effects.flush()
            case .leaving: leaving |= 1 << UInt64(place)
            case .vacant, .attached, .returned: continue
            }
        }
        if mailbox.isLiveWanted && !isLive {
            isLive = true
            drainWhatIsThere(deadlineNs: .max, stopsForStop: true)
            writer.goLive()
            mailbox.setPhase(.live)
            beat(pks_monotonic_ns())
        }
    }

    /// A ring leaves when all of it is taken, and with a journal when that can be said there.
    private mutating func mayLeave(_ ring: Int) -> Bool {
        guard writer.canChangeRings else { return false }
        return writer.quarantineReason(ring: ring) != PKS_QUARANTINE_NONE
            || writer.publishedCount(ring: ring) == writer.takenCount(ring: ring)
    }

    private mutating func giveBack(_ ring: Int) {
        leaving &= ~(1 << UInt64(ring))
        mailbox.setQuarantine(writer.quarantineReason(ring: ring), of: ring)
        mailbox.giveBack(writer.detach(ring: ring), at: ring)
    }

    // MARK: - The start and the end

    /// Takes what stands on the rings at this moment, and no more. Returns how many records are left when the
    /// time is up.
    @discardableResult
    private mutating func drainWhatIsThere(deadlineNs: Int64, stopsForStop: Bool) -> UInt64 {
        var open: UInt64 = 0
        for ring in 0..<WriterMailbox.placeCount where writer.isAttached(ring) {
            goals[ring] = writer.publishedCount(ring: ring)
            if goals[ring] != writer.takenCount(ring: ring) { open |= 1 << UInt64(ring) }
        }
        while open != 0 {
            let nowNs = pks_monotonic_ns()
            beatIfDue(nowNs)
            if nowNs >= deadlineNs || (stopsForStop && mailbox.stopDeadlineNs != nil) { break }
            var rest = open
            var taken = 0
            while rest != 0 {
                let ring = rest.trailingZeroBitCount
                rest &= rest &- 1
                let count = drain(ring, countMax: Int(min(left(ring), UInt64(Self.recordsAtOnce))))
                taken += count
                let isEmpty = count == 0 && !writer.waitsForJournal
                if isEmpty || left(ring) == 0 { open &= ~(1 << UInt64(ring)) }
            }
            if taken == 0 { sched_yield() }
        }
        var count: UInt64 = 0
        while open != 0 {
            count &+= left(open.trailingZeroBitCount)
            open &= open &- 1
        }
        return count
    }

    /// Waits until all that was taken is durable, so that producers know and slots show it.
    private mutating func awaitDurable(deadlineNs: Int64) {
        while writer.hasUndurable {
            let nowNs = pks_monotonic_ns()
            if nowNs >= deadlineNs || writer.hasJournalFailed { return }
            beatIfDue(nowNs)
            sched_yield()
        }
    }

    /// Records of a ring before its goal; a pair may reach one beyond it.
    private func left(_ ring: Int) -> UInt64 {
        let taken = writer.takenCount(ring: ring)
        return taken < goals[ring] ? goals[ring] - taken : 0
    }

    private mutating func end() {
        let deadlineNs = mailbox.stopDeadlineNs ?? 0
        let left = drainWhatIsThere(deadlineNs: deadlineNs, stopsForStop: false)
        awaitDurable(deadlineNs: deadlineNs)
        writer.setBus(mailbox.busWords)
        writer.beat()
        // With `keep` nothing is removed, so nothing can fail.
        try? writer.stop(keep: true)
        mailbox.setHeartbeat(pks_monotonic_ns())
        ledger.handOverAtLast()
        reportQuarantines()
        mailbox.setLeft(left)
        mailbox.setPhase(.stopped)
    }
}
