import Accumulator
import CSeqlock
import Feeds
import Glibc
import Journal
import ShmFiles

/// Looks at a replay record by record.
protocol JournalVisitor: AnyObject {
    /// Whether it wants further records.
    var wantsMore: Bool { get }
    /// The replay begins with this book: an empty one, or that of a checkpoint.
    func begin(_ book: borrowing Book)
    // SAFETY: records are whole, aligned to eight, and valid for the call.
    /// A record is about to be taken.
    func willTake(_ record: UnsafeRawPointer, seq: UInt64)
    /// It was taken, and the book is what it is after it.
    func didTake(_ record: UnsafeRawPointer, seq: UInt64, _ book: borrowing Book)
}

/// Replays the journal of one book on a book of its own, from its first record, or from the oldest checkpoint when
/// older records have aged out.
final class JournalReplay {
    /// The record that the replay begins behind: 0, or a checkpoint's.
    let startSeq: UInt64
    /// Records replayed so far.
    private(set) var recordCount: UInt64 = 0

    private let place: JournalPlace
    private let progress: ProgressLine
    private var replay: BookReplay
    private var failure: ReplayError?
    /// Of the checkpoint's journal.
    private let epoch: UInt64?

    /// Makes ready to replay; `effects` gets what the records do. With `checksDigest` the state of the checkpoint that
    /// it begins with is held against its digest.
    init(
        _ place: JournalPlace, progress: ProgressLine, effects: consuming EffectLog = EffectLog(),
        checksDigest: Bool = false
    ) throws(CommandError) {
        self.place = place
        self.progress = progress
        if var checkpoint = try place.startingCheckpoint(checksDigest: checksDigest) {
            startSeq = checkpoint.info.seq
            epoch = checkpoint.info.epoch
            // A book goes from one owner to another by exchange.
            var book = Book(BookConfig(positionsMax: 1, lotsMax: 1, identitiesMax: 1))
            swap(&book, &checkpoint.book)
            book.effects = effects
            replay = BookReplay(book, rings: RingTable())
        } else {
            startSeq = 0
            epoch = nil
            replay = BookReplay(
                name: place.book, hashSeed: UInt64.random(in: 1 ... .max), effects: effects)
        }
    }

    /// The last record that was taken.
    var lastSeq: UInt64 { replay.lastSeq }

    /// Takes all records, one by one. The report says how the files are; throws when a record cannot be replayed.
    func run(_ visitor: some JournalVisitor) throws(CommandError) -> JournalReport {
        visitor.begin(replay.book)
        // SAFETY: every record lies inside the records of the call.
        let report = unsafe try place.inspect { firstSeq, records in
            progress.update("record \(firstSeq)")
            for index in 0..<records.count / 128 {
                let one = unsafe UnsafeRawBufferPointer(rebasing: records[index * 128..<(index + 1) * 128])
                if unsafe !take(one, firstSeq + UInt64(index), visitor) { return false }
            }
            return true
        }
        progress.clear()
        if let failure {
            let file = report.layout.map { "/" + $0.name(ofRecord: failure.seq) } ?? ""
            throw .failed(
                .badData, what: place.path + file, why: failure.description,
                advice: "its blocks are whole, so this is a defect or another version: please report it")
        }
        if let epoch, epoch != report.epoch {
            throw .failed(
                .badData, what: place.path,
                why: "the checkpoint of record \(startSeq) belongs to another journal",
                advice: "move it away if it does not belong here")
        }
        replay.end()
        return report
    }

    private func take(
        _ one: UnsafeRawBufferPointer, _ seq: UInt64, _ visitor: some JournalVisitor
    ) -> Bool {
        // SAFETY (all of this function): the caller's record is whole, aligned, and alive for the call.
        guard seq > replay.lastSeq, let record = one.baseAddress else { return true }
        unsafe visitor.willTake(record, seq: seq)
        do throws(ReplayError) { unsafe try replay.take(one, firstSeq: seq) } catch {
            failure = error
            return false
        }
        replay.flush()
        recordCount += 1
        unsafe visitor.didTake(record, seq: seq, replay.book)
        return visitor.wantsMore
    }

    /// Looks at the book as it is now.
    func withBook<Result, Failure: Error>(
        _ body: (borrowing Book) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(replay.book)
    }
}

extension KeyInfo {
    /// A key as a book has it.
    convenience init(_ name: String, _ book: borrowing Book, _ handle: UInt32) {
        // SAFETY: the handle is defined.
        let position = unsafe book.position(handle).pointee
        let names = book.names(handle)
        let instrument = Instrument(
            symbol: names.symbol, priceDecimals: Int(position.slot.price_decimals),
            qtyDecimals: Int(position.slot.qty_decimals), feeDecimals: Int(position.feeDecimals),
            multiplier: position.multiplier, multiplierDecimals: Int(position.slot.multiplier_decimals))
        self.init(book: name, names: names, instrument: instrument, method: position.method)
    }
}
