import Accumulator
import Journal
import PositionText
import Telemetry

/// `pks journal cat`: records, one a line.
enum JournalPrinter {
    static func run(_ place: JournalPlace, _ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        let from = UInt64(options.count("from") ?? 1)
        let to = options.count("to").map { UInt64($0) } ?? .max
        if to < from {
            throw .failed(
                .usage, what: "journal cat", why: "--to \(to) is before --from \(from)",
                advice: "exchange them")
        }
        let isJSON = options.flag("json")
        let output = ByteWriter.standardOutput()
        var decoder = RecordDecoder(book: place.book)
        learnKeys(place, &decoder)
        var failure: CommandError?
        var printed: UInt64 = 0
        // SAFETY: each record lies inside the records of this call.
        let report = unsafe try place.inspect { firstSeq, records in
            for index in 0..<records.count / 128 {
                let seq = firstSeq + UInt64(index)
                if seq > to { return false }
                guard let base = records.baseAddress,
                    let record = unsafe decoder.take(base + index * 128, seq: seq, isWanted: seq >= from)
                else { continue }
                printed += 1
                do throws(CommandError) {
                    try output.write(isJSON ? json(record) : text(record))
                } catch {
                    failure = error
                    return false
                }
            }
            return true
        }
        if let failure { throw failure }
        try output.flush()
        return try verdict(report, place, printed: printed, from: from)
    }

    /// Keys that were defined by records that have aged out.
    private static func learnKeys(
        _ place: JournalPlace, _ decoder: inout RecordDecoder
    ) {
        guard let checkpoint = try? place.startingCheckpoint(checksDigest: false) else { return }
        for handle in 0..<UInt32(checkpoint.book.positionCount) {
            decoder.learn(handle, KeyInfo(place.book, checkpoint.book, handle))
        }
    }

    private static func verdict(
        _ report: JournalReport, _ place: JournalPlace, printed: UInt64, from: UInt64
    ) throws(CommandError) -> ExitStatus {
        if let fault = report.faults.first, !report.isCutShort {
            throw .failed(
                .badData, what: fault.object, why: "byte \(fault.offset): \(fault.reason)",
                advice:
                    "what is behind record \(report.lastSeq) was not printed; pks journal verify says more")
        }
        if printed == 0 && from > report.lastSeq && !report.isCutShort {
            say(
                visible(
                    "pks: journal cat: \(place.path): the last record is \(report.lastSeq): nothing to print")
            )
        } else if from > 1 && from < report.firstSeq {
            say(
                visible(
                    "pks: journal cat: \(place.path): records before \(report.firstSeq) have aged out"))
        }
        return .success
    }

    /// One line for people: number, kind, and what it says.
    private static func text(_ record: JournalRecord) -> String {
        let number = String(record.seq)
        var line = String(repeating: " ", count: max(0, 10 - number.count)) + number
        line += "  " + record.kind + String(repeating: " ", count: max(0, 10 - record.kind.count))
        for field in record.fields where !field.value.isEmpty {
            line += " \(field.name)=" + visible(quoted(field.value))
        }
        return line + "\n"
    }

    /// In quotes when it would not be one word otherwise.
    private static func quoted(_ value: String) -> String {
        guard value.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else { return value }
        return "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    private static func json(_ record: JournalRecord) -> String {
        var json = JSONText()
        json.beginObject()
        json.add("seq", String(record.seq))
        json.add("kind", record.kind)
        for field in record.fields { json.add(field.name, field.value) }
        json.endObject()
        json.endLine()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
