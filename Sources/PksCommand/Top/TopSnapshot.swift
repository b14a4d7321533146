import CSeqlock
import FixedPoint
import Monitor
import PositionText
import ShmReader

/// One snapshot of books, printed.
struct TopSnapshot {
    private let snapshot: MonitorSnapshot
    private let form: TopForm
    private let output = ByteWriter.standardOutput()

    /// Takes the snapshot. Throws `unavailable` when there is nothing to look at.
    init(_ options: MonitorOptions, _ form: TopForm) throws(CommandError) {
        do throws(AttachError) {
            snapshot = try MonitorSnapshot(options)
        } catch {
            throw CommandError(error)
        }
        self.form = form
        guard snapshot.isEmpty else { return }
        if let first = snapshot.failures.first {
            if case .notFound(let object) = first {
                let names = (options.books ?? []).map { shown($0) }.joined(separator: ", ")
                throw .failed(
                    .unavailable, what: "book \(names)", why: "there is no segment \(object)",
                    advice: "pks ls shows what there is; pks run --book B starts one")
            }
            throw CommandError(first)
        }
        throw .failed(
            .unavailable, what: "top", why: "no book is there",
            advice: "pks run --book B starts one; pks replay FILE --keep makes one")
    }

    func print(isASCII: Bool) throws(CommandError) -> ExitStatus {
        switch form {
        case .screen, .text:
            try snapshot.write(isASCII: isASCII) { (text: String) throws(CommandError) in
                try output.write(text)
            }
        case .csv: try printCSV()
        case .json: try printJSON()
        }
        try output.flush()
        for error in snapshot.failures { say("pks: \(visible(error.description))") }
        for book in snapshot.unsteady {
            say(
                "pks: book \(book): the writer was too fast for one consistent snapshot: each row is right by itself"
            )
        }
        if form == .csv {
            for (name, health) in snapshot.books {
                guard let trouble = health.trouble(nowNs: snapshot.nowNs) else { continue }
                if case .writer(.stopped) = health.condition { continue }
                say("pks: book \(name): \(trouble)")
            }
        }
        return .success
    }

    private func printCSV() throws(CommandError) {
        var bytes = PositionRow.csvHeader
        for row in snapshot.rows {
            row.appendCSV(to: &bytes)
            try output.write(bytes)
            bytes.removeAll(keepingCapacity: true)
        }
        try output.write(bytes)
    }

    private func printJSON() throws(CommandError) {
        var bytes: [UInt8] = []
        bytes.append(static: "{\"books\":[")
        for (index, book) in snapshot.books.enumerated() {
            bytes.append(static: index == 0 ? "\n" : ",\n")
            append(book.name, book.health, to: &bytes)
        }
        bytes.append(static: "\n],\"positions\":[")
        for (index, row) in snapshot.rows.enumerated() {
            bytes.append(static: index == 0 ? "\n" : ",\n")
            row.appendJSON(to: &bytes)
            try output.write(bytes)
            bytes.removeAll(keepingCapacity: true)
        }
        bytes.append(static: "\n]}\n")
        try output.write(bytes)
    }

    private func append(_ name: String, _ health: BookHealth, to bytes: inout [UInt8]) {
        bytes.append(static: "{\"book\":")
        bytes.append(json: name)
        bytes.append(static: ",\"state\":")
        bytes.append(json: health.word)
        if let trouble = health.trouble(nowNs: snapshot.nowNs) {
            bytes.append(static: ",\"note\":")
            bytes.append(json: trouble)
        }
        bytes.append(static: ",\"segment\":")
        bytes.append(json: health.path)
        bytes.append(text: ",\"abi\":\"\(health.abi)\",\"writer_pid\":\(health.writerPid)")
        appendSeconds("heartbeat_age_seconds", snapshot.nowNs - health.heartbeatNs, to: &bytes)
        appendSeconds("uptime_seconds", snapshot.nowNs - health.createdNs, to: &bytes)
        bytes.append(text: ",\"applied_seq\":\(health.appliedSeq),\"durable_seq\":\(health.durableSeq)")
        if let counters = health.counters {
            bytes.append(text: ",\"fills\":\(counters.fills),\"duplicates\":\(counters.duplicates)")
            bytes.append(text: ",\"conflicts\":\(counters.conflicts),\"late\":\(counters.late)")
            bytes.append(text: ",\"open_lots\":\(counters.openLots),\"matches\":\(counters.matches)")
            bytes.append(
                text: ",\"rings\":\(counters.rings),\"rings_quarantined\":\(counters.ringsQuarantined)")
            bytes.append(text: ",\"rejects\":\(counters.rejects),\"rejects_by_reason\":{")
            for (index, reject) in health.rejects.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes.append(json: reject.reason)
                bytes.append(text: ":\(reject.count)")
            }
            bytes.append(UInt8(ascii: "}"))
        }
        if let bus = health.bus { bytes.append(bus: bus) }
        bytes.append(text: ",\"lag_records\":" + (health.rings.map { "\($0.lag)" } ?? "null"))
        bytes.append(static: "}")
    }

    private func appendSeconds(_ name: StaticString, _ ns: Int64, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: ","))
        bytes.append(jsonName: name)
        appendDecimal(max(0, ns), decimals: 9, to: &bytes)
    }
}
