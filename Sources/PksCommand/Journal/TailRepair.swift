import Glibc
import Journal
import PositionText
import ShmFiles
import Telemetry

/// `pks journal repair-tail`: gives up what cannot be read at a journal's end, so that the daemon starts again.
struct TailRepair {
    let place: JournalPlace
    let state: JournalState
    /// Files that go aside whole, newest first, and the one that is copied before its end is cut.
    private let moved: [String]
    private let copied: String?
    /// The number in the names of what goes aside.
    private let cut: Int

    static func run(_ place: JournalPlace, _ options: ParsedOptions) throws(CommandError)
        -> ExitStatus
    {
        // Held to the end: no daemon begins meanwhile.
        let directory = try journalCall { () throws(JournalError) in
            try DiskDirectory(place.path, access: .owning())
        }
        let state = try JournalState(place)
        guard try isRepairable(state) else {
            try print(
                options,
                visible("\(place.book): \(JournalText.word(state.report.verdict)): nothing to repair")
                    + "\n",
                json(place, state, nil, isDone: false))
            return .success
        }
        let repair = try TailRepair(state)
        guard options.flag("yes") else {
            try print(options, repair.text(isDone: false), json(place, state, repair, isDone: false))
            return .badData
        }
        try repair.apply(directory)
        let after = try JournalState(place)
        guard after.faultCount == 0 else {
            throw .failed(
                .badData, what: place.path, why: "what is left is still damaged",
                advice:
                    "pks journal verify says where; the copies ending in .cut-\(repair.cut) have what there was"
            )
        }
        try print(options, repair.text(isDone: true), json(place, state, repair, isDone: true))
        return .success
    }

    /// Whether only the end is damaged. Throws when something else is.
    private static func isRepairable(_ state: JournalState) throws(CommandError) -> Bool {
        let report = state.report
        let restore = "restore it from a copy; pks journal verify \(state.place.path) names everything"
        switch report.verdict {
        case .damagedEnd: break
        case .damaged:
            let fault = report.faults.first
            throw .failed(
                .badData, what: fault?.object ?? state.place.path,
                why: "byte \(fault?.offset ?? 0): \(fault?.reason ?? "damaged"), and this is not the end: "
                    + "\(report.recordsBehind) records can be read behind it",
                advice: restore)
        case .whole, .tornEnd, .empty: break
        }
        if let missing = state.missingBeginning {
            throw .failed(
                .badData, what: state.place.path, why: missing, advice: JournalState.beginningAdvice)
        }
        if let file = state.checkpoints.first(where: { $0.fault != nil && $0.seq <= report.lastSeq }) {
            throw .failed(
                .badData, what: "\(state.place.path)/\(file.name)", why: file.fault ?? "damaged",
                advice: "the daemon does without it when an older one or the whole journal is there; "
                    + "move it away")
        }
        return report.verdict == .damagedEnd || state.checkpoints.contains { $0.seq > report.lastSeq }
    }

    private init(_ state: JournalState) throws(CommandError) {
        self.state = state
        place = state.place
        let report = state.report
        let path = state.place.path
        let names = try journalCall { () throws(JournalError) in
            try DiskDirectory(path, access: .looking).names()
        }
        cut =
            (names.compactMap { $0.split(separator: ".cut-").last.flatMap { Int($0) } }.max() ?? 0) + 1
        let checkpoints = state.checkpoints.filter { $0.seq > report.lastSeq }.map(\.name)
        var segments: [String] = []
        var own: String?
        if report.verdict == .damagedEnd, let layout = report.layout {
            let number = layout.segment(ofBlock: JournalLayout.block(ofRecord: report.lastSeq + 1))
            segments = report.segments.filter { $0.number > number }.map(\.name).reversed()
            own = report.segments.first { $0.number == number }?.name
        }
        moved = checkpoints.reversed() + segments
        copied = own
    }

    // MARK: - Doing it

    private func apply(_ directory: DiskDirectory) throws(CommandError) {
        if let copied { try copy(copied) }
        for name in moved { try rename(name) }
        guard copied != nil, let layout = state.report.layout else { return }
        try journalCall { () throws(JournalError) in
            try TailCut.clean(directory, layout, lastSeq: state.report.lastSeq)
        }
    }

    private func aside(_ name: String) -> String { "\(name).cut-\(cut)" }

    private func copy(_ name: String) throws(CommandError) {
        try systemCall { () throws(SystemError) in
            let source = try FileHandle(path: "\(place.path)/\(name)", flags: O_RDONLY)
            let target = try FileHandle(
                path: "\(place.path)/\(aside(name))", flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            var piece = [UInt8](repeating: 0, count: 1 << 20)
            var offset = 0
            while true {
                let count = try Self.copied(source, target, &piece, offset)
                if count == 0 { break }
                offset += count
            }
            if fsync(target.descriptor) != 0 { throw SystemError("fsync", target.path) }
            try syncDirectory()
        }
    }

    private static func copied(
        _ source: borrowing FileHandle, _ target: borrowing FileHandle, _ piece: inout [UInt8],
        _ offset: Int
    ) throws(SystemError) -> Int {
        var failure: SystemError?
        // SAFETY: the buffer is this call's; a typed error does not go through the library's closure.
        let count = unsafe piece.withUnsafeMutableBytes { bytes in
            do throws(SystemError) {
                let count = unsafe try source.read(into: bytes, at: offset)
                let read = unsafe UnsafeRawBufferPointer(
                    UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]))
                unsafe try target.write(read, at: offset)
                return count
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return count
    }

    private func rename(_ name: String) throws(CommandError) {
        try systemCall { () throws(SystemError) in
            try Paths.rename("\(place.path)/\(name)", to: "\(place.path)/\(aside(name))")
            try syncDirectory()
        }
    }

    private func syncDirectory() throws(SystemError) {
        let directory = try FileHandle(path: place.path, flags: O_RDONLY | O_DIRECTORY)
        if fsync(directory.descriptor) != 0 { throw SystemError("fsync", place.path) }
    }

    private func systemCall(_ body: () throws(SystemError) -> Void) throws(CommandError) {
        do throws(SystemError) { try body() } catch {
            throw .failed(
                .inputOutput, what: error.object, why: "\(error.operation): \(errnoText(error.code))",
                advice: error.code == ENOSPC
                    ? "free some space; the journal is as damaged as before"
                    : "the journal is as damaged as before")
        }
    }

    // MARK: - Saying it

    /// The newest record that was durable once, as far as anything says so.
    private var lostTo: UInt64 {
        max(state.report.durableSeq, state.checkpoints.map(\.seq).max() ?? 0)
    }

    private func text(isDone: Bool) -> String {
        let report = state.report
        let first = report.lastSeq + 1
        var lines = [
            "\(place.book): \(JournalText.word(report.verdict)), whole up to record \(report.lastSeq)"
        ]
        for fault in report.faults.prefix(20) {
            lines.append("  \(fault.object): byte \(fault.offset): \(fault.reason)")
        }
        lines.append(
            "\(isDone ? "given up" : "would be given up"): records \(first) to \(lostTo), which were reported durable"
        )
        if report.recordsBehind > 0 {
            lines.append(
                "  of them \(report.recordsBehind) can still be read, and are in what is put aside")
        }
        for name in moved {
            lines.append("\(isDone ? "put" : "would be put") aside: \(name) as \(aside(name))")
        }
        if let copied {
            lines.append(
                "\(isDone ? "cut" : "would be cut"): \(copied), with a copy as it was in \(aside(copied))")
        }
        lines.append(
            isDone
                ? "the journal is whole up to record \(report.lastSeq); send again from their source the fills that were given up"
                : "nothing was changed: restore the files from a copy if there is one; if not, --yes does this"
        )
        return lines.map { visible($0) + "\n" }.joined()
    }

    private static func json(
        _ place: JournalPlace, _ state: JournalState, _ repair: TailRepair?, isDone: Bool
    ) -> String {
        var json = JSONText()
        json.beginObject()
        json.add("book", place.book)
        json.add("path", place.path)
        json.add("done", isDone)
        json.add("last_seq", state.report.lastSeq)
        if let repair {
            json.add("lost_from_seq", state.report.lastSeq + 1)
            json.add("lost_to_seq", repair.lostTo)
            json.add("records_behind_damage", state.report.recordsBehind)
        }
        json.beginArray("put_aside")
        for name in repair?.moved ?? [] { json.add(nil, repair?.aside(name) ?? name) }
        if let copied = repair?.copied { json.add(nil, repair?.aside(copied) ?? copied) }
        json.endArray()
        json.endObject()
        json.endLine()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private static func print(
        _ options: ParsedOptions, _ text: String, _ json: String
    ) throws(CommandError) {
        let output = ByteWriter.standardOutput()
        try output.write(options.flag("json") ? json : text)
        try output.flush()
    }
}
