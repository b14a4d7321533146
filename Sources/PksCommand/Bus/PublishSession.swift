import BusMessages
import CSeqlock
import Feeds
import NATSBridge

/// Rows of files to TradeBooked messages: blocks that are sent when they are full, and patience while the bus is away.
/// One thread.
final class PublishSession: FillSink {
    let sources = SourceFiles()
    let rejects: RejectLog
    /// Fills in messages that were given to the sender.
    private(set) var fillCount: UInt64 = 0
    /// When the first fill came.
    private(set) var beganNs: Int64?
    /// When the last message was stored.
    private(set) var endedNs: Int64 = 0
    /// What ended the run early.
    private(set) var failure: CommandError?

    private let book: String
    private let batch: Int
    private let sender: BusSender
    private var encoder: TradeBookedEncoder
    private var pace: FeedPace
    private let progressLine: ProgressLine
    private var keys: [pks_key_record] = []
    private var heldExtension: pks_extension_record?
    private var rowCount: UInt64 = 0
    private var setbacksSaid: UInt64 = 0

    private static let sliceNs: Int64 = 50_000_000

    init(
        _ sender: BusSender, book: String, batch: Int, pace: FeedPace.Kind, rejects: RejectLog,
        progress: ProgressLine
    ) {
        self.sender = sender
        self.book = book
        self.batch = batch
        self.pace = FeedPace(pace)
        self.rejects = rejects
        progressLine = progress
        encoder = TradeBookedEncoder(book: book, fillsMax: batch)
    }

    var counts: BusSender.Counts { sender.counts }
    var underWayCount: Int { sender.underWayCount }
    /// The signal that ended the run early.
    var stopSignal: Int32? { StopSignal.number }

    private var goesOn: Bool { failure == nil && stopSignal == nil }

    // MARK: - What a feed sends

    func openBook(_ name: String, index: Int) -> String? {
        name == book ? nil : "this run is for book \(book) (publish such rows with --book \(name))"
    }

    func send(_ record: UnsafeRawPointer, book: Int) -> Bool {
        // SAFETY: the feed's record is whole, aligned, and alive for the call.
        switch unsafe Int32(record.load(as: UInt8.self)) {
        case PKS_KIND_KEY:
            let key = unsafe record.load(as: pks_key_record.self)
            sources.note(key.source_ref)
            precondition(Int(key.handle) == keys.count, "a feed counts its keys")
            keys.append(key)
            return true
        case PKS_KIND_EXTENSION:
            heldExtension = unsafe record.load(as: pks_extension_record.self)
            return true
        default: return add(unsafe record.load(as: pks_fill_record.self))
        }
    }

    func reject(_ reject: FeedReject) -> Bool {
        rejects.add(reject, at: sources.currentPlace(line: reject.line))
        do throws(CommandError) { try rejects.flush() } catch { failure = failure ?? error }
        return goesOn
    }

    func progress(_ progress: FeedProgress) { progressLine.update(progress) }

    private func add(_ fill: pks_fill_record) -> Bool {
        sources.note(fill.source_ref)
        if let dueNs = pace.dueNs(index: rowCount, eventNs: fill.event_ns), !wait(until: dueNs) {
            return false
        }
        if beganNs == nil { beganNs = pks_monotonic_ns() }
        rowCount += 1
        let key = keys[Int(fill.handle)]
        if !encoder.add(fill, extension: heldExtension, key: key) {
            if !flushBlock() { return false }
            precondition(
                encoder.add(fill, extension: heldExtension, key: key), "an empty message has room for a fill")
        }
        heldExtension = nil
        return encoder.fillCount < batch || flushBlock()
    }

    /// Sends the fills that came together. False when the run is to end.
    private func flushBlock() -> Bool {
        let count = encoder.fillCount
        if count == 0 { return goesOn }
        // SAFETY: the message is valid until the encoder's next call.
        let message = unsafe encoder.finish()
        let id = unsafe "\(book):content:\(ContentID.text(message))"
        return onBus { () throws(BusError) in
            let isTaken = try unsafe sender.send(id: id, message)
            if isTaken { fillCount += UInt64(count) }
            return isTaken
        }
    }

    /// There is no input yet: what came so far goes out.
    func idle() {
        guard flushBlock() else { return }
        _ = onBus { () throws(BusError) in
            try sender.step(waitMs: 0)
            return true
        }
    }

    /// Sends what is left and waits until all of it is stored. False when the run is to end before.
    func finish() -> Bool {
        guard flushBlock() else { return false }
        while underWayCount > 0 {
            let isWhole = onBus { () throws(BusError) in
                try sender.step(waitMs: 50)
                return true
            }
            if !isWhole { return false }
            progressLine.update("waiting until \(underWayCount) messages are stored")
        }
        endedNs = pks_monotonic_ns()
        return true
    }

    private func wait(until dueNs: Int64) -> Bool {
        var nowNs = pks_monotonic_ns()
        while nowNs < dueNs {
            let isAlive = onBus { () throws(BusError) in
                try sender.step(waitMs: 0)
                return true
            }
            if !isAlive { return false }
            Waiting.sleep(until: dueNs, nowNs: nowNs, sliceNs: Self.sliceNs, spins: pace.isDense)
            nowNs = pks_monotonic_ns()
        }
        return true
    }

    /// Runs something on the bus, says when the connection was lost, and notes what ends the run.
    private func onBus(_ body: () throws(BusError) -> Bool) -> Bool {
        do throws(BusError) {
            let isDone = try body()
            if sender.counts.setbacks != setbacksSaid {
                setbacksSaid = sender.counts.setbacks
                progressLine.clear()
                let words = sender.lastTrouble.map(\.description) ?? "trouble"
                say("pks: publish: \(words); what was not stored was sent again")
            }
            return isDone && goesOn
        } catch {
            failure = failure ?? CommandError(error)
            return false
        }
    }
}
