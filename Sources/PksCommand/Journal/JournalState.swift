import Accumulator
import Glibc
import Journal

/// A checkpoint's file, and what came of reading it.
struct CheckpointFile {
    let name: String
    /// The record that its name says.
    let seq: UInt64
    /// What it says of itself; nil when it is damaged.
    let info: CheckpointInfo?
    /// Why it is of no use; nil when it is whole.
    var fault: String?
}

/// All of a book's journal, looked at: checkpoints and blocks.
struct JournalState {
    let place: JournalPlace
    let report: JournalReport
    /// Oldest first.
    let checkpoints: [CheckpointFile]

    /// Looks at everything. Checkpoints go first: one that is there then is of a record that was durable then.
    init(_ place: JournalPlace) throws(CommandError) {
        let files = try place.checkpoints()
        let report = try place.inspect()
        self.place = place
        self.report = report
        checkpoints = files.map { file in
            guard file.fault == nil, let info = file.info else { return file }
            var judged = file
            if report.epoch != 0 && info.epoch != report.epoch {
                judged.fault = "belongs to another journal"
            } else if info.seq > report.lastSeq && report.faultCount == 0 {
                judged.fault = "is of record \(info.seq), but the journal ends at record \(report.lastSeq)"
            }
            return judged
        }
    }

    /// Why no daemon can begin with it although all that is there may be whole; nil when one can: the first records
    /// are gone, and no checkpoint stands for them.
    var missingBeginning: String? {
        let hasCheckpoint = checkpoints.contains { $0.fault == nil && $0.seq + 1 >= report.firstSeq }
        if report.firstSeq <= 1 || hasCheckpoint { return nil }
        return
            "it begins with record \(report.firstSeq), and there is no whole checkpoint from there on: pks run will "
            + "refuse it"
    }

    /// What to do about a missing beginning.
    static let beginningAdvice = "restore a checkpoint or the older parts of the journal from a copy"

    /// How many things are wrong.
    var faultCount: Int {
        report.faultCount + checkpoints.count { $0.fault != nil } + (missingBeginning == nil ? 0 : 1)
    }
}

extension JournalPlace {
    /// The checkpoints that there are, oldest first, each read whole.
    func checkpoints() throws(CommandError) -> [CheckpointFile] {
        let directory = CheckpointFolder(path: path)
        let names = try journalCall { () throws(JournalError) in try directory.names() }
        var files: [CheckpointFile] = []
        for name in names {
            guard let seq = CheckpointInfo.seq(ofName: name) else { continue }
            do throws(JournalError) {
                let info = try Checkpoint.check(directory, name: name)
                let fault = info.book == book ? nil : "is of book \(info.book), not of \(book)"
                files.append(CheckpointFile(name: name, seq: seq, info: info, fault: fault))
            } catch {
                switch error {
                case .system(ENOENT, _, _): continue  // A newer one has taken its place meanwhile.
                case .damaged(_, let offset, let reason):
                    files.append(
                        CheckpointFile(name: name, seq: seq, info: nil, fault: "byte \(offset): \(reason)"))
                case .wrongFile(_, let reason):
                    files.append(CheckpointFile(name: name, seq: seq, info: nil, fault: reason))
                default: throw CommandError(error)
                }
            }
        }
        return files.sorted { $0.seq < $1.seq }
    }

    /// The oldest checkpoint that a replay can begin with: whole, and with every later record in the journal; nil when
    /// the journal still has its first record.
    func startingCheckpoint(checksDigest: Bool) throws(CommandError) -> Checkpoint? {
        let directory = CheckpointFolder(path: path)
        let firstSeq = try journalCall { () throws(JournalError) in
            try JournalScan(DiskDirectory(path, access: .looking), book: book).firstSeq
        }
        guard firstSeq > 1 else { return nil }
        for file in try checkpoints() {
            guard let info = file.info, file.fault == nil, info.seq >= firstSeq - 1 else { continue }
            let config = BookConfig(name: book, hashSeed: UInt64.random(in: 1 ... .max))
            return try journalCall { () throws(JournalError) in
                try Checkpoint.read(
                    directory, seq: info.seq, epoch: info.epoch, config: config, checksDigest: checksDigest)
            }
        }
        throw .failed(
            .badData, what: path,
            why: "it begins at record \(firstSeq), and there is no whole checkpoint from there on",
            advice: "restore the older files from a copy")
    }
}

/// Gives what a journal throws its exit status.
func journalCall<Value: ~Copyable>(
    _ body: () throws(JournalError) -> Value
) throws(CommandError) -> Value {
    do throws(JournalError) { return try body() } catch { throw CommandError(error) }
}
