import BusMessages
import CSeqlock
import CThreads
import FillProducer
import Glibc

// SAFETY: everything but the board and the stop request is used by the ingest's thread alone, once that runs.
/// The ingest's thread: its state from connection to connection.
final class IngestWorker: @unchecked Sendable {
    /// Why a loop ended.
    enum Interruption: Error {
        /// Somebody asked for the end.
        case stopped
        /// Positions must be compared, on the same connection.
        case compare
        /// The bus failed.
        case bus(BusError)
    }

    let options: BusIngestOptions
    let board = IngestBoard()
    let stopping = StopRequest()

    var producer: FillProducer
    var decoder: TradeBookedDecoder
    var rejects: RejectEncoder
    var lifecycle: LifecycleEventDecoder
    /// The ring's handle for each of the decoder's; nil when the ring has none left.
    var handles: [UInt32?] = []

    var order: DeliveryOrder
    var letters = StoreQueue()
    var removals = RemovalWatch()
    /// What the file says; nil when nothing was ever taken.
    var kept: IngestPosition?
    /// The newest message that was taken.
    var latest: IngestAnchor?
    /// No message up to here is for this book, after the last that was taken.
    var scannedThrough: UInt64 = 0
    /// Settled and not yet in the file.
    var settledAnchor: IngestAnchor?
    var keptNs: Int64 = 0
    /// A position is on its way into the file.
    private var isKeeping = false
    var messageCount: UInt64 = 0
    /// Messages that the server had for this book and had not delivered, by the last that was taken.
    var backlogCount = 0
    var fillCount: UInt64 = 0
    let positionFile: IngestPositionFile
    let keeper: PositionKeeper

    init(_ options: BusIngestOptions, _ producer: consuming FillProducer) {
        self.options = options
        self.producer = producer
        decoder = TradeBookedDecoder(
            book: options.book, instruments: options.instruments, limits: options.limits)
        rejects = RejectEncoder(book: options.book)
        lifecycle = LifecycleEventDecoder(book: options.book, limits: options.limits)
        order = DeliveryOrder(after: 0, entriesMax: options.unacknowledgedMax)
        positionFile = IngestPositionFile(directory: options.positionDirectory)
        keeper = PositionKeeper(positionFile, name: "pks-k-" + options.book)
    }

    func subject(_ template: String) -> String { BusNames.subject(template, book: options.book) }

    /// The thread.
    func run() {
        // SAFETY: the name lives for the call.
        unsafe pks_thread_name("pks-i-" + options.book)
        readPosition()
        while !stopping.isAsked {
            do throws(BusError) {
                let connection = try NATSConnection(options.nats)
                board.update {
                    $0.server = connection.server.description
                    $0.connectCount += 1
                }
                try use(connection)
            } catch {
                board.error(error)
            }
            letters.noteReconnect()
            board.update { if $0.connection != .waiting { $0.connection = .connecting } }
            pause(options.retryMs)
        }
        keeper.end()
        producer.close()
        board.update { $0.connection = .stopped }
    }

    /// Reads from one connection until it is lost, or the end is asked for.
    private func use(_ connection: NATSConnection) throws(BusError) {
        let session = try IngestSession(self, connection)
        while true {
            do throws(Interruption) {
                try session.read()
            } catch {
                switch error {
                case .stopped: return session.finish()
                case .compare: continue
                case .bus(let error):
                    if !error.isConnectionLost { board.update { $0.connection = .waiting } }
                    throw error
                }
            }
        }
    }

    private func pause(_ milliseconds: Int64) {
        let endNs = pks_monotonic_ns() + milliseconds * 1_000_000
        while !stopping.isAsked && pks_monotonic_ns() < endNs { _ = poll(nil, 0, 20) }
    }

    // MARK: - The position

    /// Where the book is, in memory: further than the file.
    var position: IngestPosition? {
        guard var position = kept else { return nil }
        if let latest, latest.sequence > position.sequence { position.advance(to: latest) }
        position.scannedThrough = max(position.scannedThrough, scannedThrough)
        return position
    }

    private func readPosition() {
        do throws(BusError) {
            guard let found = try positionFile.read() else { return }
            let journal = options.journalSequence()
            kept = found
            if let newest = found.anchors.last, newest.journalSequence > journal {
                let sequence = found.anchors.last { $0.journalSequence <= journal }?.sequence ?? 0
                board.alarm(
                    IngestAlarm(
                        .journalBehind,
                        "the journal ends at record \(journal), but message \(newest.sequence) was durable with record"
                            + " \(newest.journalSequence); the stream is read again from \(sequence + 1)"))
                kept = found.rewound(to: sequence)
            }
            if let kept { adopt(kept) }
        } catch {
            board.alarm(
                IngestAlarm(
                    .positionUnreadable, "\(error.description); the stream is read again from the first"))
        }
    }

    /// Goes on from a position: nothing that was taken after it counts.
    func adopt(_ position: IngestPosition) {
        kept = position
        latest = position.anchors.last
        scannedThrough = position.scannedThrough
        settledAnchor = nil
        removals = RemovalWatch()
        order.rewind(to: position.sequence)
    }

    /// Settles what is durable, and has the position written when that is due. Does not wait for the disk.
    /// Nothing is kept while a hole in the stream waits for a look.
    func settle() {
        if let anchor = order.settle(
            freedCount: producer.freedCount, journalSequence: options.journalSequence())
        {
            settledAnchor = anchor
        }
        if settledAnchor == nil && !isKeeping { return }
        if isKeeping, let outcome = keeper.takeOutcome() { note(outcome) }
        let nowNs = pks_monotonic_ns()
        if isKeeping || nowNs - keptNs < options.keepMs * 1_000_000 { return }
        guard let position = settledPosition else { return }
        keptNs = nowNs
        isKeeping = true
        keeper.begin(position)
    }

    /// Settles what is durable, and writes the position now. Blocks for the disk.
    func settleNow() {
        settle()
        waitForKeeper()
        guard let position = settledPosition else { return }
        isKeeping = true
        keeper.begin(position)
        waitForKeeper()
    }

    /// Puts a position in the file's place at once, and goes on from it. Throws `file`; nothing changes then.
    func replace(by position: IngestPosition) throws(BusError) {
        // What is on its way would come after it.
        waitForKeeper()
        try positionFile.write(position)
        adopt(position)
    }

    /// The position with everything that is settled, when it is further than the file and nothing speaks against it.
    private var settledPosition: IngestPosition? {
        guard let anchor = settledAnchor, var position = kept, anchor.sequence > position.sequence,
            !removals.isPending
        else { return nil }
        position.advance(to: anchor)
        if order.settled == order.taken { position.scannedThrough = max(position.sequence, scannedThrough) }
        return position
    }

    private func waitForKeeper() {
        if isKeeping, let outcome = keeper.waitForOutcome() { note(outcome) }
    }

    private func note(_ outcome: PositionKeeper.Outcome) {
        isKeeping = false
        switch outcome {
        case .kept(let position):
            kept = position
            if let anchor = settledAnchor, anchor.sequence <= position.sequence { settledAnchor = nil }
            order.keep(position.sequence)
        case .failed(let error):
            // Nothing is acknowledged as long as it lasts; the server keeps the messages.
            board.error(error)
        }
    }

    func show() {
        board.update {
            $0.takenSequence = order.taken
            $0.durableSequence = order.settled
            $0.keptSequence = order.kept
            $0.unacknowledgedCount = order.count
            $0.unstoredCount = letters.letters.count
            $0.messageCount = messageCount
            $0.fillCount = fillCount
        }
    }
}
