import Accumulator
import Journal
import PositionText
import Telemetry

/// `pks verify --journal`: replays journals, and holds what comes of them against everything that says the same.
enum JournalVerification {
    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        if let file = options.operands.first {
            throw .failed(
                .usage, what: "verify", why: "\(shown(file)) and --journal at once", advice: "choose one")
        }
        let places = try JournalPlace.find(options.text("journal"), options, verb: "verify")
        let output = ByteWriter.standardOutput()
        let terminal = Terminal.standardOutput
        let isJSON = options.flag("json")
        var holds = true
        for (index, place) in places.enumerated() {
            let result = try verify(place)
            holds = holds && result.faults.isEmpty
            if isJSON {
                try output.write(index == 0 ? "[\n" : ",\n")
                try output.write(result.json)
            } else {
                try output.write(result.text(terminal))
            }
        }
        if isJSON { try output.write("\n]\n") }
        try output.flush()
        return holds ? .success : .badData
    }

    private static func verify(_ place: JournalPlace) throws(CommandError) -> JournalVerdict {
        let progress = ProgressLine(verb: "verify")
        let checkpoints = try place.checkpoints()
        let auditor = JournalAuditor(checkpoints.filter { $0.fault == nil })
        let replay = try JournalReplay(place, progress: progress, checksDigest: true)
        let report = try replay.run(auditor)
        var verdict = replay.withBook { book in
            progress.update("computing the digest")
            return JournalVerdict(
                place.book, book, auditor, startSeq: replay.startSeq, recordCount: replay.recordCount,
                slots: LiveSlots(place.book, book, lastSeq: replay.lastSeq))
        }
        progress.clear()
        for fault in report.faults.prefix(20) {
            verdict.faults.append("\(fault.object): byte \(fault.offset): \(fault.reason)")
        }
        for file in checkpoints {
            if let fault = file.fault { verdict.faults.append("\(file.name): \(fault)") }
            if file.fault == nil && file.seq > replay.lastSeq {
                verdict.faults.append(
                    "\(file.name): it is of record \(file.seq), but the journal ends at record \(replay.lastSeq)"
                )
            }
        }
        return verdict
    }
}

/// What was checked of one book's journal, and what came of it.
struct JournalVerdict {
    let book: String
    let startSeq: UInt64
    let lastSeq: UInt64
    let recordCount: UInt64
    let counters: BookCounters
    let checkedCount: UInt64
    let checkpointCount: Int
    let slots: LiveSlots
    let digest: String
    /// What does not hold; empty when everything does.
    var faults: [String] = []

    init(
        _ name: String, _ book: borrowing Book, _ auditor: JournalAuditor, startSeq: UInt64,
        recordCount: UInt64, slots: LiveSlots
    ) {
        self.book = name
        self.startSeq = startSeq
        self.recordCount = recordCount
        self.slots = slots
        lastSeq = book.seq
        counters = book.counters
        checkedCount = auditor.checkedCount
        digest = book.digest()
        checkpointCount = auditor.checkpointCount
        faults = auditor.faults + slots.faults
    }

    /// Lines for people.
    func text(_ terminal: Terminal) -> String {
        let verdict = faults.isEmpty ? "holds" : "FAILS"
        var lines = [
            visible("\(book) (journal): ") + terminal.styled(verdict, faults.isEmpty ? .green : .red)
        ]
        lines += faults.map { "  fault        " + visible($0) }
        let from = startSeq == 0 ? "from record 1" : "from the checkpoint of record \(startSeq)"
        lines += [
            "  records      \(recordCount) replayed \(from) to record \(lastSeq)",
            "  fills        \(counters.fills) in all, \(counters.duplicates) duplicates, "
                + "\(counters.conflicts) conflicts, \(counters.rejects) rejects",
            "  identities   3, after each of \(checkedCount) fills",
            "  checkpoints  \(checkpointCount) with the digest of the replay at their record",
            "  slots        \(slotText)",
            "  digest       \(digest)",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private var slotText: String {
        if let note = slots.note { return "not compared: \(visible(note))" }
        var text = "\(slots.sameCount) in shared memory are the same, word for word"
        if slots.newerCount > 0 { text += "; \(slots.newerCount) are newer than the journal's end" }
        if slots.olderCount > 0 { text += "; \(slots.olderCount) have not come as far" }
        return text
    }

    /// One JSON object.
    var json: [UInt8] {
        var json = JSONText()
        json.beginObject()
        json.add("book", book)
        json.add("holds", faults.isEmpty)
        json.add("start_seq", startSeq)
        json.add("last_seq", lastSeq)
        json.add("records", recordCount)
        json.add("fills", counters.fills)
        json.add("duplicates", counters.duplicates)
        json.add("conflicts", counters.conflicts)
        json.add("rejects", counters.rejects)
        json.add("records_checked", checkedCount)
        json.add("checkpoints_same", checkpointCount)
        json.add("slots_same", slots.sameCount)
        json.add("slots_newer", slots.newerCount)
        json.add("slots_older", slots.olderCount)
        json.add("digest", digest)
        json.beginArray("faults")
        for fault in faults { json.add(nil, fault) }
        json.endArray()
        json.endObject()
        return json.bytes
    }
}
