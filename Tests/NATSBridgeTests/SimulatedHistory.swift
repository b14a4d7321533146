import TestSupport

@testable import NATSBridge

/// A JetStream stream with one pull consumer, and what is on the wire to it.
struct SimulatedStream {
    struct Message {
        var id: UInt64
        var storedNs: Int64
        var isOwn: Bool
    }

    struct Consumer {
        var next: UInt64
        var delivery: UInt64 = 0
        var pending: Set<UInt64> = []
        var acked: UInt64
    }

    var messages: [UInt64: Message] = [:]
    var first: UInt64 = 1
    var last: UInt64 = 0
    var createdNs: Int64 = 1
    var consumer: Consumer?
    var wire: [(AckReply, UInt64)] = []
    private var nowNs: Int64 = 1000

    var state: StreamState {
        StreamState(name: "S", createdNs: createdNs, firstSequence: first, lastSequence: last)
    }

    var consumerState: ConsumerState? {
        consumer.map {
            ConsumerState(
                name: "C", deliveredStreamSequence: $0.next - 1, deliveredConsumerSequence: $0.delivery,
                ackedStreamSequence: $0.acked, pendingCount: UInt64(undelivered($0).count))
        }
    }

    var isAtRest: Bool { consumer.map { $0.pending.isEmpty && undelivered($0).isEmpty } ?? false }

    private func undelivered(_ consumer: Consumer) -> [UInt64] {
        messages.filter { $0.key >= consumer.next && $0.value.isOwn }.map(\.key).sorted()
    }

    mutating func publish(_ id: UInt64, isOwn: Bool) {
        last += 1
        nowNs += 7
        messages[last] = Message(id: id, storedNs: nowNs, isOwn: isOwn)
    }

    mutating func deliver(_ count: Int) {
        guard let now = consumer else { return }
        let ready = undelivered(now)
        for sequence in ready.prefix(count) { send(sequence) }
        guard ready.count <= count, let after = consumer else { return }
        consumer?.next = max(after.next, last + 1)
    }

    private mutating func send(_ sequence: UInt64) {
        guard let message = messages[sequence], var now = consumer else { return }
        now.delivery += 1
        now.next = max(now.next, sequence + 1)
        now.pending.insert(sequence)
        consumer = now
        var reply = AckReply(streamSequence: sequence, storedNs: message.storedNs)
        reply.consumerSequence = now.delivery
        reply.deliveryCount = message.id
        wire.append((reply, message.id))
    }

    mutating func redeliver(_ random: inout SeededRandom) {
        if let sequence = consumer?.pending.sorted().randomElement(using: &random) { send(sequence) }
    }

    mutating func redeliverAll() { for sequence in (consumer?.pending ?? []).sorted() { send(sequence) } }

    mutating func acknowledge(_ sequence: UInt64) {
        guard var now = consumer, now.pending.remove(sequence) != nil else { return }
        now.acked = (now.pending.min() ?? now.next) - 1
        consumer = now
    }

    /// The end is lost; the consumer stands where it stood.
    mutating func truncate(_ count: Int) {
        for _ in 0..<count where last >= first {
            messages[last] = nil
            consumer?.pending.remove(last)
            last -= 1
        }
    }

    mutating func forgetAcknowledgements(_ random: inout SeededRandom) {
        guard var now = consumer else { return }
        let back = random.next() % 6
        now.next = max(1, now.next > back ? now.next - back : 1)
        now.delivery = now.delivery > back ? now.delivery - back : 0
        now.pending = now.pending.filter { $0 < now.next }
        now.acked = min(now.acked, now.next - 1)
        consumer = now
    }

    /// Removes from the front; whether one of them was for the book and is not on the ring.
    mutating func purge(_ count: Int, seen: [UInt64]) -> Bool {
        var isLoss = false
        for _ in 0..<count where first <= last {
            if let message = messages[first], message.isOwn, !seen.contains(message.id) { isLoss = true }
            // What is on the wire has left the stream, but may still arrive.
            if wire.contains(where: { $0.0.streamSequence == first }) { isLoss = false }
            messages[first] = nil
            consumer?.pending.remove(first)
            first += 1
        }
        return isLoss
    }

    mutating func recreate() {
        nowNs += 13
        createdNs = nowNs
        messages = [:]
        first = 1
        last = 0
        consumer = nil
    }

    /// Somebody else takes the next message off the consumer.
    mutating func steal() {
        let before = wire
        deliver(1)
        wire = before
    }

    /// Somebody else acknowledges everything.
    mutating func acknowledgeForeign() {
        steal()
        guard var now = consumer else { return }
        now.pending = []
        now.acked = now.next - 1
        consumer = now
    }
}

/// What `IngestSession` and `IngestWorker` do, with their own parts, and no server and no disk.
struct SimulatedIngest {
    /// What was put on the ring, by id, and how much of that is durable.
    private(set) var ring: [UInt64] = []
    private(set) var freedCount = 0
    private(set) var alarms: [IngestAlarm.Kind] = []
    private(set) var repeatedCount = 0
    /// The position's file cannot be written.
    var filesAreStuck = false
    var keptSequence: UInt64 { kept?.sequence ?? 0 }
    private var order = DeliveryOrder(after: 0, entriesMax: 4096)
    private var removals = RemovalWatch()
    private var kept: IngestPosition?
    private var latest: IngestAnchor?
    private var scannedThrough: UInt64 = 0
    private var settled: IngestAnchor?

    private struct Questions: PositionJudge.StreamQuestions {
        let server: SimulatedStream
        func find(_ anchor: IngestAnchor) throws(BusError) -> AnchorFinding {
            guard let message = server.messages[anchor.sequence] else { return .gone }
            return message.storedNs == anchor.storedNs ? .same : .other
        }
        func nextForBook(after sequence: UInt64) throws(BusError) -> UInt64? {
            server.messages.filter { $0.key > sequence && $0.value.isOwn }.map(\.key).min()
        }
    }

    mutating func connect(_ server: inout SimulatedStream) throws {
        var position = kept
        if let latest, let now = position, latest.sequence > now.sequence { position?.advance(to: latest) }
        if let now = position { position?.scannedThrough = max(now.scannedThrough, scannedThrough) }
        var questions = Questions(server: server)
        let verdict = try PositionJudge.judge(
            position, stream: server.state, consumer: server.consumerState, &questions)
        alarms += verdict.alarms.map(\.kind)
        if verdict.isRewound || kept == nil {
            adopt(verdict.position)
        } else {
            scannedThrough = verdict.position.scannedThrough
        }
        if verdict.recreatesConsumer {
            server.consumer = .init(next: order.taken + 1, acked: order.taken)
            order.begin(nextDelivery: 1, isNew: true)
        }
        order.begin(nextDelivery: (server.consumer?.delivery ?? 0) + 1, isNew: false)
    }

    private mutating func adopt(_ position: IngestPosition) {
        kept = position
        latest = position.anchors.last
        scannedThrough = position.scannedThrough
        settled = nil
        removals = RemovalWatch()
        order.rewind(to: position.sequence)
    }

    /// False when positions must be compared again.
    mutating func receive(_ delivery: (AckReply, UInt64), _ server: inout SimulatedStream) throws -> Bool {
        let (reply, id) = delivery
        switch order.judge(reply) {
        case .outOfOrder:
            alarms.append(.deliveryLost)
            return false
        case .repeated(let acknowledge):
            repeatedCount += 1
            if acknowledge { server.acknowledge(reply.streamSequence) }
        case .take:
            ring.append(id)
            let anchor = IngestAnchor(sequence: reply.streamSequence, storedNs: reply.storedNs, checksum: 0)
            let subject = Array(
                "$JS.ACK.S.C.\(id).\(reply.streamSequence).\(reply.consumerSequence).\(reply.storedNs).0".utf8
            )
            // SAFETY: the bytes live for the closure.
            _ = unsafe subject.withUnsafeBytes { bytes in
                unsafe order.add(anchor, recordsEnd: UInt64(ring.count), unstoredCount: 0, subject: bytes)
            }
            removals.noteTaken(anchor.sequence, from: max(latest?.sequence ?? 0, scannedThrough) + 1)
            latest = anchor
        }
        return true
    }

    mutating func free(_ random: inout SeededRandom) {
        freedCount += Int(random.next() % UInt64(ring.count - freedCount + 1))
    }

    mutating func freeAll() { freedCount = ring.count }

    func isDurable(_ id: UInt64) -> Bool { ring.prefix(freedCount).contains(id) }

    /// The acknowledgements to send.
    mutating func settle() -> [AckReply] {
        if let anchor = order.settle(freedCount: UInt64(freedCount), journalSequence: 0) { settled = anchor }
        if let anchor = settled, var position = kept, anchor.sequence > position.sequence,
            !removals.isPending,
            !filesAreStuck
        {
            position.advance(to: anchor)
            if order.settled == order.taken {
                position.scannedThrough = max(position.sequence, scannedThrough)
            }
            kept = position
            settled = nil
            order.keep(position.sequence)
        }
        var replies: [AckReply] = []
        while let place = order.takeAcknowledgement() {
            // SAFETY: the subject lives for the closure and has so many bytes.
            let reply = unsafe order.subjects.withSubject(place) { text in
                unsafe AckReply(UnsafeRawBufferPointer(start: text, count: place.count))
            }
            guard let reply else { preconditionFailure("a subject that was written") }
            replies.append(reply)
        }
        return replies
    }

    /// False when positions must be compared again.
    mutating func look(_ server: SimulatedStream) -> Bool {
        guard let consumer = server.consumerState, server.createdNs == kept?.createdNs,
            server.last >= max(order.taken, scannedThrough)
        else { return false }
        let isResting =
            consumer.pendingCount == 0 && order.hasAll(through: consumer.deliveredConsumerSequence)
        let restingAt = isResting ? max(order.taken, scannedThrough) : nil
        if let alarm = removals.look(server.state, restingAt: restingAt) { alarms.append(alarm.kind) }
        if isResting { scannedThrough = max(scannedThrough, server.last) }
        return true
    }

    /// Ends without a word: what is on the ring stays, what is in the file stays.
    mutating func crash() {
        order = DeliveryOrder(after: 0, entriesMax: 4096)
        latest = nil
        settled = nil
        removals = RemovalWatch()
        if let kept { adopt(kept) }
    }
}
