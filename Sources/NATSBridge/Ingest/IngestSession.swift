import BusMessages
import CSeqlock
import FillProducer
import Glibc

/// One connection's life: what there is to do between a connect and its loss.
final class IngestSession {
    typealias Interruption = IngestWorker.Interruption

    let worker: IngestWorker
    let connection: NATSConnection
    let jetStream: JetStream
    let answers: NATSSubscription
    let answerInbox: String
    let lifecycle: LifecyclePull
    /// A failure of the bus while something else could not be interrupted.
    var failure: BusError?
    var lookedNs: Int64 = 0
    /// Since when nothing lay waiting, CLOCK_MONOTONIC ns; 0 while messages come.
    private(set) var quietSinceNs: Int64 = 0
    /// What was delivered comes sooner than this, or not at all.
    static let quietNs: Int64 = 1_000_000_000
    /// The library has kept a message to itself, which may be one of the stream.
    private var isSuspicious = false
    /// Comparisons on one connection. Each leaves something behind until the connection ends.
    private static let comparisonsMax = 64
    /// How long messages gather while there are many more.
    private static let pieceNs = 2_000_000

    var options: BusIngestOptions { worker.options }

    init(_ worker: IngestWorker, _ connection: NATSConnection) throws(BusError) {
        self.worker = worker
        self.connection = connection
        jetStream = try JetStream(connection)
        answerInbox = try connection.makeInbox()
        answers = try NATSSubscription(connection, subject: answerInbox + ".*")
        lifecycle = try LifecyclePull(connection, prefix: jetStream.prefix, options: worker.options)
    }

    /// Compares positions, and reads until something interrupts it.
    func read() throws(Interruption) {
        if connection.endedCount > Self.comparisonsMax {
            throw .bus(.disconnected(reason: "positions were compared again and again"))
        }
        let isSuspicious = isSuspicious
        self.isSuspicious = false
        if isSuspicious { try takeUnseen() }
        let nextDelivery = try asBus { () throws(BusError) in try self.compare(recreates: isSuspicious) }
        let pull = try asBus { () throws(BusError) in
            try MessagePull(self.connection, prefix: self.jetStream.prefix, options: self.options)
        }
        worker.order.begin(nextDelivery: nextDelivery, isNew: false)
        worker.board.update {
            $0.connection = .reading
            $0.lastError = ""
        }
        lookedNs = pks_monotonic_ns()
        while true {
            if worker.stopping.isAsked { throw .stopped }
            try asBus { () throws(BusError) in try pull.ask(room: self.room) }
            try receive(pull)
            worker.producer.publish()
            pump()
            if let failure {
                self.failure = nil
                throw .bus(failure)
            }
            try asBus { () throws(BusError) in try self.answerLifecycle() }
            try look()
            worker.show()
        }
    }

    /// The last of a life: what is durable within a second is kept and acknowledged.
    func finish() {
        worker.producer.publish()
        let endNs = pks_monotonic_ns() + 1_000_000_000
        while worker.order.unsettledCount > 0 && pks_monotonic_ns() < endNs && connection.isConnected {
            pump()
            _ = poll(nil, 0, 1)
        }
        do throws(Interruption) {
            if worker.removals.isPending { try look(now: true) }
        } catch {
            // What is not kept now comes again in the next life.
            worker.show()
        }
        worker.settleNow()
        pump()
        do throws(BusError) { try connection.flush() } catch { worker.board.error(error) }
        worker.show()
    }

    /// Messages that may come now: as many as can be noted, and no more than the ring takes.
    private var room: Int {
        if worker.letters.isFull { return 0 }
        // The producer's own figure is as old as its last look at the writer's cursor, which it spares itself.
        let records = options.ring.recordCapacity - Int(worker.producer.putCount - worker.producer.freedCount)
        return min(options.unacknowledgedMax - worker.order.count, records)
    }

    // MARK: - Messages

    /// Waits for a message, and takes all that are there, up to a batch.
    private func receive(_ pull: MessagePull) throws(Interruption) {
        // What waits to become durable is looked at often; else nothing but the end is to be noticed.
        var waitMs: Int64 = worker.order.count > 0 || !worker.letters.isEmpty ? 1 : 20
        if worker.backlogCount > options.batch {
            // More are on their way than can be taken soon. One by one each would wake this thread, the writer and
            // the journal; in pieces they leave the processors to the server.
            if pull.window.isOpen && pull.subscription.waitingCount < options.batch / 4 { rest() }
            waitMs = 1
        }
        for _ in 0..<options.batch {
            let wait = waitMs
            guard let message = try next(pull, waitMs: wait) else {
                if waitMs > 0 && quietSinceNs == 0 { quietSinceNs = pks_monotonic_ns() }
                return
            }
            quietSinceNs = 0
            waitMs = 0
            try handle(message, pull)
        }
    }

    private func rest() {
        var time = timespec(tv_sec: 0, tv_nsec: Self.pieceNs)
        // SAFETY: the time lives for the call; a signal only shortens the sleep.
        _ = unsafe nanosleep(&time, nil)
    }

    /// The next message. Where the library has kept one to itself, positions are compared.
    private func next(_ pull: MessagePull, waitMs: Int64) throws(Interruption) -> NATSMessage? {
        do throws(BusError) {
            return try pull.subscription.next(waitMs: waitMs)
        } catch {
            guard case .noJetStream = error else { throw .bus(error) }
            isSuspicious = true
            throw .compare
        }
    }

    /// An empty message with the header `Status: 503` looks to the client library like an answer of the server's, and is
    /// not handed out. Such messages of the stream are taken from the stream itself.
    private func takeUnseen() throws(Interruption) {
        let stream = options.names.bookingStream
        let subject = worker.subject(options.names.booked)
        while true {
            let message = try asBus { () throws(BusError) -> StoredMessage? in
                let from = self.worker.order.taken + 1
                guard let next = try self.jetStream.nextSequence(on: subject, from: from, of: stream) else {
                    return nil
                }
                return try self.jetStream.message(next, of: stream)
            }
            guard let message, message.payload.isEmpty, message.status?.hasPrefix("503") == true else {
                return
            }
            try worker.takeUnseen(message) { self.pump() }
        }
    }

    private func handle(_ message: borrowing NATSMessage, _ pull: MessagePull) throws(Interruption) {
        // SAFETY: the reply's bytes live for the closure.
        guard let delivery = unsafe message.withReply({ reply in unsafe AckReply(reply) }) else {
            if pull.noteStatus(message) { throw .compare }
            if pull.refusal != worker.board.current.pullTrouble {
                worker.board.update { $0.pullTrouble = pull.refusal }
            }
            return
        }
        if !pull.refusal.isEmpty {
            pull.refusal = ""
            worker.board.update { $0.pullTrouble = "" }
        }
        pull.window.noteMessage()
        switch worker.order.judge(delivery) {
        case .take:
            try worker.take(message, delivery) { self.pump() }
        case .repeated(let acknowledge):
            worker.board.update { $0.redeliveredCount += 1 }
            if !acknowledge { return }
            try asBus { () throws(BusError) in
                // SAFETY: the reply's bytes live for the closure.
                try unsafe message.withReply { reply in
                    Result { () throws(BusError) in
                        // SAFETY: the library's reply subjects end in NUL.
                        if let text = unsafe reply.baseAddress?.assumingMemoryBound(to: CChar.self) {
                            try unsafe self.connection.acknowledge(text)
                        }
                    }
                }.get()
            }
        case .outOfOrder(let expected):
            worker.board.alarm(
                IngestAlarm(
                    .deliveryLost,
                    "delivery \(delivery.consumerSequence) (message \(delivery.streamSequence)) came where"
                        + " \(expected) was expected; positions are compared again"))
            throw .compare
        }
    }

    /// Everything that goes on while messages come or cannot be taken: what became durable, what is acknowledged, what
    /// is stored. Notes a failure of the bus instead of throwing it.
    func pump() {
        worker.settle()
        if failure != nil { return }
        do throws(BusError) {
            while let place = worker.order.takeAcknowledgement() {
                try unsafe worker.order.subjects.withSubject(place) { subject in
                    Result { () throws(BusError) in try unsafe connection.acknowledge(subject) }
                }.get()
            }
            if !worker.letters.isEmpty { try store() }
        } catch {
            failure = error
        }
    }

    func asBus<Value: ~Copyable>(_ body: () throws(BusError) -> Value) throws(Interruption) -> Value {
        do throws(BusError) { return try body() } catch { throw .bus(error) }
    }
}
