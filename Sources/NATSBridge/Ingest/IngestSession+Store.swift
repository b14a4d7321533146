import CSeqlock

extension IngestSession {
    /// Sends what is to be stored, and takes the answers. Nothing here waits.
    func store() throws(BusError) {
        while let message = try nextAnswer() {
            guard let number = UInt64(message.subject.dropFirst(answerInbox.count + 1)) else { continue }
            switch StoreAnswer(message.payload, status: message.status) {
            case .stored:
                worker.board.update { $0.storeTrouble = "" }
                guard let letter = worker.letters.noteStored(number) else { continue }
                if let message = letter.message { worker.order.noteStored(for: message) }
                if !letter.acknowledges.isEmpty {
                    // SAFETY: the text lives for the closure and ends in NUL.
                    try unsafe letter.acknowledges.withCString { subject in
                        Result { () throws(BusError) in try unsafe connection.acknowledge(subject) }
                    }.get()
                }
            case .refused(let reason):
                worker.board.noteStoreTrouble(
                    .missing(
                        what:
                            "what could not be used cannot be stored on \(options.names.rejectStream): \(reason)",
                        remedy: "it is sent again and again, and not acknowledged until then"))
            }
        }
        let nowNs = pks_monotonic_ns()
        for letter in worker.letters.takeDue(nowNs: nowNs, retryNs: options.retryMs * 1_000_000) {
            let (count, headers) = fitting(letter)
            // SAFETY: the bytes live for the closure; a typed throw leaves through a result.
            try unsafe letter.payload.withUnsafeBytes { bytes in
                Result { () throws(BusError) in
                    try unsafe connection.publish(
                        letter.subject, UnsafeRawBufferPointer(rebasing: bytes.prefix(count)),
                        reply: "\(answerInbox).\(letter.number)", headers: headers)
                }
            }.get()
        }
    }

    /// As much of a letter as the server takes in one message, and its headers: beside a content of the largest size
    /// there is no room for the reasons. What is cut off lies in the stream that the message came from.
    private func fitting(_ letter: StoreQueue.Letter) -> (
        count: Int, headers: [(name: String, value: String)]
    ) {
        let headerBytes = letter.headers.reduce(256) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        let room = max(0, connection.payloadBytesMax - headerBytes)
        if letter.payload.count <= room { return (letter.payload.count, letter.headers) }
        return (room, letter.headers + [("Pks-Original-Bytes", "\(letter.payload.count)")])
    }

    /// The next answer, if one is there. That no stream takes a subject is told without saying which.
    private func nextAnswer() throws(BusError) -> NATSMessage? {
        do throws(BusError) {
            return try answers.next(waitMs: 0)
        } catch {
            guard case .noJetStream = error else { throw error }
            worker.board.noteStoreTrouble(
                .missing(
                    what:
                        "what could not be used cannot be stored: no stream takes its subject, \(options.names.rejectStream)"
                        + " should", remedy: "make that stream again; until then it is not acknowledged"))
            return nil
        }
    }

    /// Lifecycle events are answered, not applied.
    func answerLifecycle() throws(BusError) {
        while !worker.letters.isFull, let (delivery, bytes, reply) = try lifecycle.next() {
            // SAFETY: the bytes live for the closure.
            unsafe bytes.withUnsafeBytes { bytes in
                unsafe worker.answer(bytes, delivery, reply: reply)
            }
        }
    }
}
