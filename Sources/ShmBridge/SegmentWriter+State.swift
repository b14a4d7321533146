public import CSeqlock
import ShmFiles

/// What a writer says of itself in its segment.
public enum SegmentState: Sendable, Equatable {
    /// Recovering or filling slots; positions are not complete.
    case starting
    /// All is well.
    case live
    /// Positions are right, but something is wrong: a set of PKS_DEGRADED_* bits.
    case degraded(reasons: UInt64)
    /// The writer ended in good order; nothing changes any more.
    case stopped
}

/// Counters of a book, since it began.
public struct SegmentCounters: Sendable, Equatable {
    /// Fills applied.
    public var fills: UInt64 = 0
    /// Fills that came again with the same economics.
    public var duplicates: UInt64 = 0
    /// Fills that came again with other economics.
    public var conflicts: UInt64 = 0
    /// Records that were not applied, conflicts included.
    public var rejects: UInt64 = 0
    /// Fills applied that were later than the watermark.
    public var late: UInt64 = 0
    /// Matches made.
    public var matches: UInt64 = 0
    /// Lots open now.
    public var openLots: UInt64 = 0
    /// The highest event time seen, ns.
    public var watermarkNs: Int64 = 0
    /// Producers' rings attached now.
    public var rings: UInt64 = 0
    /// Of them, those that are read no more.
    public var ringsQuarantined: UInt64 = 0

    /// All zero.
    public init() {}
}

extension SegmentWriter {
    /// Changes the state that readers see. `nowNs` is CLOCK_MONOTONIC.
    public mutating func setState(_ state: SegmentState, nowNs: Int64 = pks_monotonic_ns()) {
        let (word, reasons): (Int32, UInt64) =
            switch state {
            case .starting: (PKS_STATE_STARTING, 0)
            case .live: (PKS_STATE_LIVE, 0)
            case .degraded(let reasons): (PKS_STATE_DEGRADED, reasons)
            case .stopped: (PKS_STATE_STOPPED, 0)
            }
        // SAFETY: words of the live lines.
        // SYNC: partner is the acquire load of `state` in SegmentReader.writerStatus; the release of
        // `state` comes last, so whoever sees it sees its reasons and its time.
        unsafe pks_store_relaxed(&live.pointee.degraded_reasons, reasons)
        unsafe pks_store_relaxed(&live.pointee.state_since_ns, UInt64(bitPattern: nowNs))
        unsafe pks_store_release(&live.pointee.state, UInt64(word))
        beat(nowNs: nowNs)
    }

    /// Publishes the book's counters. Each is right by itself; together they are not one moment.
    public mutating func setCounters(_ counters: SegmentCounters) {
        // SAFETY: words of the live lines. SYNC: partner is SegmentReader.counters, relaxed on both sides.
        unsafe pks_store_relaxed(&live.pointee.fills, counters.fills)
        unsafe pks_store_relaxed(&live.pointee.duplicates, counters.duplicates)
        unsafe pks_store_relaxed(&live.pointee.conflicts, counters.conflicts)
        unsafe pks_store_relaxed(&live.pointee.rejects, counters.rejects)
        unsafe pks_store_relaxed(&live.pointee.late, counters.late)
        unsafe pks_store_relaxed(&live.pointee.matches, counters.matches)
        unsafe pks_store_relaxed(&live.pointee.open_lots, counters.openLots)
        unsafe pks_store_relaxed(&live.pointee.watermark_ns, UInt64(bitPattern: counters.watermarkNs))
        unsafe pks_store_relaxed(&live.pointee.rings, counters.rings)
        unsafe pks_store_relaxed(&live.pointee.rings_quarantined, counters.ringsQuarantined)
    }

    /// Publishes how many records were refused for a reason. A number that is none of the ABI's is ignored.
    public mutating func setRejects(reason: Int, count: UInt64) {
        guard reason > 0, reason < Int(PKS_REJECT_REASONS) else { return }
        // SAFETY: a word of the live lines; the array lies inside the structure and the place is below its count.
        // SYNC: partner is SegmentReader.rejects(reason:), relaxed on both sides.
        unsafe withUnsafeMutableBytes(of: &live.pointee.rejects_by_reason) { words in
            if let base = words.baseAddress {
                unsafe pks_store_relaxed((base + reason * 8).assumingMemoryBound(to: UInt64.self), count)
            }
        }
    }

    /// Publishes how the book's bus is. Each word is right by itself. Allocates nothing.
    public mutating func setBus(_ bus: BusWords) {
        // SAFETY: words of the live lines. SYNC: partner is SegmentReader.bus; the state comes last, with release, so
        // that whoever sees it sees words at least as new.
        unsafe pks_store_relaxed(&live.pointee.bus_ingest_seq, bus.ingestSeq)
        unsafe pks_store_relaxed(&live.pointee.bus_ingest_pending, bus.ingestPending)
        unsafe pks_store_relaxed(&live.pointee.bus_published_seq, bus.publishedSeq)
        unsafe pks_store_relaxed(&live.pointee.bus_alarms, bus.alarms)
        unsafe pks_store_release(&live.pointee.bus_state, bus.state)
    }

    /// Ends the segment in good order. With `keep` the final positions stay readable under the book's name
    /// until the next writer replaces them; otherwise the name goes, and readers that are attached keep
    /// what they have. Throws `system` when the name cannot be removed.
    public mutating func stop(keep: Bool, nowNs: Int64 = pks_monotonic_ns()) throws(ShmError) {
        setState(.stopped, nowNs: nowNs)
        if keep { return }
        let (path, ours) = (path, fileStatus)
        try shmCall { () throws(SystemError) in
            if let standing = try FileStatus.at(path), standing.isSameFile(as: ours) {
                try Paths.remove(path)
            }
        }
    }
}
