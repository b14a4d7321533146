import CSeqlock
import ShmReader

/// Follows one attached book through its change ring. What it costs grows with what changes: a slot that stands
/// still is never looked at, and one that changed a thousand times between two looks is read once.
final class BookFollower {
    private var reader: SegmentReader
    private var cursor: UInt64 = 0
    /// Slots to read at the next look, each once.
    private var due: [Int] = []
    private var isDue: [Bool] = []
    /// How often a slot had been published when it was read, to leave out those that stood still after a lap.
    private var seen: [UInt64] = []
    private var keyCount = 0
    private var isNewLife = false
    private let rings: RingFollower
    private var reattachFailure: String?
    private var isGone = false

    /// Changes that came, and how often the writer was a whole ring ahead.
    private(set) var changeCount: UInt64 = 0
    private(set) var laps: UInt64 = 0
    /// Changes that had not been looked at when the ring was last looked at.
    private(set) var lag: UInt64 = 0

    /// Attaches. Throws what attaching throws.
    init(book: String, directory: String) throws(AttachError) {
        reader = try SegmentReader(book: book, directory: directory)
        rings = RingFollower(book: book, directory: directory)
        rings.discover()
        begin()
    }

    /// Entries that the change ring has room for.
    var changeCapacity: Int { Int(reader.header.change_capacity) }
    /// Slots that wait to be read.
    var dueCount: Int { due.count }
    /// Whether the segment has lost its name and nothing has taken its place.
    var hasGone: Bool { isGone }

    func discoverRings() { rings.discover() }

    /// Everything at first: the cursor is taken before the slots are listed, so that nothing falls between.
    private func begin() {
        cursor = reader.changeCursor()
        due.removeAll(keepingCapacity: true)
        isDue = []
        seen = []
        keyCount = 0
        grow()
        for slot in isDue.indices { list(slot) }
    }

    /// Takes what is in the change ring. As many entries as the ring can hold and no more, so that a writer at full
    /// speed does not keep this loop for ever.
    func drain() {
        lag = reader.changeCursor() &- cursor
        for _ in 0..<changeCapacity {
            switch reader.nextChange(&cursor) {
            case .none: return
            case .slot(let slot):
                changeCount += 1
                if slot >= isDue.count { grow() }
                if slot < isDue.count { list(slot) }
            case .lapped(let missed):
                changeCount += missed
                laps += 1
                grow()
                for slot in isDue.indices where reader.sequence(of: slot) != seen[slot] { list(slot) }
                return
            }
        }
    }

    private func grow() {
        let count = reader.slotCount
        while isDue.count < count {
            isDue.append(false)
            seen.append(0)
        }
    }

    private func list(_ slot: Int) {
        if isDue[slot] { return }
        isDue[slot] = true
        due.append(slot)
    }

    /// Reads what has changed since the look before.
    func look(nowNs: Int64, latency: inout ReadLatency, retries: inout UInt64) -> BookUpdate {
        reattach(nowNs)
        drain()
        var update = BookUpdate(book: reader.book, health: health(nowNs))
        update.isNewLife = isNewLife
        isNewLife = false
        update.changes.reserveCapacity(due.count)
        var busy: [Int] = []
        var position = pks_position()
        let slots = due
        due.removeAll(keepingCapacity: true)
        for slot in slots {
            isDue[slot] = false
            // Before the value: a publish in between is then seen as a change to come.
            seen[slot] = reader.sequence(of: slot)
            let startNs = pks_monotonic_ns()
            let result = reader.read(slot, into: &position, retries: &retries)
            latency.add(pks_monotonic_ns() - startNs)
            switch result {
            case .value: update.changes.append(BookUpdate.Change(slot: slot, position: position))
            case .busy: busy.append(slot)
            case .notFound: break
            }
        }
        for slot in busy { list(slot) }
        // After the values, which may be of slots that were claimed a moment ago.
        while keyCount < isDue.count, let key = reader.key(of: keyCount) {
            update.keys.append(BookUpdate.NewKey(slot: keyCount, key: key))
            keyCount += 1
        }
        return update
    }

    /// Reads the whole book once, as of one record when the writer leaves time for it. False when each position is
    /// right by itself only.
    func snapshot(nowNs: Int64) -> (update: BookUpdate, isOneMoment: Bool) {
        var snapshot = PositionSnapshot()
        let result = reader.snapshot(into: &snapshot)
        let hasDied = reader.hasWriterDied()
        guard case .consistent = result else {
            var latency = ReadLatency()
            var retries: UInt64 = 0
            var update = look(nowNs: nowNs, latency: &latency, retries: &retries)
            if hasDied { update.health.condition = .dead }
            return (update, false)
        }
        var update = BookUpdate(book: reader.book, health: health(nowNs))
        if hasDied { update.health.condition = .dead }
        for (slot, position) in snapshot.positions.enumerated() {
            guard let key = reader.key(of: slot) else { continue }
            update.keys.append(BookUpdate.NewKey(slot: slot, key: key))
            update.changes.append(BookUpdate.Change(slot: slot, position: position))
        }
        return (update, true)
    }

    private func reattach(_ nowNs: Int64) {
        do throws(AttachError) {
            switch try reader.reattachIfNeeded(nowNs: nowNs) {
            case .current: isGone = false
            case .gone: isGone = true
            case .reattached:
                isGone = false
                isNewLife = true
                begin()
            }
            reattachFailure = nil
        } catch {
            reattachFailure = error.description
        }
    }

    private func health(_ nowNs: Int64) -> BookHealth {
        var health = BookHealth(condition: condition(nowNs))
        health.path = reader.path
        health.abi = "\(reader.header.abi_major).\(reader.header.abi_minor)"
        health.epoch = reader.epoch
        health.writerPid = reader.header.writer.pid
        health.createdNs = reader.header.created_monotonic_ns
        health.heartbeatNs = reader.heartbeatNs
        health.appliedSeq = reader.appliedSeq
        health.durableSeq = reader.durableSeq
        health.counters = reader.counters
        if health.counters?.rejects != 0 { health.rejects = rejects() }
        health.rings = rings.status()
        health.bus = reader.bus
        return health
    }

    private func condition(_ nowNs: Int64) -> BookHealth.Condition {
        if let reattachFailure { return .unreadable(reattachFailure) }
        if isGone { return .gone }
        let status = reader.writerStatus(nowNs: nowNs)
        switch status {
        case .stopped, .retired: return .writer(status)
        case .starting, .live, .degraded, .stale: break
        }
        // /proc is asked only when the heart has missed a few beats.
        let ageNs = nowNs - reader.heartbeatNs
        return ageNs > 300_000_000 && !reader.isWriterAlive ? .dead : .writer(status)
    }

    private func rejects() -> [BookHealth.RejectCount] {
        (1..<Int(PKS_REJECT_REASONS)).compactMap { reason in
            let count = reader.rejects(reason: reason)
            if count == 0 { return nil }
            // SAFETY: the name is a literal that lives for ever.
            let name = unsafe String(cString: pks_reject_name(UInt32(reason)))
            return BookHealth.RejectCount(reason: name, count: count)
        }
        .sorted { $0.count > $1.count }
    }
}
