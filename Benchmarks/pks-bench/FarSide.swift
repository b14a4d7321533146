import CLimits
import CSeqlock
import Foundation
import Glibc
import ShmBridge

/// How the two processes of a benchmark run.
struct PairSettings {
    /// First in, first out scheduling, so that nothing else runs on the two cores meanwhile. Needs a
    /// privilege.
    var isRealTime = false
}

/// What the near side can ask of any far side; orders from `first` on are each benchmark's own.
enum Order {
    static let end: UInt64 = 0
    static let ready: UInt64 = 1
    static let pingPong: UInt64 = 2
    static let first: UInt64 = 3
}

/// What a far side does, in its own process.
protocol FarRole: ~Copyable {
    /// Carries out an order of its benchmark. To report early and go on, it calls `report` itself.
    mutating func carryOut(_ order: UInt64, _ argument: UInt64, _ orders: inout FarOrders) throws
}

/// The far side's view of the page that both sides share.
@safe
struct FarOrders {
    // SAFETY (all of this type): the page stays mapped until the far side's process ends.
    private let court: OpaquePointer
    private var done: UInt64 = 0
    private var hasReported = false

    init(path: String) throws {
        guard let court = unsafe limit_court_map(path, 0) else { throw BenchError("cannot map \(path)") }
        unsafe self.court = court
    }

    /// The order is carried out, or under way.
    mutating func report() {
        if !hasReported { unsafe limit_court_report(court, done) }
        hasReported = true
    }

    /// Whether the near side wants something else.
    var hasNext: Bool { unsafe limit_court_has_order(court, done) != 0 }

    /// Carries out orders until the last.
    mutating func serve<Role: FarRole & ~Copyable>(_ role: inout Role) throws {
        while true {
            var argument: UInt64 = 0
            let order = unsafe limit_court_next(court, done, &argument)
            done += 1
            hasReported = false
            switch order {
            case Order.end:
                report()
                return
            case Order.ready: break
            case Order.pingPong:
                report()
                unsafe limit_court_return(court, argument)
            default: try role.carryOut(order, argument, &self)
            }
            report()
        }
    }
}

/// The other process of a benchmark, as its near side sees it: this program again, on a core of its own.
/// It ends with this value, and with this process however that ends.
@safe
final class FarSide {
    /// The argument that makes this program a far side: which benchmark, the page's path, the book, the core
    /// and the scheduling follow.
    static var argument: String { "--far-side" }

    /// The cores of both sides.
    let cpus: (near: Int, far: Int)
    // SAFETY: mapped in init, unmapped in deinit.
    private let court: OpaquePointer
    private let process = Process()

    /// Starts the far side of a benchmark and puts this thread on the other core.
    init(_ benchmark: String, book: String, _ settings: PairSettings) throws {
        // SAFETY (all of this function): texts and words live for the calls.
        var (near, far): (Int32, Int32) = (0, 0)
        guard unsafe limit_two_cpus(&near, &far) == 0 else {
            throw BenchError("\(benchmark) needs two cores, and this process may use one only")
        }
        cpus = (Int(near), Int(far))
        let path = "/dev/shm/pks-court-\(book)"
        Traces.removeAtEnd(path)
        // The far side's own, which it cannot remove when it is killed.
        for owned in [book, book + "-far"] {
            Traces.removeAtEnd(WriterLock.defaultRunDirectory + "/\(owned).lock")
        }
        guard let court = unsafe limit_court_map(path, 1) else { throw BenchError("cannot make \(path)") }
        unsafe self.court = court
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = [
            Self.argument, benchmark, path, book, String(far), settings.isRealTime ? "fifo" : "other",
        ]
        try process.run()
        limit_far_side(process.processIdentifier)
        try order(Order.ready)
        _ = unsafe unlink(path)
        guard limit_pin_for_now(near) == 0 else { throw BenchError("cannot pin to core \(near)") }
        if settings.isRealTime { try Self.setRealTime() }
    }

    deinit {
        if process.isRunning {
            process.terminate()
            process.waitUntilExit()
        }
        limit_far_side(0)
        unsafe limit_court_unmap(court)
        limit_unpin()
    }

    /// This program, however it was called.
    private static var program: String { "/proc/self/exe" }

    static func setRealTime() throws {
        guard limit_real_time() == 0 else {
            throw BenchError("--fifo: real-time scheduling is not allowed here (leave it out, or be root)")
        }
    }

    /// Gives an order and waits until it is carried out, or reported as under way.
    func order(_ order: UInt64, _ argument: Int = 0) throws {
        try wait(for: begin(order, argument))
    }

    /// Gives an order and returns its number.
    func begin(_ order: UInt64, _ argument: Int = 0) -> UInt64 {
        unsafe limit_court_order(court, order, UInt64(argument))
    }

    func wait(for number: UInt64) throws {
        var patience = Patience(self)
        while unsafe limit_court_is_done(court, number) == 0 { try patience.poll() }
    }

    var isAlive: Bool { process.isRunning }

    /// Round trips of one cache line, ns each.
    func pingPong(rounds: Int) throws -> [UInt64] {
        unsafe limit_court_serve(court)
        let number = begin(Order.pingPong, rounds)
        try wait(for: number)
        var samples = [UInt64](repeating: 0, count: rounds)
        unsafe limit_court_play(court, UInt64(rounds), &samples)
        return samples
    }

    /// Becomes a far side with the arguments that follow `argument`.
    static func serve(_ arguments: [String]) throws {
        guard arguments.count == 5, let cpu = Int32(arguments[3]) else {
            throw BenchError("\(argument) is for this program's own use")
        }
        limit_end_with_parent()
        let (benchmark, book) = (arguments[0], arguments[2])
        var orders = try FarOrders(path: arguments[1])
        guard limit_pin(cpu) == 0 else { throw BenchError("cannot pin to core \(cpu)") }
        if arguments[4] == "fifo" { try setRealTime() }
        switch benchmark {
        case "contended":
            var role = try ContendedBench.Writer(book: book)
            try orders.serve(&role)
        case "seen":
            var role = try SeenBench.Answerer(book: book)
            try orders.serve(&role)
        case "path":
            var role = try PathBench.Keeper(book: book)
            try orders.serve(&role)
        default: throw BenchError("there is no far side of '\(benchmark)'")
        }
    }
}

/// Looks at shared memory until it changes, without waiting for a process that has died.
struct Patience {
    private let far: FarSide
    private var polls = 0

    init(_ far: FarSide) { self.far = far }

    /// Between two looks.
    @inline(__always)
    mutating func poll() throws {
        pks_cpu_relax()
        try count()
    }

    /// The same without a pause: where a look asks for more lines than one, a pause only makes it late.
    @inline(__always)
    mutating func count() throws {
        polls &+= 1
        if polls & 0xf_ffff == 0, !far.isAlive { throw BenchError("the far side has ended") }
    }
}

/// What a run leaves in the file system until it ends.
enum Traces {
    static func removeAtEnd(_ path: String) {
        // Whoever is killed while it makes a segment or a ring leaves it under the name for building.
        for name in [building(path), path] {
            // SAFETY: the text lives for the call, which copies it.
            let isKept = unsafe limit_remove_at_end(name)
            precondition(isKept == 0, "too many traces")
        }
    }

    private static func building(_ path: String) -> String {
        let end = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        return path[..<end] + "." + path[end...] + ".building"
    }

    /// The same for the lock of a ring's producer, in the run directory.
    static func removeRingLockAtEnd(book: String, producer: String) {
        removeAtEnd(WriterLock.defaultRunDirectory + "/\(book)-\(producer).ring.lock")
    }
}
