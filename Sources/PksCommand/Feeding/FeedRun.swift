import CSeqlock
import Feeds
import FillProducer
import Glibc
import PositionText

/// One run of `pks feed`, from the ring to the report.
struct FeedRun {
    private let input: InputFiles
    private let options: ParsedOptions
    private let ring: ProducerOptions
    private let progress = ProgressLine(verb: "feed")
    private let session: FeedSession

    init(_ options: ParsedOptions, pace: FeedPace.Kind) throws(CommandError) {
        let book = try Self.required("book", options, "write --book B")
        let name = try Self.required("producer", options, "write --producer P")
        let input = try InputFiles(options, book: book)
        var ring = ProducerOptions(book: book, producer: name, runDirectory: options.text("run-dir"))
        if let count = options.count("ring-records") { ring.recordCapacity = count }
        if let count = options.count("ring-handles") { ring.handleCapacity = count }
        let producer: FillProducer
        do throws(ProducerError) { producer = try FillProducer(ring) } catch {
            throw Self.failure(error, ring)
        }
        self.input = input
        self.options = options
        self.ring = ring
        session = FeedSession(
            producer, options: ring, pace: pace,
            rejects: try RejectLog(output: nil, progress: progress), progress: progress)
    }

    private static func required(
        _ name: String, _ options: ParsedOptions, _ advice: String
    ) throws(CommandError) -> String {
        guard let text = options.text(name) else {
            throw .failed(.usage, what: "feed", why: "no --\(name)", advice: advice)
        }
        return text
    }

    private static func failure(_ error: ProducerError, _ ring: ProducerOptions) -> CommandError {
        if case .badName(let name, _) = error {
            return .said(.usage, "--\(name == ring.book ? "book" : "producer"): \(error.description)")
        }
        guard case .alreadyRunning(_, let pid) = error else { return CommandError(error) }
        return .failed(
            .tryAgain, what: "producer \(ring.producer) of book \(ring.book)",
            why: "another process has it" + (pid.map { ": process \($0)" } ?? ""),
            advice: "wait until it has ended, or name another --producer")
    }

    /// Reads, sends, waits, tells.
    func run() throws(CommandError) -> ExitStatus {
        if session.isResumed, session.leftOverCount > 0 {
            say(
                "pks: feed: going on with a ring that holds \(session.leftOverCount) records which no writer has "
                    + "applied yet")
        }
        let (session, progress) = (session, progress)
        var sink = session
        let outcome: InputFiles.Outcome
        do throws(CommandError) {
            outcome = try input.read(into: &sink, sources: session.sources, progress: progress) {
                session.idle()
                // Whoever waits for input cannot be stopped from here but by ending.
                if session.failure != nil || session.stopSignal != nil { endWaiting() }
            }
        } catch {
            // No input at all: nothing but an empty ring was made.
            session.leave()
            if !session.isResumed { _ = try? session.remove() }
            throw error
        }
        // A ring that is removed must not take with it what only the journal would still have.
        let isWhole =
            session.failure == nil && session.stopSignal == nil && session.finish()
            && (!waitsForDisk || session.finishDurable())
        progress.clear()
        if !isWhole { try endEarly(outcome) }
        session.rejects.showRest(advice: "their reasons are counted below")
        let report = try report(outcome)
        try tell(report)
        if let missing = outcome.missing { return missing }
        return report.hasRefusals && !options.flag("allow-rejects") ? .badData : .success
    }

    /// Ends a feed that a signal or a broken ring has ended.
    private func endEarly(_ outcome: InputFiles.Outcome) throws(CommandError) -> Never {
        progress.clear()
        session.leave()
        if let failure = session.failure { throw failure }
        try tell(try report(outcome))
        throw .interrupted(session.stopSignal ?? SIGINT)
    }

    /// The same in the middle of waiting for input.
    private func endWaiting() -> Never {
        do throws(CommandError) {
            var outcome = InputFiles.Outcome()
            outcome.fileCount = input.paths.count
            try endEarly(outcome)
        } catch {
            for message in error.messages { say(visible(message)) }
            exit(error.exitCode)
        }
    }

    private var waitsForDisk: Bool {
        options.text("wait") == "durable" || (options.flag("remove") && session.hasJournal())
    }

    private func report(_ outcome: InputFiles.Outcome) throws(CommandError) -> FeedReport {
        var report = FeedReport(
            book: ring.book, producer: ring.producer, files: outcome.fileCount, lines: outcome.summary.lines)
        report.refusedRows = session.rejects.count
        report.refusedByReason = session.rejects.countByReason
        report.sent = session.sentCount
        report.counts = session.counts
        report.refusedKeys = session.refusedKeys.map { key, answer in
            FeedReport.RefusedKey(
                names: key.names, answer: answer, place: key.place.file, line: key.place.line)
        }
        let endedNs = session.endedNs > 0 ? session.endedNs : pks_monotonic_ns()
        report.elapsedNs = session.beganNs.map { endedNs - $0 } ?? 0
        if session.lags.count > 0 {
            report.lags = (session.lags.maxNs, session.lags.quantileNs(0.99))
        }
        report.writerRestarts = session.watch.restarts
        report.leftOver = session.leftOverCount
        report.signal = session.stopSignal
        if options.flag("remove"), session.stopSignal == nil { report.isRemoved = try session.remove() }
        return report
    }

    private func tell(_ report: FeedReport) throws(CommandError) {
        for line in report.keyLines() { say(visible(line)) }
        guard options.flag("json") else { return say(report.text()) }
        let output = ByteWriter.standardOutput()
        try output.write(report.json())
        try output.flush()
    }
}
