import CWriteRing

/// An io_uring for the writes of a commit: all of them are on their way to the disk at once, and the sync comes after
/// them in a call of its own. Waiting writes and a sync that the kernel's workers would have to be woken for are what
/// this avoids (docs/decisions.md). One thread at a time.
@safe
final class WriteRing {
    /// The most pieces of a commit.
    static let piecesMax = 8

    // SAFETY: made in init, given back by `takeDown` and nil from then on; the ring's calls take it from one thread.
    private var ring: OpaquePointer?

    /// A ring that holds on to `lock`, so that a lock on that file outlives writes that a killed process has still
    /// under way. Nil when the system refuses: containers often do.
    init?(keeping lock: Int32) {
        unsafe ring = pks_write_ring_make(UInt32(Self.piecesMax), lock)
        if unsafe ring == nil { return nil }
    }

    deinit { takeDown() }

    /// False once the system has refused a submission: the ring is never used again.
    var isUsable: Bool { unsafe ring != nil }

    /// Starts all pieces, calls `meanwhile` until it returns false or all are done, and waits until the kernel has let
    /// go of each. `done[n]` becomes the bytes of piece n that
    /// were written, or a negative errno; pieces that were never started have 0.
    func write(
        _ descriptor: Int32, _ writes: [JournalWrite], done: inout [Int], meanwhile: () -> Bool
    ) {
        precondition(writes.count <= Self.piecesMax && done.count == writes.count)
        guard let ring = unsafe ring else { return }
        // SAFETY (all of this function): the bytes are the caller's, which returns only after this does.
        var pieces = unsafe writes.map { write in
            unsafe pks_write_piece(
                bytes: write.bytes.baseAddress, byte_count: UInt64(write.bytes.count),
                offset: UInt64(write.offset), done: 0)
        }
        let isRefused = unsafe pieces.withUnsafeMutableBufferPointer { pieces in
            unsafe pks_write_ring_start(ring, descriptor, pieces.baseAddress, UInt32(pieces.count))
            while unsafe pks_write_ring_poll(ring) > 0, meanwhile() {}
            return unsafe pks_write_ring_finish(ring) != 0
        }
        if isRefused { takeDown() }
        for index in writes.indices { done[index] = unsafe Int(pieces[index].done) }
    }

    private func takeDown() {
        if let ring = unsafe ring { unsafe pks_write_ring_free(ring) }
        unsafe ring = nil
    }
}
