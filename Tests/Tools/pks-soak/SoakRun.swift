import CSeqlock
import Glibc
import ShmReader

/// The whole of a soak: a daemon, producers, pollers and the monitor; then the reckoning.
final class SoakRun {
    private var plan: SoakPlan
    private let program: String
    private let daemonProgram: String
    private let directory: String
    private var children: [Child] = []
    private var residentBytes: [Int] = []

    init(_ plan: SoakPlan, program: String, daemonProgram: String) throws {
        self.plan = plan
        self.program = program
        self.daemonProgram = daemonProgram
        directory = plan.runDirectory
        // SAFETY: the name lives for the call.
        guard unsafe mkdir(directory, 0o700) == 0 else { throw SoakFailure("\(directory): errno \(errno)") }
    }

    /// Ends what still runs and removes what was made.
    deinit {
        for child in children where child.isRunning {
            child.signal(SIGKILL)
            _ = child.wait()
        }
        // SAFETY (all of these): names live for the calls.
        for index in 0..<plan.books {
            _ = unsafe unlink("/dev/shm\(PKS_SEGMENT_PREFIX)\(plan.book(index))")
            for producer in 0..<plan.producers {
                _ = unsafe unlink("/dev/shm\(PKS_RING_PREFIX)\(plan.book(index))-\(plan.producer(producer))")
            }
        }
        _ = try? Child("rm", ["rm", "-rf", directory], directory: "/tmp").wait()
        // The shell's own output files of that last child.
        for ending in ["out", "err"] { _ = unsafe unlink("/tmp/rm.\(ending)") }
    }

    func run() throws {
        let daemon = try startDaemon()
        let pollers = try (0..<plan.books).map {
            try start("poller-\($0)", role: ["poll", "--book", "\($0)"])
        }
        let monitor = try startMonitor()
        say(
            "soak: \(plan.producers) producers x \(plan.rate) fills/s into \(plan.books) books, \(plan.seconds) s"
        )
        let producers = try (0..<plan.producers).map {
            try start("producer-\($0)", role: ["produce", "--producer", "\($0)"])
        }
        try watch(daemon, producers)
        for producer in producers {
            try producer.expectSuccess()
            say("soak: \(producer.output.dropLast())")
        }
        try endMonitor(monitor)
        daemon.signal(SIGTERM)
        try daemon.expectSuccess()
        for poller in pollers {
            try poller.expectSuccess()
            say("soak: \(poller.output.dropLast())")
        }
        try reckon()
    }

    private func start(_ name: String, role: [String]) throws -> Child {
        let child = try Child(name, [program] + role + plan.options, directory: directory)
        children.append(child)
        return child
    }

    private func startDaemon() throws -> Child {
        var text = "[service]\nrun_dir = \"\(directory)\"\n"
        for index in 0..<plan.books {
            text += """
                [[book]]
                name = "\(plan.book(index))"
                positions = 1024
                lots = 1048576
                identities = \(plan.identities)
                identity_window = "\(plan.identityWindowSeconds)s"

                """
        }
        try write(text, to: "\(directory)/soak.toml")
        let ready = "\(directory)/ready"
        let daemon = try Child(
            "daemon", [daemonProgram, "run", "--config", "\(directory)/soak.toml", "--ready-file", ready],
            directory: directory)
        children.append(daemon)
        // SAFETY: the name lives for the call.
        while unsafe access(ready, F_OK) != 0 {
            if !daemon.isRunning { throw SoakFailure("the daemon did not start: \(daemon.errors)") }
            Pace.rest(ms: 10)
        }
        return daemon
    }

    private func write(_ text: String, to path: String) throws {
        // SAFETY: path and bytes live for the calls.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        defer { _ = close(descriptor) }
        var text = text
        let count = text.withUTF8 { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count != text.utf8.count { throw SoakFailure("\(path) cannot be written: errno \(errno)") }
    }

    // MARK: - The monitor, in a terminal of its own

    private func startMonitor() throws -> Bool {
        let books = (0..<plan.books).flatMap { ["--book", plan.book($0)] }
        let tmux = try Child(
            "tmux",
            [
                "tmux", "-L", "soak-\(plan.tag)", "new-session", "-d", "-x", "120", "-y", "40", daemonProgram,
                "top",
            ]
                + books, directory: directory)
        if tmux.wait() == 0 { return true }
        say("soak: SKIPPED: the monitor, because tmux does not run (\(tmux.errors.dropLast()))")
        return false
    }

    /// The monitor must have lived to the end and show the books.
    private func endMonitor(_ isRunning: Bool) throws {
        guard isRunning else { return }
        let capture = try Child(
            "capture", ["tmux", "-L", "soak-\(plan.tag)", "capture-pane", "-p"], directory: directory)
        defer {
            _ = try? Child(
                "kill", ["tmux", "-L", "soak-\(plan.tag)", "kill-server"], directory: directory
            ).wait()
        }
        try capture.expectSuccess()
        guard capture.output.contains("SYM0") else {
            throw SoakFailure("the monitor shows no positions:\n\(capture.output)")
        }
    }

    // MARK: - While it runs

    private func watch(_ daemon: Child, _ producers: [Child]) throws {
        let beganNs = pks_monotonic_ns()
        var toldNs = beganNs
        while producers.contains(where: { $0.isRunning }) {
            for child in children where !child.isRunning && child.wait() != 0 {
                throw SoakFailure("\(child.name) died: \(child.errors)")
            }
            residentBytes.append(daemon.residentBytes)
            let nowNs = pks_monotonic_ns()
            if nowNs - toldNs > 10_000_000_000 {
                toldNs = nowNs
                let mib = (residentBytes.last ?? 0) >> 20
                say("soak: \((nowNs - beganNs) / 1_000_000_000) s, daemon \(mib) MiB")
            }
            Pace.rest(ms: 100)
        }
    }

    // MARK: - The reckoning

    private func reckon() throws {
        var (fills, duplicates): (UInt64, UInt64) = (0, 0)
        for index in 0..<plan.books {
            say("soak: replaying \(plan.book(index))")
            let counts = try SoakOracle.check(plan, book: index)
            fills += counts.fills
            duplicates += counts.duplicates
        }
        let sent = UInt64(plan.fillsPerRing * plan.books * plan.producers)
        guard fills + duplicates == sent else {
            throw SoakFailure("\(sent) sent, but \(fills) applied and \(duplicates) duplicates")
        }
        // Warm-up is the first tenth; rings that come and go are part of what must stay flat.
        let warm = residentBytes[min(residentBytes.count - 1, residentBytes.count / 10)...]
        let growth = (warm.max() ?? 0) - (warm.first ?? 0)
        guard growth <= plan.growthBytesMax else {
            throw SoakFailure(
                "the daemon grew by \(growth) bytes after its warm-up, more than \(plan.growthBytesMax)")
        }
        say(
            "soak: nothing lost, nothing doubled: \(fills) fills, \(duplicates) duplicates, all "
                + "\(plan.books * plan.producers * SoakStream.keyCount) positions as a replay has them; the daemon's "
                + "memory grew by \(growth >> 10) KiB after warm-up")
    }
}
