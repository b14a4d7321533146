public import CSeqlock
import Glibc
import ShmFiles

/// How the writer of a segment is, as its readers can tell. Times are CLOCK_MONOTONIC ns.
public enum WriterStatus: Sendable, Equatable {
    /// Recovering; positions are not complete yet.
    case starting
    /// All is well.
    case live
    /// Positions are right, but something is wrong: a set of PKS_DEGRADED_* bits.
    case degraded(reasons: UInt64)
    /// Ended in good order; what is in the slots is final.
    case stopped(sinceNs: Int64)
    /// Another segment has taken this one's name: re-attach.
    case retired(sinceNs: Int64)
    /// No heartbeat since then: the writer is dead, stopped by a debugger, or starved. Its positions are
    /// the last good ones.
    case stale(sinceNs: Int64)

    /// The state in one word, which never changes: `live`, `stale` ...
    public var name: String {
        switch self {
        case .starting: "starting"
        case .live: "live"
        case .degraded: "degraded"
        case .stopped: "stopped"
        case .retired: "retired"
        case .stale: "stale"
        }
    }
}

/// Counters of a book since it began. Each is right by itself; together they are not one moment.
public struct BookCounters: Sendable, Equatable {
    /// Fills applied.
    public var fills: UInt64
    /// Fills that came again with the same economics.
    public var duplicates: UInt64
    /// Fills that came again with other economics.
    public var conflicts: UInt64
    /// Records that were not applied.
    public var rejects: UInt64
    /// Fills later than the watermark.
    public var late: UInt64
    /// Matches made.
    public var matches: UInt64
    /// Lots open now.
    public var openLots: UInt64
    /// The highest event time seen, ns.
    public var watermarkNs: Int64
    /// Producers' rings attached now.
    public var rings: UInt64
    /// Of them, those that are read no more.
    public var ringsQuarantined: UInt64
}

extension SegmentReader {
    /// The writer's state; a starting, live or degraded writer whose heartbeat is older than `staleAfterNs`
    /// is stale. `nowNs` is CLOCK_MONOTONIC. Allocates nothing.
    public func writerStatus(
        staleAfterNs: Int64 = 1_000_000_000, nowNs: Int64 = pks_monotonic_ns()
    ) -> WriterStatus {
        let state = liveWord(\.state)
        let sinceNs = Int64(bitPattern: liveWord(\.state_since_ns))
        if state == UInt64(PKS_STATE_RETIRED) { return .retired(sinceNs: sinceNs) }
        if state == UInt64(PKS_STATE_STOPPED) { return .stopped(sinceNs: sinceNs) }
        let beatNs = heartbeatNs
        // A heartbeat from the future is as wrong as an old one, once it is further off than a beat.
        if nowNs.subtractingReportingOverflow(beatNs).partialValue.magnitude > UInt64(max(0, staleAfterNs)) {
            return .stale(sinceNs: beatNs)
        }
        switch state {
        case UInt64(PKS_STATE_STARTING): return .starting
        case UInt64(PKS_STATE_LIVE): return .live
        default: return .degraded(reasons: liveWord(\.degraded_reasons))
        }
    }

    /// Whether positions are not complete yet. One load.
    public var isStarting: Bool { liveWord(\.state) == UInt64(PKS_STATE_STARTING) }

    /// The writer's last sign of life, CLOCK_MONOTONIC ns.
    public var heartbeatNs: Int64 { Int64(bitPattern: liveWord(\.heartbeat_ns)) }

    /// Whether the process that made the segment still runs, as far as can be told from this pid namespace: one
    /// whose heart beats lives, whatever this says. Reads /proc.
    public var isWriterAlive: Bool { ProcessIdentity.isAlive(header.writer) }

    /// Whether the writer is dead without having said that it ends. A process that cannot be found may live in
    /// another pid namespace: one whose heart still beats does. Takes up to a third of a second, and only when
    /// the process cannot be found although its heart has just beaten.
    public func hasWriterDied() -> Bool {
        switch writerStatus() {
        case .stopped, .retired: return false
        case .stale: return !isWriterAlive
        case .starting, .live, .degraded: if isWriterAlive { return false }
        }
        let beatNs = heartbeatNs
        for _ in 0..<30 {
            _ = poll(nil, 0, 10)  // no descriptors: this only waits
            if heartbeatNs != beatNs { return false }
        }
        return true
    }

    /// All slots show at least this record.
    public var appliedSeq: UInt64 { liveWord(\.applied_seq) }

    /// This record and those before it are on disk.
    public var durableSeq: UInt64 { liveWord(\.durable_seq) }

    /// The book's counters.
    public var counters: BookCounters {
        BookCounters(
            fills: liveWord(\.fills), duplicates: liveWord(\.duplicates), conflicts: liveWord(\.conflicts),
            rejects: liveWord(\.rejects), late: liveWord(\.late), matches: liveWord(\.matches),
            openLots: liveWord(\.open_lots), watermarkNs: Int64(bitPattern: liveWord(\.watermark_ns)),
            rings: liveWord(\.rings), ringsQuarantined: liveWord(\.rings_quarantined))
    }

    /// How many records were refused for a reason, by its number (1 ..< PKS_REJECT_REASONS; 0 for others).
    /// docs/shm-abi.md names the reasons.
    public func rejects(reason: Int) -> UInt64 {
        guard reason > 0, reason < Int(PKS_REJECT_REASONS),
            let offset = MemoryLayout<pks_live>.offset(of: \.rejects_by_reason)
        else { return 0 }
        // SAFETY: a word inside the live lines. SYNC: partner is SegmentWriter.setRejects.
        return unsafe pks_load_acquire(
            (liveWords + offset + reason * 8).assumingMemoryBound(to: UInt64.self))
    }
}
