import CSeqlock
import Journal
import PositionText

/// `pks journal ls`: the files of each book's journal and how they are.
enum JournalListing {
    static func run(_ places: [JournalPlace], _ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        try JournalText.print(places, options, text)
    }

    private static func text(_ state: JournalState, _ terminal: Terminal) -> String {
        let report = state.report
        var lines = JournalText.head(state, terminal)
        if report.segments.isEmpty && state.checkpoints.isEmpty { return lines }
        var table = TextTable([
            TextTable.Column(name: "FILE", isNumber: false), TextTable.Column(name: "FIRST", isNumber: true),
            TextTable.Column(name: "LAST", isNumber: true), TextTable.Column(name: "RECORDS", isNumber: true),
            TextTable.Column(name: "BYTES", isNumber: true), TextTable.Column(name: "NOTE", isNumber: false),
        ])
        for segment in report.segments {
            let faults = report.faults.filter { $0.object.hasSuffix("/" + segment.name) }
            let isEmpty = segment.recordCount == 0
            table.add([
                segment.name, isEmpty ? "-" : String(segment.firstSeq),
                isEmpty || !faults.isEmpty ? "-" : String(segment.firstSeq + segment.recordCount - 1),
                String(segment.recordCount), String(segment.byteCount),
                faults.first.map { "damaged at byte \($0.offset)" } ?? "",
            ])
        }
        for file in state.checkpoints {
            let age = file.info.map { ageText(pks_realtime_ns() - $0.createdRealtimeNs) + " old" }
            table.add([
                file.name, "-", String(file.seq), file.info.map { "\($0.positions) keys" } ?? "-",
                file.info.map { String($0.byteCount) } ?? "-", file.fault ?? age ?? "",
            ])
        }
        lines += table.text(terminal)
        return lines
    }
}
