import CLiburing
import Glibc

// SAFETY: the ring is allocated and set up in init, taken down in deinit, and its address never changes. Buffers
// belong to the caller of `write`, which returns only when the kernel has let go of them.
/// An io_uring for the writes of a commit: all of them are on their way to the disk at once, and the sync comes after
/// them in a call of its own. Waiting writes and a sync that the kernel's workers would have to be woken for are what
/// this avoids (docs/decisions.md). One thread at a time.
@safe
final class WriteRing {
    /// The most pieces of a commit.
    static let piecesMax = 8

    private let ring: UnsafeMutablePointer<io_uring>
    private var isUp = false

    /// A ring that holds on to `lock`, so that a lock on that file outlives writes that a killed process has still
    /// under way. Nil when the system refuses: containers often do.
    init?(keeping lock: Int32) {
        unsafe ring = .allocate(capacity: 1)
        unsafe ring.initialize(to: io_uring())
        if unsafe io_uring_queue_init(UInt32(Self.piecesMax), ring, 0) != 0 { return nil }
        isUp = true
        var kept = lock
        if unsafe io_uring_register_files(ring, &kept, 1) != 0 { return nil }
    }

    deinit {
        takeDown()
        unsafe ring.deinitialize(count: 1)
        unsafe ring.deallocate()
    }

    /// False once the system has refused a submission: the ring is never used again.
    var isUsable: Bool { isUp }

    /// Starts all pieces and waits until the kernel has let go of each. `done[n]` becomes the bytes of piece n that
    /// were written, or a negative errno; pieces that were never started have 0.
    func write(_ descriptor: Int32, _ writes: [JournalWrite], done: inout [Int]) {
        precondition(isUp && writes.count <= Self.piecesMax && done.count == writes.count)
        for (index, write) in writes.enumerated() {
            // The queue is empty between commits and has room for all pieces.
            guard let entry = unsafe io_uring_get_sqe(ring) else { continue }
            unsafe io_uring_prep_write(
                entry, descriptor, write.bytes.baseAddress, UInt32(write.bytes.count), UInt64(write.offset))
            unsafe io_uring_sqe_set_data64(entry, UInt64(index))
        }
        var waiting = submit(writes.count)
        while waiting > 0 {
            var completion: UnsafeMutablePointer<io_uring_cqe>?
            let code = unsafe io_uring_wait_cqe(ring, &completion)
            // The kernel still has the buffers: there is nothing to do but to ask again.
            guard code == 0, let completed = unsafe completion else { continue }
            let index = unsafe Int(io_uring_cqe_get_data64(completed))
            unsafe done[index] = Int(completed.pointee.res)
            unsafe io_uring_cqe_seen(ring, completed)
            waiting -= 1
        }
        if unsafe io_uring_sq_ready(ring) > 0 { takeDown() }
    }

    /// Submits what is in the queue; returns how much of it the kernel took.
    private func submit(_ count: Int) -> Int {
        while true {
            let left = unsafe Int(io_uring_sq_ready(ring))
            if left == 0 { return count }
            let code = unsafe io_uring_submit_and_wait(ring, UInt32(left))
            if code < 0 && code != -EINTR { return count - left }
        }
    }

    private func takeDown() {
        if !isUp { return }
        isUp = false
        unsafe io_uring_unregister_files(ring)
        unsafe io_uring_queue_exit(ring)
    }
}
