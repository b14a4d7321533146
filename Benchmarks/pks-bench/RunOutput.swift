import BenchModel
import CLimits
import Foundation
import Synchronization

/// Where a run's figures go, as they come: the table, the JSON, histograms, and the report. Whatever ends the run,
/// what was measured until then is there.
///
/// Any thread; one at a time gets through.
final class RunOutput: Sendable {
    private let options: BenchOptions
    private let machine = RunOutput.machineHere()
    private let goals = Mutex<[Goal]>([])

    init(_ options: BenchOptions) { self.options = options }

    /// This machine, with what had to be measured of it.
    private static func machineHere() -> Machine {
        var machine = Machine.here()
        let slowdown = limit_sibling_slowdown()
        let verdict = slowdown > 1.3 ? "two threads of one core" : "two cores"
        machine.fields["two_cpus"] =
            slowdown < 0
            ? "one only"
            : String(format: "%@ (arithmetic beside itself takes %.2f times as long)", verdict, slowdown)
        return machine
    }

    private var isJSONOnStdout: Bool { options.jsonPath == "-" }

    /// Makes the folders and the first lines, so that what cannot be written is known before anything is measured.
    func begin() throws {
        for folder in [options.histogramPath, options.reportPath].compactMap(\.self) {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw BenchModelError.cannotWrite(file: folder, why: error.localizedDescription)
            }
        }
        try goals.withLock { try writeJSON($0, isPartial: true) }
        show(ReportTable().header(machine))
    }

    /// Takes what a benchmark has measured.
    func add(_ new: [Goal]) throws {
        try goals.withLock { goals in
            let new = options.isQuick ? new.map(\.asNoisy) : new
            goals += new
            show(ReportTable().rows(new))
            try writeJSON(goals, isPartial: true)
            if let folder = options.histogramPath { try Self.writeHistograms(new, folder) }
        }
    }

    /// Writes what there is. Whether all of it holds.
    func finish(isPartial: Bool) throws -> Bool {
        try goals.withLock { goals in
            let results = GoalResult.grouped(goals)
            show(ReportTable().footer(results, isPartial: isPartial))
            try writeJSON(goals, isPartial: isPartial)
            if let folder = options.reportPath {
                try ReportFolder(report(goals, isPartial), path: folder).write()
                say("the report is \(folder)/index.html")
            }
            if isJSONOnStdout { try print(report(goals, isPartial).json(), terminator: "") }
            fflush(nil)
            return results.allSatisfy(\.passes)
        }
    }

    /// From now on ^C and its like write what was measured so far, and then end this process.
    func finishOnSignals() throws {
        var ends: (reading: Int32, writing: Int32) = (0, 0)
        // SAFETY: a pair of two descriptors has the layout that pipe fills.
        let made = unsafe withUnsafeMutableBytes(of: &ends) { bytes in
            unsafe pipe(bytes.baseAddress?.assumingMemoryBound(to: Int32.self))
        }
        guard made == 0 else { throw BenchError("there are no descriptors left for a pipe") }
        let reading = ends.reading
        let thread = Thread { [self] in
            var number: UInt8 = 0
            // SAFETY: the byte lives for the call.
            while unsafe read(reading, &number, 1) != 1 {}
            do { _ = try finish(isPartial: true) } catch { say("\(error)") }
            say("ended by signal \(number): this is what was measured until then")
            limit_end_now(128 + Int32(number))
        }
        thread.start()
        limit_tell_signals(ends.writing)
    }

    // MARK: - Forms

    private func report(_ goals: [Goal], _ isPartial: Bool) -> BenchReport {
        var report = BenchReport(machine: machine, goals: goals)
        report.machine.fields["options"] = options.stated
        report.isPartial = isPartial
        return report
    }

    private func show(_ text: String) {
        if isJSONOnStdout {
            if !options.isQuiet { FileHandle.standardError.write(Data(text.utf8)) }
        } else {
            FileHandle.standardOutput.write(Data(text.utf8))
        }
    }

    private func say(_ text: String) {
        FileHandle.standardError.write(Data("pks-bench: \(text)\n".utf8))
    }

    private func writeJSON(_ goals: [Goal], isPartial: Bool) throws {
        guard let path = options.jsonPath, path != "-" else { return }
        try Self.write(try report(goals, isPartial).json(), path)
    }

    private static func writeHistograms(_ goals: [Goal], _ folder: String) throws {
        for goal in goals {
            for series in goal.series {
                try write(series.histogram.text, "\(folder)/\(goal.id)-\(series.name).hgrm")
            }
        }
    }

    /// Whole or not at all.
    static func write(_ text: String, _ path: String) throws {
        do { try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
            throw BenchModelError.cannotWrite(file: path, why: error.localizedDescription)
        }
    }
}
