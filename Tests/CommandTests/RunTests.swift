import Accumulator
import CSeqlock
import FillProducer
import Glibc
import ServiceSupport
import ShmReader
import TestSupport
import Testing

/// `pks run` as a process: how it starts, works, ends, and what it leaves.
@Suite struct RunTests {
    /// Small books, so that many daemons fit on a machine.
    static let small = ["--positions", "64", "--lots", "65536", "--identities", "131040", "--wait", "park"]

    /// Starts a daemon of a book and waits until its ready file says that it is live.
    static func start(
        _ scratch: borrowing Scratch, _ extra: [String] = [], environment: [String: String] = [:]
    ) throws -> PksProcess {
        let ready = scratch.file("ready")
        let daemon = try PksProcess(
            ["run", "--book", scratch.book, "--ready-file", ready] + small + extra, in: scratch,
            environment: environment)
        let isLive = daemon.awaitCondition { Files.text(ready) == "\(daemon.pid)\n" }
        #expect(isLive, "\(daemon.errorsSoFar())")
        return daemon
    }

    static func feeder(
        _ scratch: borrowing Scratch, _ name: String = "p", records: Int = 65536, seed: UInt64 = 1
    ) throws -> Feeder {
        try Feeder(
            book: scratch.book, name: name, runDirectory: scratch.runDirectory, records: records, seed: seed)
    }

    @Test func `It takes fills, shows positions, drains when told to end, and leaves the final state`() throws
    {
        let scratch = try Scratch()
        let daemon = try Self.start(scratch)
        let feeders = [try Self.feeder(scratch, "a", seed: 1), try Self.feeder(scratch, "b", seed: 2)]
        for feeder in feeders { feeder.put(5000) }
        #expect(feeders.allSatisfy { $0.awaitApplied() })
        let reader = try SegmentReader(book: scratch.book)
        #expect(reader.writerStatus() == .live && reader.header.writer.pid == UInt32(daemon.pid))
        let isRight = PositionOracle.shown(reader) == PositionOracle(feeders).positions
        #expect(isRight)
        // What is on the rings at the signal is in the final state.
        for feeder in feeders { feeder.put(20000) }
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
        let oracle = PositionOracle(feeders)
        #expect(PositionOracle.shown(reader) == oracle.positions)
        guard case .stopped = reader.writerStatus() else {
            Issue.record("not stopped")
            return
        }
        let positions = oracle.positions.count
        #expect(
            daemon.outputSoFar().hasSuffix(
                "book \(scratch.book): \(oracle.fills) fills, \(oracle.duplicates) duplicates, 0 conflicts, "
                    + "0 rejects, 8 positions, seq \(oracle.fills + oracle.duplicates + 8)\n"))
        #expect(positions == 8 && !Files.names(in: scratch.path).contains("ready"))
        #expect(try Pks.run(["read", "--book", scratch.book], in: scratch).outputLines.count == 9)
        #expect(daemon.errorsSoFar().contains("pks: live, process \(daemon.pid)\n"))
    }

    @Test func `A writer that is bound to a CPU has it for itself`() throws {
        let scratch = try Scratch()
        guard sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 else { return }
        let daemon = try Self.start(scratch, ["--pin", "0", "--journal", scratch.file("journal")])
        let tasks = "/proc/\(daemon.pid)/task"
        var others = 0
        for task in Files.names(in: tasks) {
            let name = Files.text("\(tasks)/\(task)/comm").split(separator: "\n").first ?? ""
            let status = Files.text("\(tasks)/\(task)/status").split(separator: "\n")
            let allowed =
                status.first { $0.hasPrefix("Cpus_allowed_list:") }?.split(separator: "\t").last ?? ""
            if "pks-\(scratch.book)".hasPrefix(name) && name.count == 15 {
                #expect(allowed == "0", "\(name)")
            } else {
                others += 1
                #expect(allowed.first != "0", "\(name) may run on \(allowed)")
            }
        }
        #expect(others >= 3)
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
    }

    @Test func `A daemon whose standard error is blocked works, and ends when it is told`() throws {
        let scratch = try Scratch()
        // A pipe that is full and that nobody empties; `timeout` keeps the test from hanging with the daemon.
        let small = Self.small.joined(separator: " ")
        let run = try Pks.runShell(
            """
            cd '\(scratch.path)' && mkfifo blocked && exec 3<>blocked && head -c 65536 /dev/zero >&3
            timeout -s KILL 30 '\(Pks.path)' run --book '\(scratch.book)' \(small) --ready-file ready 2>&3 3>&- &
            until [ -e ready ] || ! kill -0 $!; do sleep 0.01; done
            kill -TERM $(cat ready) && wait $!
            """, in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("book \(scratch.book): 0 fills"))
    }

    @Test func `Its start and its end are JSON lines when asked for`() throws {
        let scratch = try Scratch()
        let daemon = try Self.start(scratch, ["--json", "--method", "lifo", "--metrics", "127.0.0.1:0"])
        daemon.signal(SIGINT)
        #expect(daemon.wait() == 0)
        let lines = daemon.outputSoFar().split(separator: "\n")
        #expect(lines.count == 3)
        #expect(
            lines[0].hasPrefix(
                "{\"event\":\"start\",\"book\":\"\(scratch.book)\",\"method\":\"lifo\",\"positions_max\":64,"
                    + "\"lots_max\":65536,\"identities_max\":131040,\"rings_max\":64,"))
        #expect(lines[1].hasPrefix("{\"event\":\"metrics\",\"address\":\"127.0.0.1:"))
        #expect(
            lines[2].hasPrefix(
                "{\"event\":\"stop\",\"book\":\"\(scratch.book)\",\"fills\":0,\"duplicates\":0,\"conflicts\":0,"
                    + "\"rejects\":0,\"positions\":0,\"applied_seq\":0,\"seconds\":"))
    }

    @Test func `A second daemon of the book is refused and touches nothing`() throws {
        let scratch = try Scratch()
        let daemon = try Self.start(scratch)
        let epoch = try SegmentReader(book: scratch.book).epoch
        let second = try Pks.run(["run", "--book", scratch.book, "--book", "x-\(scratch.book)"], in: scratch)
        #expect(second.status == 75)
        #expect(
            second.errors
                == "pks: book \(scratch.book): another writer has it: process \(daemon.pid) "
                + "(stop that process first, or name another book)\n")
        #expect(try SegmentReader(book: scratch.book).epoch == epoch)
        // With a run directory of its own it still sees the living segment.
        let elsewhere = try Pks.run(
            ["run", "--book", scratch.book, "--run-dir", scratch.file("elsewhere")] + Self.small, in: scratch)
        #expect(elsewhere.status == 75)
        #expect(scratch.sharedMemory() == ["pks-positions-v1-\(scratch.book)"])
        #expect(try SegmentReader(book: scratch.book).writerStatus() == .live)
    }

    @Test func `Command lines that are wrong are told what to do`() throws {
        let scratch = try Scratch()
        let wrongs: [(words: [String], status: Int32, message: String)] = [
            ([], 64, "pks: run: no book (name one, pks run --book main, or use --config)"),
            (["--book", "a/b"], 64, "pks: --book a/b: the name contains \"/\""),
            (["--book", "a", "--book", "a"], 64, "pks: --book a: stands there twice (state it once)"),
            (
                ["--book", "a", "--journal", "x", "--no-journal"], 64,
                "pks: --journal: contradicts --no-journal"
            ),
            (
                ["--book", "a", "--durable-first"], 78,
                "pks: command line --durable-first: durable-first without a journal"
            ),
            (["--book", "a", "--nats", "x"], 64, "pks: --nats: needs a journal: fills are acknowledged"),
            (["--book", "a", "--no-journal", "--nats", "x"], 64, "pks: --nats: needs a journal"),
            (["--book", "a", "--nats-create"], 64, "pks: --nats-create: there is no bus without --nats"),
            (
                ["--book", "a", "--journal", "j", "--nats", "http://me:secret@h"], 64,
                "pks: --nats http://***@h: not the address of a server"
            ),
            (
                ["--book", "a.b", "--journal", "j", "--nats", "h"], 78,
                "pks: command line --book: the book \"a.b\" on the bus: a name without dots was expected"
            ),
            (["--book", "a", "--wait", "sleep"], 64, "pks: run: --wait sleep: no such choice"),
            (["--book", "a", "--rings", "65"], 64, "pks: run: --rings 65: out of range (from 1 to 64)"),
            (["a"], 64, "pks: run: unexpected a (pks run takes options only)"),
        ]
        for wrong in wrongs {
            let run = try Pks.run(["run"] + wrong.words, in: scratch)
            #expect(run.status == wrong.status && run.output.isEmpty)
            #expect(run.errors.hasPrefix(wrong.message), "\(run.errors)")
        }
        let file = try scratch.write("file", "")
        let unready = try Pks.run(
            ["run", "--book", scratch.book, "--ready-file", file + "/ready"] + Self.small, in: scratch)
        #expect(unready.status == 73)
        #expect(unready.errors == "pks: \(file)/ready: Not a directory (choose another --ready-file)\n")
        #expect(scratch.sharedMemory().isEmpty)
    }

    @Test func `Whoever asks it twice to end does not wait`() throws {
        let scratch = try Scratch()
        let daemon = try Self.start(scratch)
        // A stopped process takes both signals at once: the first ends its waiting, the second its draining. When
        // draining is over before it looks again, it has ended in good order instead.
        daemon.signal(SIGSTOP)
        daemon.signal(SIGTERM)
        daemon.signal(SIGINT)
        daemon.signal(SIGCONT)
        let status = daemon.wait()
        #expect(status == 128 + SIGTERM || status == 128 + SIGINT || status == 0)
    }

    @Test func `A service manager is told when it is ready, that it is well, and that it ends`() throws {
        let scratch = try Scratch()
        let manager = try NotifySocket(scratch.file("notify"))
        let daemon = try Self.start(
            scratch, environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"])
        #expect(eventually { manager.receive().contains { $0.hasPrefix("READY=1\nSTATUS=live: 1 book") } })
        #expect(eventually { manager.receive().filter { $0 == "WATCHDOG=1" }.count >= 2 })
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
        #expect(manager.receive().contains { $0.hasPrefix("STOPPING=1") })
    }
}

/// A socket that hears what a service tells systemd.
final class NotifySocket {
    let path: String
    private let descriptor: Int32
    private var messages: [String] = []

    init(_ path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // SAFETY (all of this function): the address outlives the calls, and its path has room.
        let isPlaced = unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            guard path.utf8.count < bytes.count else { return false }
            for (place, byte) in path.utf8.enumerated() { unsafe bytes[place] = byte }
            return true
        }
        let bound = unsafe withUnsafePointer(to: address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard isPlaced, bound == 0 else { throw SystemFailure(path, code: errno) }
    }

    deinit { _ = close(descriptor) }

    /// Everything heard so far. Does not wait.
    func receive() -> [String] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            // SAFETY: the array's storage lives for the closure.
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
            }
            if count < 0 { return messages }
            messages.append(String(decoding: buffer.prefix(count), as: UTF8.self))
        }
    }
}
