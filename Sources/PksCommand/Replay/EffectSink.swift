import Accumulator
import CSeqlock
import FixedPoint

/// Takes the effects of all books of a run, as they happen, to where they are wanted: matches to be sorted,
/// every effect into a file, rejects into the log. Runs on the writer's thread.
final class EffectSink {
    let keys = KeyDirectory()
    let sources = SourceFiles()
    let rejects: RejectLog
    /// Rows of matches.csv, when they are wanted.
    let matches: RowSorter?
    /// Which effects it takes from books.
    var scope: EffectLog.Scope { matches == nil && lines == nil ? .rejects : .all }
    /// What went wrong on the way; effects after it are dropped.
    private(set) var failure: CommandError?
    /// CPU time spent here, so that it is not taken for the book's.
    private(set) var formatNs: Int64 = 0

    private let lines: ByteWriter?
    private var json: EffectJSON
    private var row: [UInt8] = []
    /// The number of each key, by book and handle.
    private var keyNumbers: [[Int]] = []
    /// Why a book refused a key: what its fills are rejected for.
    private var refusals: [RejectReason?] = []

    init(rejects: RejectLog, matches: RowSorter?, lines: ByteWriter?) {
        self.rejects = rejects
        self.matches = matches
        self.lines = lines
        json = EffectJSON(sources: sources)
    }

    /// Makes ready for the effects of a book; books are numbered from 0.
    func addBook() {
        keyNumbers.append([])
        refusals.append(nil)
    }

    /// Makes a key known before its first effect. Its handle is the count of the book's keys so far.
    func addKey(_ key: KeyInfo, book: Int) { keyNumbers[book].append(keys.add(key)) }

    /// The number of a key in `keys`.
    func keyNumber(book: Int, handle: UInt32) -> Int { keyNumbers[book][Int(handle)] }

    /// Says that a book has no room for a key: its fills will be rejected.
    func noteRefusal(_ reason: RejectReason, book: Int) { refusals[book] = reason }

    /// Takes a run of effects of one book.
    func take(_ effects: UnsafeBufferPointer<Effect>, book: Int) {
        let began = threadCPUNs()
        defer { formatNs += threadCPUNs() - began }
        if failure != nil { return }
        do throws(CommandError) {
            // SAFETY: the buffer is valid for this call.
            for index in effects.indices { try take(unsafe effects[index], book: book) }
        } catch {
            failure = error
        }
    }

    private func take(_ effect: Effect, book: Int) throws(CommandError) {
        let number = effect.handle == .max ? nil : keyNumber(book: book, handle: effect.handle)
        let key = number.map { keys.keys[$0] }
        var detail = ""
        if effect.kind == .reject { detail = takeReject(effect, key, book: book) }
        if let matches, effect.kind == .match, let key, let number {
            row.removeAll(keepingCapacity: true)
            EffectText.appendMatch(effect, key, to: &row)
            try matches.add(
                key: UInt32(number), effect.openSeq, effect.seq, row: row, ranks: { keys.ranks() })
        }
        if let lines {
            json.format(effect, key, detail: detail)
            try lines.write(json.line)
        }
    }

    /// Puts a reject into the log and returns its detail. The refusal of a key is no row of its own: the
    /// fills that it costs are.
    private func takeReject(_ effect: Effect, _ key: KeyInfo?, book: Int) -> String {
        guard var reason = RejectReason(rawValue: effect.reason) else {
            preconditionFailure("a reject has a reason")
        }
        if effect.handle == .max && effect.tradeID.isEmpty {
            refusals[book] = reason
            return reason.detail
        }
        if reason == .unknownKey, let refusal = refusals[book] { reason = refusal }
        let detail =
            reason == .conflict && key != nil
            ? RejectText.conflict(effect, key, sources) : reason.detail
        rejects.add(
            sources.place(of: effect.sourceRef), column: nil, tradeID: effect.tradeID.text,
            reason: reason.text, detail: detail)
        return detail
    }
}
