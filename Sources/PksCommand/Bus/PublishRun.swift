import CSeqlock
import Feeds
import Glibc
import NATSBridge
import PositionText

/// One run of `pks publish`, from the files to the report.
struct PublishRun {
    private let input: InputFiles
    private let options: ParsedOptions
    private let bus: BusOptions
    private let progress = ProgressLine(verb: "publish")
    private let sending: BusSender.Options

    init(_ options: ParsedOptions) throws(CommandError) {
        self.options = options
        bus = try BusOptions(options)
        input = try InputFiles(options, book: bus.book)
        var sending = BusSender.Options(
            nats: bus.nats, subject: bus.subject(bus.names.booked),
            stream: options.text("stream") ?? bus.names.bookingStream)
        if let ns = options.durationNs("patience") { sending.patienceMs = ns / 1_000_000 }
        self.sending = sending
    }

    /// Reads, sends, waits, tells.
    func run() throws(CommandError) -> ExitStatus {
        let session = PublishSession(
            try sender(), book: bus.book, batch: options.count("batch") ?? 1,
            pace: options.count("rate").map { .rate($0) } ?? .unpaced,
            rejects: try RejectLog(output: nil, progress: progress), progress: progress)
        var sink = session
        let outcome = try input.read(into: &sink, sources: session.sources, progress: progress) {
            session.idle()
            // Whoever waits for input cannot be stopped from here but by ending.
            if session.failure != nil || session.stopSignal != nil { endWaiting(session) }
        }
        let isWhole = session.failure == nil && session.stopSignal == nil && session.finish()
        progress.clear()
        if !isWhole { try endEarly(session, outcome) }
        session.rejects.showRest(advice: "their reasons are counted below")
        try tell(report(session, outcome))
        if let missing = outcome.missing { return missing }
        return session.rejects.count > 0 && !options.flag("allow-rejects") ? .badData : .success
    }

    private func sender() throws(CommandError) -> BusSender {
        do throws(BusError) {
            return try BusSender(sending) { StopSignal.number == nil }
        } catch { throw CommandError(error) }
    }

    private func endEarly(_ session: PublishSession, _ outcome: InputFiles.Outcome) throws(CommandError)
        -> Never
    {
        progress.clear()
        try tell(report(session, outcome))
        if let failure = session.failure { throw failure }
        throw .interrupted(session.stopSignal ?? SIGINT)
    }

    /// The same in the middle of waiting for input.
    private func endWaiting(_ session: PublishSession) -> Never {
        do throws(CommandError) {
            var outcome = InputFiles.Outcome()
            outcome.fileCount = input.paths.count
            try endEarly(session, outcome)
        } catch {
            for message in error.messages { say(visible(message)) }
            exit(error.exitCode)
        }
    }

    private func report(_ session: PublishSession, _ outcome: InputFiles.Outcome) -> PublishReport {
        let endedNs = session.endedNs > 0 ? session.endedNs : pks_monotonic_ns()
        return PublishReport(
            book: bus.book, stream: sending.stream, subject: sending.subject, files: outcome.fileCount,
            lines: outcome.summary.lines, refusedRows: session.rejects.count,
            refusedByReason: session.rejects.countByReason, fills: session.fillCount, counts: session.counts,
            underWay: session.underWayCount, elapsedNs: session.beganNs.map { endedNs - $0 } ?? 0,
            signal: session.stopSignal)
    }

    private func tell(_ report: PublishReport) throws(CommandError) {
        guard options.flag("json") else { return say(report.text()) }
        let output = ByteWriter.standardOutput()
        try output.write(report.json())
        try output.flush()
    }
}
