import CSeqlock
import Glibc
import ShmReader
import TestSupport

/// kill -9 of the real daemon, at system calls and at random moments, in all of its life: start, recovery, fills,
/// checkpoints, new segments, the end. Then the books must be what a replay makes of the same fills.
struct KillRow: FaultRow {
    private let options: FaultOptions
    private var outcome = FaultOutcome("kill")
    private var random: SeededRandom
    private var survey = SystemCallSurvey()
    private var kinds: Set<String> = []
    private var atCalls = 0
    private var inRecovery = 0
    private var playedBeforeKills = 0
    private var segments = 0

    /// One story: a journal that lives through many kills.
    private struct Story {
        let place: FaultPlace
        let configuration: String
        let oracle: Oracle
        let gateways: [Gateway]
        /// Entries that one life may play at most.
        let quota: Int
        /// Records that readers were told are durable.
        var durableSeq: UInt64 = 0
    }

    /// How one life ends.
    private enum End {
        case atCall(SystemCallSurvey.Target)
        case afterNs(Int64)
        /// So long after it is live.
        case liveForNs(Int64)
    }

    init(_ options: FaultOptions) {
        self.options = options
        random = SeededRandom(seed: options.seed)
    }

    mutating func run() -> FaultOutcome {
        let (stories, kills) = options.isQuick ? (1, 30) : (10, 80)
        for story in 0..<stories {
            do { try tell(story, kills) } catch {
                outcome.failures.append("story \(story): \(error)")
            }
            say("faults: kill: \(outcome.injected) kills, \(kinds.count) kinds of system call")
        }
        outcome.notes.append(
            "\(atCalls) at \(kinds.count) kinds of system call, \(outcome.injected - atCalls) at random moments, "
                + "\(inRecovery) before the book was live; \(playedBeforeKills) records taken by lives that were killed, "
                + "\(segments) segments")
        return outcome
    }

    private mutating func tell(_ number: Int, _ kills: Int) throws {
        let place = try FaultPlace("kill")
        let method = ["fifo", "lifo", "hifo", "lofo", "average"][number % 5]
        let perProducer = options.isQuick ? 4500 : 10_000
        let scripts = try (0..<2).map {
            try FillScript(producer: $0, count: perProducer, seed: random.next())
        }
        let oracle = try Oracle(place, program: options.program, method: method, scripts: scripts)
        let configuration = try place.configure([
            "method = \"\(method)\"", "journal_segment = \"1MiB\"", "checkpoint_records = 1500",
            "journal_buffer = 1024", "durable_first = \(number % 2 == 1)",
        ])
        let gateways = try scripts.enumerated().map {
            try Gateway(place, name: "p\($0.offset)", script: $0.element)
        }
        var story = Story(
            place: place, configuration: configuration, oracle: oracle, gateways: gateways,
            quota: perProducer / (kills + 8))
        try surveyLife(story, quota: story.quota)
        try surveyLife(story, quota: story.quota * 4)
        guard survey.counts.count > 20 else {
            throw FaultFailure("a life has no system calls: \(survey.counts)")
        }
        let before = outcome.injected
        let targets = survey.targets(kills * 3 / 5, &random)
        var ends: [End] = targets.prefix(kills * 3 / 5).map { .atCall($0) }
        while ends.count < kills {
            let ns = Int64.random(in: 0...60_000_000, using: &random)
            ends.append(ends.count % 2 == 0 ? .afterNs(ns) : .liveForNs(ns / 2))
        }
        for end in ends.shuffled(using: &random) { try live(&story, end) }
        try finish(story)
        segments += Files.names(in: place.journal).count { $0.hasPrefix("journal-") }
        outcome.survived += outcome.injected - before
    }

    /// A whole life under strace, to know its system calls.
    private mutating func surveyLife(_ story: Story, quota: Int) throws {
        let trace = story.place.path + "/trace"
        let daemon = try Daemon(
            story.place, program: options.program, configuration: story.configuration, strace: ["-o", trace])
        try daemon.awaitLive()
        var played = 0
        let isDone = Pace.until {
            if played < quota { for gateway in story.gateways { played += gateway.pump(16) } }
            return (played >= quota || story.gateways.allSatisfy(\.isDone))
                && story.gateways.allSatisfy { $0.applied == $0.put }
        }
        guard isDone else {
            throw FaultFailure("the daemon does not take what is on its rings: \(daemon.errors)")
        }
        try daemon.stop()
        survey.add(Files.text(trace))
    }

    /// One life that ends with a kill, unless it ends before its place to be killed at comes.
    private mutating func live(_ story: inout Story, _ end: End) throws {
        var strace: [String]?
        if case .atCall(let target) = end {
            strace = [
                "-o", "/dev/null", "-e", "trace=\(target.name)", "-e",
                "inject=\(target.name):signal=SIGKILL:when=\(target.number)",
            ]
        }
        let appliedBefore = story.gateways.reduce(0) { $0 + $1.applied }
        let daemon = try Daemon(
            story.place, program: options.program, configuration: story.configuration, strace: strace)
        let code = try ride(story, daemon, end)
        let hasBeenLive = daemon.isLive
        if code == -SIGKILL {
            outcome.injected += 1
            if !hasBeenLive { inRecovery += 1 }
            // A life may be killed before it is back at what the one before had applied and not made durable.
            let appliedNow = story.gateways.reduce(0) { $0 + $1.applied }
            playedBeforeKills += max(0, Int(appliedNow) - Int(appliedBefore))
            if case .atCall(let target) = end {
                atCalls += 1
                kinds.insert(target.name)
            }
        } else if code != 0 {
            throw FaultFailure("after \(end) the daemon ended with \(code): \(daemon.errors)")
        }
        if hasBeenLive, let reader = try? SegmentReader(book: story.place.book) {
            guard reader.appliedSeq >= story.durableSeq else {
                throw FaultFailure(
                    "record \(story.durableSeq) was durable, and the book is at \(reader.appliedSeq) after \(end)"
                )
            }
            story.durableSeq = max(story.durableSeq, reader.durableSeq)
        }
    }

    /// Plays into a life until it is over; its exit code.
    private func ride(_ story: Story, _ daemon: Daemon, _ end: End) throws -> Int32 {
        let began = pks_monotonic_ns()
        var killNs: Int64?
        if case .afterNs(let ns) = end { killNs = began + ns }
        var played = 0
        var isStopping = false
        var liveNs: Int64?
        while daemon.isRunning {
            let nowNs = pks_monotonic_ns()
            if liveNs == nil, daemon.isLive { liveNs = nowNs }
            if case .liveForNs(let ns) = end, let liveNs { killNs = liveNs + ns }
            if let killNs, nowNs >= killNs {
                daemon.signal(SIGKILL)
                break
            }
            if played < story.quota && !story.gateways.allSatisfy(\.isDone) {
                for gateway in story.gateways { played += gateway.pump(16) }
            } else if liveNs != nil, case .atCall = end, !isStopping,
                story.gateways.allSatisfy({ $0.applied == $0.put })
            {
                isStopping = true
                daemon.signal(SIGTERM)
            }
            if nowNs - began > Pace.hangNs {
                throw FaultFailure("the daemon hangs after \(end): \(daemon.errors)")
            }
            Pace.rest(ms: 1)
        }
        guard let code = daemon.end() else { throw FaultFailure("the daemon hangs after \(end)") }
        return code
    }

    /// A last life takes the rest; then everything is compared, and once more after a clean end.
    private mutating func finish(_ story: Story) throws {
        for isAgain in [false, true] {
            let daemon = try Daemon(
                story.place, program: options.program, configuration: story.configuration)
            try daemon.awaitLive()
            if !isAgain { try playOut(story.gateways, into: daemon) }
            try story.oracle.check(story.place, program: options.program)
            try daemon.stop()
        }
    }
}
