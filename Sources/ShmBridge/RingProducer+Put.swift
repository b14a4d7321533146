public import CSeqlock
import ShmFiles

extension RingProducer {
    /// Puts one fill, to be published later; several puts may share one publish.
    @inlinable @inline(__always)
    public mutating func put(_ fill: UnsafePointer<pks_fill_record>) -> RingPut {
        if tail &- freedSeen >= capacity {
            let room = makeRoom(for: 1)
            if room != .ok { return room }
        }
        // SAFETY: the record's place is masked into the ring and free, as just checked.
        unsafe pks_ring_put(records, recordMask, tail, fill)
        tail &+= 1
        return .ok
    }

    /// Puts a fill with its extension before it: both or neither.
    @inlinable @inline(__always)
    public mutating func put(
        _ extended: UnsafePointer<pks_extension_record>, fill: UnsafePointer<pks_fill_record>
    ) -> RingPut {
        if tail &- freedSeen &+ 2 > capacity {
            let room = makeRoom(for: 2)
            if room != .ok { return room }
        }
        // SAFETY: both places are masked into the ring and free, as just checked.
        unsafe pks_ring_put(records, recordMask, tail, extended)
        unsafe pks_ring_put(records, recordMask, tail &+ 1, fill)
        tail &+= 2
        return .ok
    }

    /// Shows the consumer everything put so far.
    @inlinable @inline(__always)
    public mutating func publish() {
        // SAFETY: `cursors` is inside the mapping. SYNC: partner is the acquire load of `tail` in
        // RingConsumer.available.
        unsafe pks_ring_publish(cursors, tail)
    }

    /// Defines what a handle means: puts a KEY record and keeps the key in the ring's key table, where a
    /// restarted consumer finds it. `key` states texts and decimals; its kind and handle are set here.
    /// A handle that the consumer has accepted for the same key needs no record and costs none.
    public mutating func define(handle: Int, key: pks_key_record) -> RingPut {
        guard handle >= 0, handle < handleCapacity else { return .badHandle }
        var wanted = key
        wanted.kind = UInt8(PKS_KIND_KEY)
        wanted.handle = UInt32(handle)
        var standing = pks_key_record()
        if ring.loadKey(handle, into: &standing) {
            guard Self.isSameKey(standing, wanted) else { return .redefined }
            if answer(handle) == UInt8(PKS_ANSWER_ACCEPTED) { return .ok }
        }
        let room = tail &- freedSeen >= capacity ? makeRoom(for: 1) : .ok
        if room != .ok { return room }
        // SAFETY: the handle is below the capacity of the key table; the record's place is free.
        // SYNC: the consumer looks at the table entry after it has seen a tail published after this.
        unsafe pks_ring_put(ring.keys, UInt64.max, UInt64(handle), &wanted)
        unsafe pks_ring_put(records, recordMask, tail, &wanted)
        tail &+= 1
        return .ok
    }

    /// The consumer's answer to a handle's key, one of PKS_ANSWER_*; pending when there is none yet.
    public func answer(_ handle: Int) -> UInt8 {
        guard handle >= 0, handle < handleCapacity else { return UInt8(PKS_ANSWER_MALFORMED) }
        // SAFETY: one byte a handle. SYNC: partner is the release store in RingConsumer.setAnswer.
        return unsafe pks_load_byte_acquire(ring.answers + handle)
    }

    /// The key that an earlier life of this producer gave a handle; nil when it is free.
    public func definedKey(_ handle: Int) -> pks_key_record? {
        var key = pks_key_record()
        return ring.loadKey(handle, into: &key) ? key : nil
    }

    /// Records put since the ring was made.
    public var putCount: UInt64 { tail }

    /// Records that the consumer has taken into the book.
    public var appliedCount: UInt64 {
        // SAFETY: a word of the consumer's lines. SYNC: partner is RingConsumer.setApplied.
        unsafe pks_load_acquire(ring.applied)
    }

    /// Records that the consumer needs no more because they are durable.
    public var freedCount: UInt64 {
        // SAFETY: a word of the consumer's lines. SYNC: partner is RingConsumer.setFreed.
        unsafe pks_load_acquire(ring.freed)
    }

    /// The consumer has stopped reading this ring because its content is broken.
    public var isQuarantined: Bool {
        // SAFETY: a word of the consumer's lines.
        // SYNC: partner is the release store in RingConsumer.quarantine.
        unsafe pks_load_acquire(ring.consumerState) == UInt64(PKS_RING_QUARANTINED)
    }

    /// Says that the producer is alive at CLOCK_MONOTONIC `nowNs`.
    public mutating func beat(nowNs: Int64) {
        // SAFETY: a word of the producer's line.
        // SYNC: partner is the acquire load in RingConsumer.producerHeartbeatNs.
        unsafe pks_store_release(ring.producerHeartbeat, UInt64(bitPattern: nowNs))
    }

    /// Publishes what was put and says that nothing more comes until the producer opens the ring again.
    public mutating func close() {
        publish()
        // SAFETY: a word of the producer's line.
        // SYNC: partner is the acquire load in RingConsumer.isClosed.
        unsafe pks_store_release(ring.producerState, UInt64(PKS_RING_CLOSED))
    }

    /// Removes the ring's name when all of it is freed, so that nothing is lost; false when it is not yet.
    /// A consumer that is attached keeps its mapping. Throws `system`.
    public mutating func removeIfDrained() throws(ShmError) -> Bool {
        guard freedCount == tail else { return false }
        close()
        let path = path
        try shmCall { () throws(SystemError) in try Paths.remove(path) }
        return true
    }

    /// Looks again how far the consumer is. Out of line: the consumer's cache line is touched only when
    /// the ring seems full.
    @usableFromInline @inline(never)
    mutating func makeRoom(for count: UInt64) -> RingPut {
        let freed = freedCount
        guard freed >= freedSeen, freed <= tail, !isQuarantined else { return .quarantined }
        freedSeen = freed
        return tail &- freed &+ count <= capacity ? .ok : .full
    }

    private static func isSameKey(_ left: pks_key_record, _ right: pks_key_record) -> Bool {
        var (left, right) = (left, right)
        left.source_ref = 0
        right.source_ref = 0
        // SAFETY: both copies live for the closures.
        return unsafe withUnsafeBytes(of: left) { leftBytes in
            unsafe withUnsafeBytes(of: right) { unsafe leftBytes.elementsEqual($0) }
        }
    }
}
