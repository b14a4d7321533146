import CSeqlock
import PositionText
import ShmReader

/// One segment as `pks ls` shows it.
struct ListEntry {
    /// What an attached segment says of itself.
    struct Details {
        let pid: UInt32
        let heartbeatAgeNs: Int64
        let positions: Int
        let capacity: Int
        let appliedSeq: UInt64
        let durableSeq: UInt64
        let bus: BusView?
        let abi: String
        let bytes: UInt64
    }

    let book: String
    let details: Details?
    /// The writer's state; `denied` or `broken` for a segment that cannot be attached.
    let state: String
    /// Why the segment cannot be attached, or why its writer is not well.
    let note: String

    /// Attaches to a book's segment and looks at it once.
    init(book: String) {
        self.book = book
        do throws(AttachError) {
            let reader = try SegmentReader(book: book)
            let nowNs = pks_monotonic_ns()
            let status = reader.writerStatus(nowNs: nowNs)
            // A heartbeat of a moment ago says nothing about a process that has just been killed.
            let isDead = reader.hasWriterDied()
            state = isDead ? "dead" : status.name
            details = Details(
                pid: reader.header.writer.pid,
                heartbeatAgeNs: max(0, nowNs - reader.heartbeatNs), positions: reader.slotCount,
                capacity: reader.slotCapacity, appliedSeq: reader.appliedSeq, durableSeq: reader.durableSeq,
                bus: reader.bus, abi: "\(reader.header.abi_major).\(reader.header.abi_minor)",
                bytes: reader.header.segment_bytes)
            if isDead {
                note = "its writer has died; the next writer of the book replaces it"
            } else if case .degraded(let reasons) = status {
                note = degradedText(reasons)
            } else {
                note = Self.busNote(reader, status)
            }
        } catch {
            details = nil
            let reason = CommandError(error)
            state = reason.status == .noPermission ? "denied" : "broken"
            note = reason.messages.map { String($0.dropFirst("pks: ".count)) }.joined(separator: "; ")
        }
    }

    /// What is wrong with the bus of a writer that runs; empty when nothing is.
    private static func busNote(_ reader: borrowing SegmentReader, _ status: WriterStatus) -> String {
        guard let bus = reader.bus, status == .live || status == .starting else { return "" }
        return bus.trouble(durableSeq: reader.durableSeq) ?? ""
    }

    private static let columns = [
        ("BOOK", false), ("STATE", false), ("PID", true), ("HEARTBEAT", true), ("POSITIONS", true),
        ("APPLIED", true), ("DURABLE", true), ("BUS", false), ("ABI", true), ("KIB", true), ("NOTE", false),
    ]

    static func table(_ entries: [ListEntry], _ terminal: Terminal) -> String {
        var table = TextTable(columns.map { TextTable.Column(name: $0.0, isNumber: $0.1) })
        for entry in entries {
            guard let details = entry.details else {
                table.add([entry.book, entry.state, "", "", "", "", "", "", "", "", entry.note])
                continue
            }
            table.add([
                entry.book, entry.state, "\(details.pid)", ageText(details.heartbeatAgeNs),
                "\(details.positions)/\(details.capacity)", "\(details.appliedSeq)", "\(details.durableSeq)",
                details.bus?.state.word ?? "-", details.abi, "\(details.bytes / 1024)", entry.note,
            ])
        }
        return table.text(terminal)
    }

    static func json(_ entries: [ListEntry]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(static: "[")
        for (index, entry) in entries.enumerated() {
            bytes.append(static: index == 0 ? "\n" : ",\n")
            entry.appendJSON(to: &bytes)
        }
        bytes.append(static: entries.isEmpty ? "]\n" : "\n]\n")
        return bytes
    }

    private func appendJSON(to bytes: inout [UInt8]) {
        bytes.append(static: "{\"book\":")
        bytes.append(json: book)
        bytes.append(static: ",\"state\":")
        bytes.append(json: state)
        if let details {
            bytes.append(
                text: ",\"writer_pid\":\(details.pid),\"heartbeat_age_ns\":\(details.heartbeatAgeNs)")
            bytes.append(text: ",\"positions\":\(details.positions),\"capacity\":\(details.capacity)")
            bytes.append(text: ",\"applied_seq\":\(details.appliedSeq),\"durable_seq\":\(details.durableSeq)")
            if let bus = details.bus { bytes.append(bus: bus) }
            bytes.append(text: ",\"abi\":\"\(details.abi)\",\"bytes\":\(details.bytes)")
        }
        if !note.isEmpty {
            bytes.append(static: ",\"note\":")
            bytes.append(json: note)
        }
        bytes.append(static: "}")
    }
}
