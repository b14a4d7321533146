import CSeqlock
import Journal
import PositionText
import Telemetry

/// What `ls` and `verify` say alike.
enum JournalText {
    /// Inspects each journal and prints what came of it: as JSON, or as `text` says it.
    static func print(
        _ places: [JournalPlace], _ options: ParsedOptions,
        _ text: (JournalState, Terminal) -> String
    ) throws(CommandError) -> ExitStatus {
        let output = ByteWriter.standardOutput()
        let terminal = Terminal.standardOutput
        let isJSON = options.flag("json")
        var isDamaged = false
        for (index, place) in places.enumerated() {
            let state = try JournalState(place)
            isDamaged = isDamaged || state.faultCount > 0
            if isJSON {
                var json = JSONText()
                append(state, to: &json)
                try output.write(index == 0 ? "[\n" : ",\n")
                try output.write(json.bytes)
            } else {
                try output.write((index > 0 ? "\n" : "") + text(state, terminal))
            }
        }
        if isJSON { try output.write("\n]\n") }
        try output.flush()
        return isDamaged ? .badData : .success
    }

    /// One line about a journal: what it is and how it is.
    static func head(_ state: JournalState, _ terminal: Terminal) -> String {
        let report = state.report
        let name = terminal.styled(visible(state.place.book), .bold)
        guard report.verdict != .empty else { return "\(name): no records\n" }
        let bad = report.faultCount > 0 || state.missingBeginning != nil
        var line = "\(name): " + terminal.styled(word(report.verdict), bad ? .red : .green)
        line +=
            report.lastSeq < report.firstSeq
            ? ", no records" : ", records \(report.firstSeq) to \(report.lastSeq)"
        line += ", durable to \(report.durableSeq) at least"
        if report.life > 0 { line += ", life \(report.life)" }
        if report.writtenRealtimeNs > 0 {
            line += ", written \(ageText(pks_realtime_ns() - report.writtenRealtimeNs)) ago"
        }
        guard let missing = state.missingBeginning else { return line + "\n" }
        return line + "\n  \(missing) (\(JournalState.beginningAdvice))\n"
    }

    /// A verdict for people.
    static func word(_ verdict: JournalReport.Verdict) -> String {
        switch verdict {
        case .empty: "empty"
        case .whole: "whole"
        case .tornEnd: "whole, with a torn end"
        case .damagedEnd: "DAMAGED at its end"
        case .damaged: "DAMAGED"
        }
    }

    static func append(_ state: JournalState, to json: inout JSONText) {
        let (report, place) = (state.report, state.place)
        json.beginObject()
        json.add("book", place.book)
        json.add("path", place.path)
        json.add("verdict", name(report.verdict))
        json.add("epoch", String(report.epoch, radix: 16))
        json.add("life", report.life)
        json.add("first_seq", report.firstSeq)
        json.add("last_seq", report.lastSeq)
        json.add("durable_seq", report.durableSeq)
        json.add("records_behind_damage", report.recordsBehind)
        json.add("written_ns", literal: String(report.writtenRealtimeNs))
        json.beginArray("segments")
        for segment in report.segments {
            json.beginObject()
            json.add("file", segment.name)
            json.add("first_seq", segment.firstSeq)
            json.add("records", segment.recordCount)
            json.add("bytes", segment.byteCount)
            json.add("created_ns", segment.createdRealtimeNs)
            json.endObject()
        }
        json.endArray()
        json.beginArray("checkpoints")
        for file in state.checkpoints { append(file, to: &json) }
        json.endArray()
        json.add("fault_count", state.faultCount)
        if let missing = state.missingBeginning { json.add("missing_beginning", missing) }
        json.beginArray("faults")
        for fault in report.faults { append(fault, to: &json) }
        json.endArray()
        json.endObject()
    }

    private static func append(_ file: CheckpointFile, to json: inout JSONText) {
        json.beginObject()
        json.add("file", file.name)
        json.add("seq", file.seq)
        json.add("valid", file.fault == nil)
        if let fault = file.fault { json.add("reason", fault) }
        if let info = file.info {
            json.add("bytes", info.byteCount)
            json.add("created_ns", info.createdRealtimeNs)
            json.add("fills", info.fills)
            json.add("positions", info.positions)
            json.add("open_lots", info.openLots)
            json.add("digest", info.digest)
        }
        json.endObject()
    }

    private static func append(_ fault: JournalReport.Fault, to json: inout JSONText) {
        json.beginObject()
        json.add("file", fault.object)
        json.add("offset", fault.offset)
        if let records = fault.records {
            json.add("first_seq", records.lowerBound)
            json.add("last_seq", records.upperBound)
        }
        json.add("reason", fault.reason)
        json.endObject()
    }

    private static func name(_ verdict: JournalReport.Verdict) -> String {
        switch verdict {
        case .empty: "empty"
        case .whole: "whole"
        case .tornEnd: "torn_end"
        case .damagedEnd: "damaged_end"
        case .damaged: "damaged"
        }
    }
}
