import Glibc
import Journal
import PositionText
import Service
import ShmReader

/// The lines that the daemon prints of its books, for people or as JSON.
struct RunReport {
    let printsJSON: Bool
    private let output = BoundedOutput(STDOUT_FILENO, patienceMs: 1000)

    init(printsJSON: Bool) { self.printsJSON = printsJSON }

    /// One line a book when the segments are there.
    func began(_ books: [ServiceBook], metrics: ListenAddress?) {
        for book in books { printsJSON ? line(beganJSON(book)) : line(beganText(book)) }
        if let metrics, !printsJSON { line(Array("metrics on http://\(metrics)/metrics".utf8)) }
        if let metrics, printsJSON {
            line(Array("{\"event\":\"metrics\",\"address\":\"\(metrics)\"}".utf8))
        }
    }

    /// One line a book when all is done.
    func ended(_ stats: ServiceStats, leftCount: UInt64) {
        for book in stats.books { printsJSON ? line(endedJSON(book, stats)) : line(endedText(book)) }
        if leftCount > 0 {
            BoundedOutput.errors.say(
                "pks: \(leftCount) records could not be taken in time; they stay on their rings")
        }
    }

    private func beganText(_ book: ServiceBook) -> [UInt8] {
        let memory = "\((book.memoryBytes + book.segmentBytes) >> 20) MiB reserved"
        let text =
            "book \(book.name): \(book.method), room for \(book.positionsMax) positions, \(book.lotsMax) lots, "
            + "\(book.identitiesMax) identities and \(book.ringsMax) rings, \(memory)"
            + (book.isPrefaulted ? "" : ", taken as it is needed") + ", \(book.segmentPath)"
        return Array(visible(text + journalText(book)).utf8)
    }

    private func journalText(_ book: ServiceBook) -> String {
        guard let path = book.journalPath, let writePath = book.journalWritePath else {
            return "; no journal: positions are in memory only (--journal DIR keeps them)"
        }
        guard let recovery = book.recovery else { return "; new journal \(path) (\(writePath))" }
        let from = recovery.checkpoint.map { "checkpoint of record \($0.seq) and " } ?? ""
        let rest = recovery.passedOver.map { "; passed over: \($0.reason.description)" }.joined()
        return
            "; journal \(path) (\(writePath)): recovered \(from)\(recovery.replayedCount) records to record "
            + "\(recovery.lastSeq) in \(Int(recovery.seconds * 1000)) ms\(rest)"
    }

    private func journalJSON(_ book: ServiceBook) -> [UInt8] {
        var bytes: [UInt8] = []
        guard let path = book.journalPath, let writePath = book.journalWritePath else {
            bytes.append(static: ",\"journal\":null")
            return bytes
        }
        bytes.append(static: ",\"journal\":{\"path\":")
        bytes.append(json: path)
        bytes.append(static: ",\"write_path\":")
        bytes.append(json: writePath)
        let report = book.recovery ?? RecoveryReport()
        bytes.append(text: ",\"last_seq\":\(report.lastSeq),\"replayed\":\(report.replayedCount)")
        bytes.append(
            text: ",\"checkpoint_seq\":\(report.checkpoint.map { "\($0.seq)" } ?? "null")"
                + ",\"recovery_ns\":\(report.checkpointNs + report.replayNs)}")
        return bytes
    }

    private func beganJSON(_ book: ServiceBook) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(static: "{\"event\":\"start\",\"book\":")
        bytes.append(json: book.name)
        bytes.append(static: ",\"method\":")
        bytes.append(json: book.method)
        bytes.append(text: ",\"positions_max\":\(book.positionsMax),\"lots_max\":\(book.lotsMax)")
        bytes.append(text: ",\"identities_max\":\(book.identitiesMax),\"rings_max\":\(book.ringsMax)")
        bytes.append(text: ",\"memory_bytes\":\(book.memoryBytes),\"segment_bytes\":\(book.segmentBytes)")
        bytes.append(text: ",\"prefaulted\":\(book.isPrefaulted),\"segment\":")
        bytes.append(json: book.segmentPath)
        bytes.append(contentsOf: journalJSON(book))
        bytes.append(static: "}")
        return bytes
    }

    private func endedText(_ book: BookStats) -> [UInt8] {
        let counters = book.counters
        return Array(
            visible(
                "book \(book.book): \(counters.fills) fills, \(counters.duplicates) duplicates, "
                    + "\(counters.conflicts) conflicts, \(counters.rejects) rejects, \(book.positions) positions, "
                    + "seq \(book.appliedSeq)"
            ).utf8)
    }

    private func endedJSON(_ book: BookStats, _ stats: ServiceStats) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(static: "{\"event\":\"stop\",\"book\":")
        bytes.append(json: book.book)
        let counters = book.counters
        bytes.append(text: ",\"fills\":\(counters.fills),\"duplicates\":\(counters.duplicates)")
        bytes.append(text: ",\"conflicts\":\(counters.conflicts),\"rejects\":\(counters.rejects)")
        bytes.append(text: ",\"positions\":\(book.positions),\"applied_seq\":\(book.appliedSeq)")
        bytes.append(text: ",\"seconds\":\(rounded(Double(stats.uptimeNs) / 1e9, 3))}")
        return bytes
    }

    // A daemon goes on when nobody reads its output any more.
    private func line(_ bytes: [UInt8]) { output.line(bytes) }
}
