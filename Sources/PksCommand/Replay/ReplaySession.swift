import Accumulator
import CSeqlock
import Feeds
import LotMatching
import ShmBridge
import ShmFiles

/// Files into books, along the real path: feed -> ring -> writer -> slots, one lane a book. One thread puts
/// and drains in turns, so that a replay is deterministic: rings are drained when one is full.
final class ReplaySession: FillSink {
    /// The books in the order in which the input named them.
    private(set) var lanes: [BookLane] = []
    /// What ended the run early.
    private(set) var failure: CommandError?
    let effects: EffectSink

    private let input: InputOptions
    private let method: LotMethod
    private let place: BookLane.Place
    private let progressLine: ProgressLine
    private let hashSeed: UInt64?
    private var hasEnded = false

    init(
        _ input: InputOptions, method: LotMethod, effects: EffectSink, progress: ProgressLine,
        place: BookLane.Place, hashSeed: UInt64? = nil
    ) {
        self.hashSeed = hashSeed
        self.input = input
        self.method = method
        self.effects = effects
        self.place = place
        progressLine = progress
    }

    // MARK: - What a feed sends

    func openBook(_ name: String, index: Int) -> String? {
        precondition(index == lanes.count, "books are numbered in the order of opening")
        do throws(ShmError) {
            try Cleanup.making { () throws(ShmError) in [try open(name, index: index)] }
            return nil
        } catch {
            failure = Self.failure(error, book: name)
            return error.description
        }
    }

    private static func failure(_ error: ShmError, book: String) -> CommandError {
        switch error {
        case .alreadyRunning(_, let pid):
            .failed(
                .tryAgain, what: "book \(book)",
                why: "another writer has it" + (pid.map { ": process \($0)" } ?? ""),
                advice: "wait until it has ended, or name another --book")
        case .noSpace(let object, let needed, let available):
            .failed(
                .cannotCreate, what: object,
                why: "shared memory is too small: \(bytesText(needed)) needed, "
                    + (available.map { "\(bytesText($0)) free" } ?? "less is free"),
                advice:
                    "lower --positions-max, remove what pks doctor calls leftover, or enlarge it: mount -o "
                    + "remount,size=1G /dev/shm")
        default: CommandError(error)
        }
    }

    /// Returns the path of the book's segment.
    private func open(_ name: String, index: Int) throws(ShmError) -> String {
        // SAFETY: the closure hands the buffer on for the call only.
        let sink = effects
        let log = unsafe EffectLog(scope: sink.scope) { effects in
            unsafe sink.take(effects, book: index)
        }
        var config = input.bookConfig(name, method: method)
        if let hashSeed { config.hashSeed = hashSeed }
        let lane = try BookLane(config: config, effects: log, place: place)
        lanes.append(lane)
        sink.addBook()
        return lane.segmentPath
    }

    func send(_ record: UnsafeRawPointer, book: Int) -> Bool {
        // SAFETY: the feed's record is whole, aligned, and alive for the call.
        if failure != nil { return false }
        unsafe note(record, book: book)
        while true {
            switch unsafe lanes[book].put(record) {
            case .taken: return true
            case .noHandle:
                effects.noteRefusal(.slotCapacity, book: book)
                return true
            case .full:
                endRound()
                if failure != nil { return false }
            }
        }
    }

    func reject(_ reject: FeedReject) -> Bool {
        // The refusal of a book ends the run: it is not the row's fault.
        if failure != nil { return false }
        effects.rejects.add(reject, at: effects.sources.currentPlace(line: reject.line))
        if effects.rejects.isCrowded { endRound() }
        return failure == nil
    }

    func progress(_ progress: FeedProgress) { progressLine.update(progress) }

    /// Remembers the record's file, and a key's names, before any effect can speak of them.
    private func note(_ record: UnsafeRawPointer, book: Int) {
        // SAFETY: the record is whole, aligned, and alive for the call.
        switch unsafe Int32(record.load(as: UInt8.self)) {
        case PKS_KIND_KEY:
            let key = unsafe record.load(as: pks_key_record.self)
            effects.sources.note(key.source_ref)
            let names = KeyNames(
                account: FixedText.load(of: key.account), strategy: FixedText.load(of: key.strategy),
                symbol: FixedText.load(of: key.symbol))
            let instruments = input.feed.instruments
            effects.addKey(
                KeyInfo(
                    book: lanes[book].book, names: names,
                    instrument: instruments.instrument(for: names.symbol),
                    method: instruments.method(for: names.symbol, bookMethod: method)),
                book: book)
        case PKS_KIND_FILL:
            effects.sources.note(unsafe record.load(as: pks_fill_record.self).source_ref)
        default: break
        }
    }

    // MARK: - Rounds

    /// Applies everything read so far, in all books, and writes what was rejected in the order of the input.
    func endRound() {
        for lane in lanes { lane.drain() }
        if failure == nil { failure = effects.failure }
        if failure != nil { return }
        do throws(CommandError) { try effects.rejects.flush() } catch { failure = error }
    }

    /// There is no input yet: what came so far becomes visible, and the writers show that they live.
    func wait() {
        endRound()
        for lane in lanes { lane.beat() }
    }

    // MARK: - The end

    /// Marks all segments stopped and lets go of them and of their locks; their names stay with `keep` only.
    /// Tells on stderr what goes wrong.
    /// A second call does nothing.
    func end(keep: Bool) {
        if hasEnded { return }
        hasEnded = true
        for lane in lanes {
            do throws(ShmError) { try lane.end(keep: keep) } catch { say("pks: " + error.description) }
            Cleanup.forget([lane.segmentPath])
        }
        lanes = []
    }
}
