import Accumulator
import Feeds
import LotMatching

/// Checks one method over all files: once with every record audited, and once more along the real path with
/// another hash seed.
struct VerifyRun {
    let input: InputOptions
    let method: LotMethod
    let place: BookLane.Place
    let progress: ProgressLine
    /// Takes the rejects of the first pass.
    let rejects: RejectLog

    /// Throws only when the input cannot be read or shared memory cannot be had.
    func run() throws(CommandError) -> [VerifyReport] {
        let first = ReplaySession(
            input, method: method, effects: EffectSink(rejects: rejects, matches: nil, lines: nil),
            progress: progress, place: place)
        defer { first.end(keep: false) }
        let sink = VerifySink(first, input, method: method)
        try read(into: sink, first)
        var reports: [VerifyReport] = []
        for (lane, audited) in zip(first.lanes, sink.audited) {
            reports.append(try report(lane, audited))
        }
        first.end(keep: false)
        try replayAgain(&reports)
        return reports
    }

    /// The second replay: it must come to the same, although its hashes fall otherwise.
    private func replayAgain(_ reports: inout [VerifyReport]) throws(CommandError) {
        let silent = try RejectLog(output: nil, progress: progress, isSilent: true)
        let second = ReplaySession(
            input, method: method, effects: EffectSink(rejects: silent, matches: nil, lines: nil),
            progress: progress, place: place, hashSeed: 0x5851_f42d_4c95_7f2d)
        defer { second.end(keep: false) }
        try read(into: second, second)
        if second.lanes.count != reports.count {
            throw .failed(
                .badData, what: "verify", why: "a second replay found other books",
                advice: "did a file change meanwhile?")
        }
        for (index, lane) in second.lanes.enumerated() {
            if lane.withBook({ $0.digest() }) != reports[index].digest {
                reports[index].faults.append("a second replay has another digest")
            }
            try compareSlots(lane, &reports[index].faults)
        }
    }

    private func read<Sink: FillSink>(
        into sink: consuming Sink, _ session: ReplaySession
    ) throws(CommandError) {
        var feed = Feed(options: input.feed)
        var sink = sink
        for (ordinal, file) in input.files.paths.enumerated() {
            session.effects.sources.begin(file, ordinal: ordinal)
            do throws(FeedError) {
                if try !feed.read(file, into: &sink) { break }
            } catch {
                throw CommandError(error)
            }
        }
        session.endRound()
        if let failure = session.failure { throw failure }
    }

    private func report(_ lane: BookLane, _ audited: AuditedBook) throws(CommandError) -> VerifyReport {
        progress.update("computing digests")
        let digest = lane.withBook { $0.digest() }
        let counters = lane.withBook { $0.counters }
        var report = VerifyReport(
            book: lane.book, method: method.name, counters: counters, rejects: counters.rejects,
            recordsChecked: audited.checkedCount, slotsCompared: lane.withBook { $0.positionCount },
            digest: digest)
        if let violation = audited.violation { report.faults.append(violation) }
        if let violation = audited.effectsViolation() { report.faults.append(violation) }
        if audited.withBook({ $0.counters }) != counters {
            report.faults.append("the audited book has counted otherwise than the replay")
        }
        if audited.withBook({ $0.digest() }) != digest {
            report.faults.append("the audited book has another digest than the replay")
        }
        try compareSlots(lane, &report.faults)
        return report
    }

    /// A slot that differs is a finding; a segment that cannot be read is an error.
    private func compareSlots(_ lane: BookLane, _ faults: inout [String]) throws(CommandError) {
        do throws(CommandError) { _ = try PositionsBack(lane) } catch {
            guard error.status == .software else { throw error }
            faults += error.messages
        }
    }
}
