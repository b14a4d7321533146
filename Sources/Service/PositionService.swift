/// The daemon without its command: books, their writers' threads, and the control thread that looks after rings.
/// This room starts and ends threads, hands rings to writers and tells figures. It decides nothing about
/// positions, and knows neither options of a command line nor files of configuration nor HTTP.
public import Accumulator
import CSeqlock
import Glibc
import Journal
import ShmBridge
import ShmFiles
import ShmReader
import Synchronization

// SAFETY: `keepers` and `threads` are used under `lock` only; the rest is immutable or safe for any thread.
/// One or more books that run until they are told to stop. Any thread may call any method.
@safe
public final class PositionService: @unchecked Sendable {
    /// How often the control thread looks around, ns.
    public static let tickNs = 20_000_000
    /// How often it looks whether the files that a book stands on are still there, ns.
    private static let fileLookNs: Int64 = 250_000_000
    /// How long the end may take.
    public static let stopNs: Int64 = 10_000_000_000

    let options: ServiceOptions
    let hosts: [BookHost]
    let startedRealtimeNs: Int64
    let startedNs: Int64
    private let log: ServiceLog
    private let keepers: [RingKeeper]
    private let lock = Mutex(State())

    private struct State {
        var isStarted = false
        var isStopping = false
        var hasEnded = false
        var lastTickNs: Int64 = 0
        var directoryTime = DirectoryTime()
        var changesToCome = 0
        var nextFileLookNs: Int64 = 0
        var failure: String?
    }

    private let controlThread = Mutex<UInt?>(nil)

    /// Takes the books' locks and makes their segments, which then say starting. Nothing runs yet, and rings are
    /// not touched. `log` gets one line an event, without a newline, from the control thread. Throws what keeps
    /// any of the books from starting; nothing is left then.
    public init(
        _ options: ServiceOptions, log: @escaping @Sendable (String) -> Void
    ) throws(ServiceError) {
        try options.check()
        do throws(SystemError) { try FaultGuard.install() } catch {
            throw .system(operation: error.operation, code: error.code)
        }
        // All locks first: a book that somebody else has costs the others nothing.
        let locks = try options.books.map { book throws(ServiceError) in
            try HeldLock(book: book.config.name, runDirectory: options.runDirectory)
        }
        let serviceLog = ServiceLog(log)
        var hosts: [BookHost] = []
        do throws(ServiceError) {
            for (book, held) in zip(options.books, locks) {
                guard let bookLock = held.take() else { continue }
                hosts.append(
                    try BookHost(book, lock: bookLock, shmDirectory: options.shmDirectory, log: serviceLog))
            }
        } catch {
            for host in hosts { host.abandon() }
            throw error
        }
        self.options = options
        self.hosts = hosts
        self.log = serviceLog
        startedRealtimeNs = pks_realtime_ns()
        startedNs = pks_monotonic_ns()
        keepers = hosts.map { RingKeeper($0, shmDirectory: options.shmDirectory, log: serviceLog) }
    }

    /// Removes the segments of a service that is not to be started after all.
    public func abandon() {
        let isStarted = lock.withLock { state in
            defer { state.isStarted = true }
            return state.isStarted
        }
        precondition(!isStarted, "a running service is stopped")
        for host in hosts { host.abandon() }
    }

    /// Keeps the calling thread, and every thread that is started from it afterwards, off the CPUs that writers are
    /// bound to: a journal's thread that wakes up on the writer's CPU costs a fill microseconds. For the thread that
    /// calls `start`, before it does. Returns the CPUs that could not be left, because there is no other.
    @discardableResult
    public func leaveWriterCPUs() -> [Int] {
        hosts.compactMap(\.options.cpu).filter { !ThreadSetup.leave($0) }
    }

    /// Starts the threads: rings that are there are attached, and each book goes live as soon as what stands on
    /// them is in its slots. Once. Throws `system`.
    public func start() throws(ServiceError) {
        let isFirst = lock.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        precondition(isFirst, "a service starts once")
        // Reserving memory may have taken long.
        for host in hosts { host.beat() }
        look()
        do throws(ServiceError) {
            for host in hosts {
                try host.start()
                host.mailbox.askForLive()
            }
            try startControl()
        } catch {
            for host in hosts {
                host.mailbox.askToStop(deadlineNs: pks_monotonic_ns())
                host.join()
                host.abandon()
            }
            throw error
        }
    }

    private func startControl() throws(ServiceError) {
        var thread = pthread_t()
        // SAFETY: the thread takes the reference over, or nobody does; the thread's place outlives the call.
        let context = unsafe Unmanaged.passRetained(self)
        let code = unsafe pthread_create(&thread, nil, controlThreadMain, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            throw .system(operation: "pthread_create", code: code)
        }
        controlThread.withLock { $0 = thread }
    }

    // MARK: - How it is

    /// What each book was made with, in the order of the options.
    public var books: [ServiceBook] { hosts.map { ServiceBook($0) } }

    /// The durable records of a book, for somebody who follows them on one thread of its own; nil when there is no such
    /// book, or it has no journal. Threads that follow end before `stop`. Throws `journal` when its directory cannot be
    /// opened.
    public func durableRecords(book: String) throws(ServiceError) -> (any DurableRecords)? {
        guard let journal = hosts.first(where: { $0.name == book })?.journal else { return nil }
        do throws(JournalError) { return try journal.durableFeed() } catch { throw .journal(book, error) }
    }

    /// Every book has been live: its slots show what stood on its rings at the start.
    public var isLive: Bool { hosts.allSatisfy { $0.mailbox.phase != .starting } }

    /// Every writer and the control thread have given a sign of life within `ns`. Before the start, and when
    /// stopped, it is well.
    public func isHealthy(withinNs ns: Int64 = 1_000_000_000) -> Bool {
        let nowNs = pks_monotonic_ns()
        let (isRunning, tickNs) = lock.withLock { ($0.isStarted && !$0.hasEnded, $0.lastTickNs) }
        guard isRunning else { return true }
        let writersAreWell = hosts.allSatisfy {
            $0.mailbox.phase == .stopped || nowNs - max($0.mailbox.heartbeatNs, startedNs) <= ns
        }
        return writersAreWell && nowNs - tickNs <= ns
    }

    /// Every writer has ended.
    public var hasStopped: Bool { hosts.allSatisfy { $0.mailbox.phase == .stopped } }

    /// Why the service is ending although nobody asked it to: a disk that failed, a file that went. The book it happened
    /// to takes nothing more; the others end in good order. Nil while all is well.
    public var failure: String? { lock.withLock { $0.failure } }

    /// Records that were on the rings when the books were told to stop and could not be taken in time.
    public var leftCount: UInt64 { hosts.reduce(0) { $0 &+ $1.mailbox.leftCount } }

    /// Records that are in the books and not on disk: after a stop, those that the disk did not take in time. They are
    /// still on their rings.
    public var undurableCount: UInt64 { hosts.reduce(0) { $0 &+ ($1.journal?.undurableCount ?? 0) } }

    /// What it has to tell now. Allocates; takes the control thread's lock for some microseconds a ring.
    public func stats() -> ServiceStats {
        lock.withLock { _ in makeStats(keepers) }
    }

    /// Says who knows how the book's bus is: figures and the book's segment show it from then on, also when the service
    /// has stopped. `status` is called many times a second, on several threads, and must not wait. The name is one of
    /// this service's books.
    public func showBus(of book: String, _ status: @escaping @Sendable () -> BusStatus) {
        guard let host = hosts.first(where: { $0.name == book }) else {
            preconditionFailure("a book of this service")
        }
        host.bus.set(status)
    }

    // MARK: - The end

    /// Tells the writers to take what is on the rings at this moment, publish it and end, within `withinNs` at
    /// the latest. No ring is attached from now on. Returns at once; `hasStopped` tells.
    public func beginStop(withinNs: Int64 = PositionService.stopNs) {
        let isFirst = lock.withLock { state in
            defer { state.isStopping = true }
            return state.isStarted && !state.isStopping
        }
        guard isFirst else { return }
        for host in hosts { host.tellBus() }
        for host in hosts { host.mailbox.askToStop(deadlineNs: pks_monotonic_ns() + withinNs) }
    }

    /// Stops, and waits until all threads have ended. The segments say stopped and stay readable under their
    /// names. `stats` still answers.
    public func stop(withinNs: Int64 = PositionService.stopNs) {
        beginStop(withinNs: withinNs)
        for host in hosts { host.join() }
        guard let thread = controlThread.withLock({ $0.take() }) else { return }
        _ = pthread_join(thread, nil)
    }

    // MARK: - The control thread

    /// One look around. Returns false when there is nothing left to look after.
    @discardableResult
    fileprivate func look() -> Bool {
        let nowNs = pks_monotonic_ns()
        return lock.withLock { state in
            state.lastTickNs = nowNs
            let time = DirectoryTime(options.shmDirectory)
            if time != state.directoryTime {
                state.directoryTime = time
                // Changes within one tick of the kernel's clock leave the same time, so one more look follows.
                state.changesToCome = 2
            }
            state.changesToCome -= 1
            for host in hosts {
                host.journal?.tick(log, book: host.name)
                host.tellBus()
            }
            for keeper in keepers {
                keeper.tick(
                    nowNs: nowNs, directoryHasChanged: state.changesToCome >= 0, isClosing: state.isStopping)
            }
            if state.failure == nil && state.isStarted && !state.isStopping { lookForFailure(&state, nowNs) }
            state.hasEnded = state.isStopping && hasStopped
            return !state.hasEnded
        }
    }

    /// What a book cannot go on with ends the service.
    private func lookForFailure(_ state: inout State, _ nowNs: Int64) {
        let looksAtFiles = nowNs >= state.nextFileLookNs
        if looksAtFiles { state.nextFileLookNs = nowNs + Self.fileLookNs }
        for host in hosts {
            guard let failure = host.failure(looksAtFiles: looksAtFiles) else { continue }
            state.failure = "book \(host.name): \(failure)"
            state.isStopping = true
            for other in hosts {
                let withinNs = other === host ? 0 : Self.stopNs
                other.mailbox.askToStop(deadlineNs: nowNs + withinNs)
            }
            return
        }
    }
}

/// A book's lock in a list, until its writer takes it.
private final class HeldLock {
    private var lock: WriterLock?

    init(book: String, runDirectory: String) throws(ServiceError) {
        do throws(ShmError) { lock = try WriterLock(book: book, runDirectory: runDirectory) } catch {
            throw .book(book, error)
        }
    }

    func take() -> WriterLock? { lock.take() }
}

/// When a directory was last changed, as far as its file system tells.
private struct DirectoryTime: Equatable {
    private var seconds = 0
    private var nanoseconds = 0

    init() {}

    init(_ path: String) {
        var status = stat()
        // SAFETY: the name and the status live for the call.
        guard unsafe stat(path, &status) == 0 else { return }
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

/// The control thread. A function of the file, because a closure in a type would belong to an actor.
private func controlThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // SAFETY: the reference that `startControl` has passed on.
    guard let context = unsafe context else { return nil }
    let service = unsafe Unmanaged<PositionService>.fromOpaque(context).takeRetainedValue()
    ThreadSetup.name("pks-control")
    while service.look() {
        var time = timespec(tv_sec: 0, tv_nsec: PositionService.tickNs)
        // SAFETY: the time outlives the call; a signal only shortens the wait.
        _ = unsafe nanosleep(&time, nil)
    }
    return nil
}
