import Journal
import PositionText

/// `pks journal verify`: every block by itself.
enum JournalCheck {
    static func run(_ places: [JournalPlace], _ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        try JournalText.print(places, options, text)
    }

    private static let shownMax = 20

    private static func text(_ state: JournalState, _ terminal: Terminal) -> String {
        let (report, place) = (state.report, state.place)
        var lines = JournalText.head(state, terminal)
        if report.verdict == .tornEnd {
            lines +=
                "  behind record \(report.lastSeq) lies what a write left that nobody was told of: normal after a "
                + "crash, or while somebody writes\n"
        }
        for fault in report.faults.prefix(shownMax) { lines += "  " + line(fault) + "\n" }
        if report.faultCount > shownMax { lines += "  and \(report.faultCount - shownMax) more\n" }
        for file in state.checkpoints {
            if let fault = file.fault { lines += visible("  \(place.path)/\(file.name): \(fault)") + "\n" }
        }
        if !state.checkpoints.isEmpty {
            let whole = state.checkpoints.count { $0.fault == nil }
            lines += "  \(whole) of \(state.checkpoints.count) checkpoints are whole\n"
        }
        if report.faultCount > 0 { lines += "  " + advice(report, place) + "\n" }
        for tail in report.uselessTails {
            lines +=
                visible("  \(tail.object): a tail at byte \(tail.offset) \(tail.reason); it is not needed")
                + "\n"
        }
        return lines
    }

    private static func line(_ fault: JournalReport.Fault) -> String {
        var line = "\(fault.object): byte \(fault.offset): \(fault.reason)"
        if let records = fault.records {
            line +=
                records.count == 1
                ? ": record \(records.lowerBound)"
                : ": records \(records.lowerBound) to \(records.upperBound)"
        }
        return visible(line)
    }

    private static func advice(_ report: JournalReport, _ place: JournalPlace) -> String {
        let behind =
            report.recordsBehind > 0 ? ", and \(report.recordsBehind) records can be read behind it" : ""
        var line = "whole up to record \(report.lastSeq)\(behind); restore the file from a copy"
        if report.verdict == .damagedEnd {
            line +=
                "; without one, pks journal repair-tail \(place.path) shows what cutting the end would lose"
        }
        return visible(line)
    }
}
