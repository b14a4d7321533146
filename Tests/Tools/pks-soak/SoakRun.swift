import CSeqlock
import Glibc
import ShmReader
import TestSupport

/// The whole of a soak: a daemon, producers, pollers and the monitor; then the reckoning.
final class SoakRun {
    private var plan: SoakPlan
    private let program: String
    private let daemonProgram: String
    private let directory: String
    private var children: [SoakChild] = []
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
        for child in children { child.process.kill() }
        // SAFETY (all of these): names live for the calls.
        for index in 0..<plan.books {
            _ = unsafe unlink("/dev/shm\(PKS_SEGMENT_PREFIX)\(plan.book(index))")
            for producer in 0..<plan.producers {
                _ = unsafe unlink("/dev/shm\(PKS_RING_PREFIX)\(plan.book(index))-\(plan.producer(producer))")
            }
        }
        Files.remove(directory)
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
        daemon.process.signal(SIGTERM)
        try daemon.expectSuccess()
        for poller in pollers {
            try poller.expectSuccess()
            say("soak: \(poller.output.dropLast())")
        }
        try reckon()
    }

    private func start(_ name: String, role: [String]) throws -> SoakChild {
        let child = try SoakChild(name, [program] + role + plan.options, directory: directory)
        children.append(child)
        return child
    }

    private func startDaemon() throws -> SoakChild {
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
        try Files.write("\(directory)/soak.toml", text)
        let ready = "\(directory)/ready"
        let daemon = try SoakChild(
            "daemon", [daemonProgram, "run", "--config", "\(directory)/soak.toml", "--ready-file", ready],
            directory: directory)
        children.append(daemon)
        // SAFETY: the name lives for the call.
        while unsafe access(ready, F_OK) != 0 {
            if !daemon.process.isRunning { throw SoakFailure("the daemon did not start: \(daemon.errors)") }
            Pace.rest(ms: 10)
        }
        return daemon
    }

    // MARK: - The monitor, in a terminal of its own

    private func startMonitor() throws -> Bool {
        let books = (0..<plan.books).flatMap { ["--book", plan.book($0)] }
        let tmux = try SoakChild(
            "tmux",
            [
                "tmux", "-L", "soak-\(plan.tag)", "new-session", "-d", "-x", "120", "-y", "40", daemonProgram,
                "top",
            ]
                + books, directory: directory)
        if tmux.process.wait() == 0 { return true }
        say("soak: SKIPPED: the monitor, because tmux does not run (\(tmux.errors.dropLast()))")
        return false
    }

    /// The monitor must have lived to the end and show the books.
    private func endMonitor(_ isRunning: Bool) throws {
        guard isRunning else { return }
        let capture = try SoakChild(
            "capture", ["tmux", "-L", "soak-\(plan.tag)", "capture-pane", "-p"], directory: directory)
        defer {
            _ = try? SoakChild(
                "kill", ["tmux", "-L", "soak-\(plan.tag)", "kill-server"], directory: directory
            ).process.wait()
        }
        try capture.expectSuccess()
        guard capture.output.contains("SYM0") else {
            throw SoakFailure("the monitor shows no positions:\n\(capture.output)")
        }
    }

    // MARK: - While it runs

    private func watch(_ daemon: SoakChild, _ producers: [SoakChild]) throws {
        let beganNs = pks_monotonic_ns()
        var toldNs = beganNs
        while producers.contains(where: { $0.process.isRunning }) {
            for child in children where !child.process.isRunning && child.process.wait() != 0 {
                throw SoakFailure("\(child.name) died: \(child.errors)")
            }
            residentBytes.append(Subprocess.residentBytes(daemon.process.pid))
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
