import Accumulator
import CSeqlock
import Feeds
import LotMatching
import PositionText

/// One run of `pks replay`, from opening the files to the summary.
struct ReplayRun {
    private let input: InputOptions
    private let options: ParsedOptions
    private let progress = ProgressLine(verb: "replay")
    private let results: ResultFiles?
    private let session: ReplaySession
    private let beganNs = pks_monotonic_ns()

    init(_ input: InputOptions, _ options: ParsedOptions) throws(CommandError) {
        self.input = input
        self.options = options
        var results: ResultFiles?
        if let directory = options.text("out") { results = try ResultFiles(directory: directory) }
        self.results = results
        let rejects = try RejectLog(output: try results?.open("rejects.csv"), progress: progress)
        let lines = options.flag("no-effects") ? nil : try results?.open("effects.jsonl")
        let matches = results.map { RowSorter(directory: $0.directory) }
        session = ReplaySession(
            input, method: input.method,
            effects: EffectSink(rejects: rejects, matches: matches, lines: lines), progress: progress,
            place: BookLane.Place(runDirectory: input.runDirectory))
    }

    /// Reads, applies, reads back, writes, tells. The segments are gone afterwards, unless they are kept.
    func run() throws(CommandError) -> ExitStatus {
        do throws(CommandError) {
            return try runOpen()
        } catch {
            progress.clear()
            session.end(keep: false)
            throw error
        }
    }

    private func runOpen() throws(CommandError) -> ExitStatus {
        let outcome = try readFiles()
        session.endRound()
        if let failure = session.failure { throw failure }
        var rows: [[PositionRow]] = []
        for lane in session.lanes { rows.append(try PositionsBack(lane).rows) }
        try write(rows)
        var summary = ReplaySummary(files: outcome.fileCount, feed: outcome.summary)
        summary.elapsedNs = pks_monotonic_ns() - beganNs
        finish(&summary, rows)
        session.end(keep: options.flag("keep"))
        progress.clear()
        session.effects.rejects.showRest(
            advice: results.map { "\($0.directory)/rejects.csv has all of them" } ?? RejectLog.adviceOut)
        try tell(summary)
        if let missing = outcome.missing { return missing }
        return summary.rejects > 0 && !options.flag("allow-rejects") ? .badData : .success
    }

    private func readFiles() throws(CommandError) -> InputFiles.Outcome {
        var sink = session
        let session = session
        let outcome = try input.files.read(
            into: &sink, sources: session.effects.sources, progress: progress
        ) { session.wait() }
        if let failure = session.failure { throw failure }
        return outcome
    }

    private func write(_ rows: [[PositionRow]]) throws(CommandError) {
        guard let results else { return }
        progress.update("writing the results")
        let writer = ReplayResults(results, session)
        try writer.writePositions(rows)
        try writer.writeLots()
        try writer.writeMatches()
        try writer.writeOtherFees()
        try results.commit()
    }

    private func finish(_ summary: inout ReplaySummary, _ rows: [[PositionRow]]) {
        if !options.flag("no-digest") { progress.update("computing the digest") }
        let rejects = session.effects.rejects
        summary.rejects = rejects.count
        summary.rejectsByReason = rejects.countByReason
        summary.outDirectory = results?.directory
        summary.drainNs = session.lanes.reduce(0) { $0 + $1.drainNs } - session.effects.formatNs
        for (lane, rows) in zip(session.lanes, rows) {
            let digest = options.flag("no-digest") ? nil : lane.withBook { $0.digest() }
            let counters = lane.withBook { $0.counters }
            summary.books.append(
                ReplaySummary.BookPart(
                    name: lane.book, counters: counters, positions: rows.count, digest: digest))
        }
    }

    private func tell(_ summary: ReplaySummary) throws(CommandError) {
        guard options.flag("json") else { return say(summary.text()) }
        let output = ByteWriter.standardOutput()
        try output.write(summary.json())
        try output.flush()
    }
}
