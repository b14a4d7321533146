/// Fills into a book, from a gateway or a strategy written in Swift: the safe face of CSeqlock's producer,
/// which programs in C and C++ use as it is. docs/producers.md says how to live with it.
///
/// What stays out: everything but CSeqlock. A program that links this links no other part of pks.
public import CSeqlock

// SAFETY: `producer` is this value's own from init to deinit; what changes through it is mutating, so one thread
// at a time has it.
/// The sending end of a fill ring. One thread at a time uses it; one process at a time has a producer's name.
/// Putting and publishing neither allocate, nor call into the system, nor wait.
///
/// ```swift
/// var producer = try FillProducer(ProducerOptions(book: "main", producer: "gateway"))
/// guard case .handle(let handle) = producer.define(account: "acc", strategy: "strat", symbol: "BTCUSDT")
/// else { exit(69) }
/// var fill = pks_fill_record(.buy, handle: handle, qty: 100_000_000, price: 6_000_000_000_000)
/// guard fill.setTradeID("T-1"), fill.setOrderID("O-1") else { exit(65) }
/// while producer.put(fill) == .full { sched_yield() }  // the writer is behind
/// producer.publish()
/// ```
@safe
public struct FillProducer: ~Copyable, @unchecked Sendable {
    // SAFETY: made in init, freed in deinit.
    @usableFromInline let producer: UnsafeMutablePointer<pks_producer>

    /// Makes the producer's ring, or goes on with the one that an earlier life of the producer left: its records
    /// are still the writer's, its keys still defined, and its sizes stay. Takes the producer's lock, which is given
    /// back with this value. Reserves all memory, so that no later touch can fail. Allocates.
    ///
    /// Throws `alreadyRunning` when another process has the name, `noSpace`, `badName`, `badOption`,
    /// `unsafeRunDirectory`, `system`; and for a ring that exists but cannot be trusted to be whole (`truncated`,
    /// `wrongVersion`, `wrongLayout`, `invalid`, `wrongOwner`), because it may hold fills that nobody has applied
    /// yet. A file that is no ring at all is replaced.
    public init(_ options: ProducerOptions) throws(ProducerError) {
        // SAFETY: the error is a local that outlives the call; what open gives is this value's alone.
        var error = unsafe pks_producer_error()
        guard let producer = unsafe try options.open(&error) else {
            throw unsafe ProducerError(error)
        }
        unsafe self.producer = producer
    }

    deinit { unsafe pks_producer_free(producer) }

    /// The file of the ring. Allocates.
    public var path: String { unsafe String(cString: producer.pointee.path) }

    /// Records that fit.
    public var recordCapacity: Int { Int(unsafe producer.pointee.capacity) }

    /// Handles that can be defined.
    public var handleCapacity: Int { Int(unsafe producer.pointee.handle_capacity) }

    /// The ring was left by an earlier life of this producer, and goes on where that ended.
    public var isResumed: Bool { unsafe producer.pointee.is_resumed != 0 }

    // MARK: - Where the two ends are

    /// Records put since the ring was made, published or not: fills, extensions and keys.
    public var putCount: UInt64 { unsafe pks_producer_tail(producer) }

    /// Records that are in the book. When it is `putCount` after a publish, everything is.
    public var appliedCount: UInt64 { unsafe pks_producer_applied(producer) }

    /// Records whose room the writer has given back.
    public var freedCount: UInt64 { unsafe pks_producer_freed(producer) }

    /// Records that can be put now. Looks at the writer's cursor.
    public var room: Int { Int(clamping: unsafe pks_producer_room(producer)) }

    /// What became of the records in this life of the book. The writer tells it a little after it has applied them:
    /// final for all records before `appliedCount` once `writerHeartbeatNs` is later than the moment at which that
    /// was seen.
    public var counts: ProducerCounts {
        var counts = pks_producer_counts()
        unsafe pks_producer_counts(producer, &counts)
        return ProducerCounts(
            writerEpoch: counts.writer_epoch, fills: counts.fills, duplicates: counts.duplicates,
            rejects: counts.rejects)
    }

    /// Which life of the book reads the ring, 0 when none ever did. When it changes, a restarted writer reads
    /// again from `freedCount`.
    public var writerEpoch: UInt64 { unsafe pks_producer_writer_epoch(producer) }

    /// The writer's last look at this ring, CLOCK_MONOTONIC ns; 0 when there was none.
    public var writerHeartbeatNs: Int64 { unsafe pks_producer_writer_heartbeat_ns(producer) }

    /// Why the writer reads this ring no more, one of PKS_QUARANTINE_*; nil while it does.
    public var quarantineReason: UInt64? {
        let reason = unsafe pks_producer_quarantine(producer)
        return reason == UInt64(PKS_QUARANTINE_NONE) ? nil : reason
    }

    /// The writer has stopped reading this ring because its content is broken.
    public var isQuarantined: Bool { quarantineReason != nil }

    // MARK: - The end

    /// Says that the producer is alive at CLOCK_MONOTONIC `nowNs`.
    public mutating func beat(nowNs: Int64) { unsafe pks_producer_beat(producer, nowNs) }

    /// Publishes what was put and says that nothing comes any more until the producer is opened again.
    public mutating func close() { unsafe pks_producer_close(producer) }

    /// Closes the ring and takes its name away when the writer needs nothing of it any more (`freedCount` is
    /// `putCount`); false when it is not yet so. A writer that has it mapped keeps it until it lets go.
    /// Throws `system`.
    public mutating func removeIfDrained() throws(ProducerError) -> Bool {
        // SAFETY: the error is a local that outlives the call.
        var error = unsafe pks_producer_error()
        let result = unsafe pks_producer_remove_if_drained(producer, &error)
        if result < 0 { throw unsafe ProducerError(error) }
        return result == 1
    }

    /// The same when everything is in the book (`appliedCount` is `putCount`). As long as the writer keeps no
    /// journal, a crash of it after this needs the fills from their source again: they are nowhere else.
    /// Throws `system`.
    public mutating func removeIfApplied() throws(ProducerError) -> Bool {
        // SAFETY: the error is a local that outlives the call.
        var error = unsafe pks_producer_error()
        let result = unsafe pks_producer_remove_if_applied(producer, &error)
        if result < 0 { throw unsafe ProducerError(error) }
        return result == 1
    }
}
