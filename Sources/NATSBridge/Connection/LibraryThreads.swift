internal import CNATS
import CThreads
import Glibc

/// The threads that the library starts once for the process, among them the one that frees messages.
///
/// Every message that is done with is handed to that thread, which sleeps whenever it has nothing. A thread of normal
/// scheduling that is woken takes the core from the one that woke it, above all from a publisher, which is nice: it came and
/// went for each single message (57,000 times a second), and cost more than everything else about them. As batch threads
/// they wait for their turn and find many.
enum LibraryThreads {
    /// Opens the library, once; for before its first use. Where that cannot be done, the library opens itself as it likes.
    static let areStarted: Bool = {
        var thread = pthread_t()
        // SAFETY: the thread's place outlives the call; there is no argument.
        guard unsafe pthread_create(&thread, nil, openLibrary, nil) == 0 else { return false }
        return pthread_join(thread, nil) == 0
    }()
}

/// SCHED_BATCH of Linux, which the C library declares for _GNU_SOURCE only.
private let batchPolicy: Int32 = 3

/// A thread that ends at once: those that the library starts from it are as it is. A function of the file, because a
/// closure in a type would belong to an actor.
private func openLibrary(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    var parameters = sched_param()
    parameters.sched_priority = 0
    // SAFETY: the parameters and the name live for the calls. On Linux this is about the calling thread; nobody is
    // refused it.
    _ = unsafe sched_setscheduler(0, batchPolicy, &parameters)
    unsafe pks_thread_name("pks-nats-lib")
    _ = nats_Open(-1)
    return nil
}
