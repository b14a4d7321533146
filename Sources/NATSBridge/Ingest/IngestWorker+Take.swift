import BusMessages
import CSeqlock
import FillProducer
import Glibc

extension IngestWorker {
    /// Takes a message that is the next in order: its fills go onto the ring, or it is put among what must be stored.
    /// `pump` is called again and again while there is no room. Throws `stopped` only.
    func take(
        _ message: borrowing NATSMessage, _ delivery: AckReply, _ pump: () -> Void
    ) throws(Interruption) {
        while !order.hasRoom || letters.isFull { try waitForRoom(pump) }
        let firstLetter = letters.nextNumber
        // A typed throw leaves the closures through results.
        // SAFETY: the content's bytes live for the closure.
        let (checksum, count) = unsafe message.withPayload { bytes in
            unsafe (contentChecksum(bytes), unpack(bytes, delivery))
        }
        for index in 0..<count { try takeFill(index, delivery, pump) }
        let anchor = IngestAnchor(
            sequence: delivery.streamSequence, storedNs: delivery.storedNs, checksum: checksum)
        let unstored = Int(letters.nextNumber - firstLetter)
        // SAFETY: the reply's bytes live for the closure.
        let number = unsafe message.withReply { reply in
            unsafe order.add(anchor, recordsEnd: producer.putCount, unstoredCount: unstored, subject: reply)
        }
        if unstored > 0 { letters.assign(from: firstLetter, to: number) }
        removals.noteTaken(anchor.sequence, from: max(latest?.sequence ?? 0, scannedThrough) + 1)
        latest = anchor
        messageCount += 1
        backlogCount = Int(clamping: delivery.pendingCount)
    }

    /// Takes a message that the client library does not hand out: a dead letter. Its id and place are known from the
    /// stream itself. Throws `stopped` only.
    func takeUnseen(_ message: StoredMessage, _ pump: () -> Void) throws(Interruption) {
        while !order.hasRoom || letters.isFull { try waitForRoom(pump) }
        let delivery = AckReply(streamSequence: message.sequence, storedNs: message.storedNs)
        let firstLetter = letters.nextNumber
        let anchor = IngestAnchor(
            sequence: message.sequence, storedNs: message.storedNs, checksum: contentChecksum(message.payload)
        )
        // SAFETY: the bytes live for the closures.
        unsafe message.payload.withUnsafeBytes { bytes in
            unsafe bury(bytes, Poison(.malformed, "an empty message with a status of the server's"), delivery)
        }
        let number = unsafe order.add(
            anchor, recordsEnd: producer.putCount, unstoredCount: 1,
            subject: UnsafeRawBufferPointer(start: nil, count: 0))
        letters.assign(from: firstLetter, to: number)
        latest = anchor
        messageCount += 1
    }

    /// Fills in a message; 0 for one that cannot be read, which is then a dead letter.
    private func unpack(_ bytes: UnsafeRawBufferPointer, _ delivery: AckReply) -> Int {
        do throws(Poison) {
            return unsafe try decoder.decode(bytes)
        } catch {
            // SAFETY: the message's bytes, which live for the call.
            unsafe bury(bytes, error, delivery)
            return 0
        }
    }

    /// Puts a message that cannot be read among the dead letters, byte for byte. The id has the time of storing in it,
    /// because a server may give a sequence number twice.
    func bury(
        _ bytes: UnsafeRawBufferPointer, _ poison: Poison, _ delivery: AckReply, acknowledges: String = ""
    ) {
        let stream = options.names.bookingStream
        // SAFETY: the bytes live for the call, and are copied.
        _ = letters.add(
            to: subject(options.names.deadLetter), unsafe Array(bytes),
            headers: [
                (
                    "Nats-Msg-Id",
                    "\(options.book):dlq:\(stream):\(delivery.streamSequence):\(delivery.storedNs)"
                ),
                ("Pks-Reason", poison.reason.rawValue), ("Pks-Detail", NATSText.harmless(poison.detail)),
                ("Pks-Stream", stream), ("Pks-Stream-Seq", "\(delivery.streamSequence)"),
            ], acknowledges: acknowledges)
        board.update { $0.poisonCount += 1 }
    }

    private func takeFill(
        _ index: Int, _ delivery: AckReply, _ pump: () -> Void
    ) throws(Interruption) {
        do throws(FillReject) {
            try decoder.encode(index, reference: delivery.streamSequence)
        } catch {
            return try refuse(index, error, delivery, pump)
        }
        if decoder.hasKey { try define(decoder.keyRecord, pump) }
        var fill = decoder.fillRecord
        guard let handle = handles[Int(fill.handle)] else {
            let full = FillReject(
                reason: "capacity", detail: "the ring has no room for another key (account, strategy, symbol)"
            )
            return try refuse(index, full, delivery, pump)
        }
        fill.handle = handle
        while true {
            let answer: PutAnswer
            if decoder.hasExtension {
                var extended = decoder.extensionRecord
                extended.handle = handle
                answer = producer.put(extended, fill: fill)
            } else {
                answer = producer.put(fill)
            }
            switch answer {
            case .ok:
                fillCount += 1
                return
            case .full: try waitForRoom(pump)
            case .quarantined:
                throw .bus(.ring(reason: "the ring of producer nats is quarantined: its content is broken"))
            case .badHandle, .redefined, .badKey: preconditionFailure("a fill needs room and nothing else")
            }
        }
    }

    private func define(_ key: pks_key_record, _ pump: () -> Void) throws(Interruption) {
        while true {
            switch producer.define(key) {
            case .handle(let handle):
                handles.append(handle)
                return
            case .refused(.full): try waitForRoom(pump)
            case .refused(.quarantined):
                handles.append(nil)
                throw .bus(.ring(reason: "the ring of producer nats is quarantined: its content is broken"))
            case .refused:
                handles.append(nil)
                return
            }
        }
    }

    /// Answers a fill that cannot be a record.
    private func refuse(
        _ index: Int, _ reject: FillReject, _ delivery: AckReply, _ pump: () -> Void
    ) throws(Interruption) {
        while letters.isFull { try waitForRoom(pump) }
        let stream = options.names.bookingStream
        rejects.encode(index, of: decoder, reject, stream: stream, streamSeq: delivery.streamSequence)
        _ = letters.add(
            to: subject(options.names.rejected), unsafe Array(rejects.bytes),
            headers: [
                (
                    "Nats-Msg-Id",
                    "\(options.book):in:\(delivery.streamSequence):\(delivery.storedNs):\(index)"
                )
            ])
        board.update { $0.rejectCount += 1 }
    }

    /// Lets the book and the bus go on for a moment.
    private func waitForRoom(_ pump: () -> Void) throws(Interruption) {
        producer.publish()
        pump()
        show()
        if stopping.isAsked { throw .stopped }
        _ = poll(nil, 0, 1)
    }
}
