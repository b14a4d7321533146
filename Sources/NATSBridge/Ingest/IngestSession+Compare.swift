import CSeqlock

extension IngestSession {
    /// Compares the position with the stream and the consumer, and makes the consumer anew where it is not to be
    /// believed, or in any case with `recreates`. Returns the number of the next delivery. Throws `missing` for what nobody made.
    func compare(recreates: Bool) throws(BusError) -> UInt64 {
        let names = options.names
        let stream = try requireStreams()
        let consumerName = worker.subject(names.consumer)
        let consumer = try jetStream.consumer(consumerName, of: stream.name)
        let isFirstContact = worker.kept == nil
        if consumer == nil && isFirstContact && !options.createsMissing {
            throw .missing(
                what: "stream \(stream.name) has no consumer \(consumerName)",
                remedy: "start with --nats-create, or make it: pull, explicit acknowledgement, filter"
                    + " \(worker.subject(names.booked))")
        }
        if let consumer { try check(consumer) }
        try requireLifecycleConsumer(of: stream.name)
        var questions = PositionQuestions(
            jetStream: jetStream, stream: stream.name, subject: worker.subject(names.booked))
        let verdict = try PositionJudge.judge(
            worker.position, stream: stream, consumer: consumer, &questions)
        for alarm in verdict.alarms { worker.board.alarm(alarm) }
        // From here on the consumer is this book's: the file says that there was contact.
        if verdict.isRewound || isFirstContact {
            try worker.replace(by: verdict.position)
        } else {
            worker.scannedThrough = verdict.position.scannedThrough
        }
        if !verdict.recreatesConsumer && !recreates, let consumer {
            return consumer.deliveredConsumerSequence + 1
        }
        try jetStream.deleteConsumer(consumerName, of: stream.name)
        let plan = ConsumerPlan(
            name: consumerName, filter: worker.subject(names.booked), startSequence: worker.order.taken + 1,
            acknowledgeNs: options.acknowledgeMs * 1_000_000,
            unacknowledgedMax: Int64(options.unacknowledgedMax))
        let made = try jetStream.makeConsumer(plan, of: stream.name)
        worker.order.begin(nextDelivery: 1, isNew: true)
        return made.deliveredConsumerSequence + 1
    }

    /// Looks now and then at what no connect would tell: messages removed, a stream replaced.
    /// A hole in what was taken is looked at before the position is kept.
    func look(now: Bool = false) throws(Interruption) {
        let nowNs = pks_monotonic_ns()
        let everyMs = worker.removals.isPending ? min(options.keepMs, options.lookMs) : options.lookMs
        if !now && nowNs - lookedNs < everyMs * 1_000_000 { return }
        lookedNs = nowNs
        let (stream, consumer) = try asBus { () throws(BusError) in
            let stream = try self.jetStream.stream(self.options.names.bookingStream)
            return (
                stream,
                try self.jetStream.consumer(
                    self.worker.subject(self.options.names.consumer), of: self.options.names.bookingStream)
            )
        }
        guard let stream, let consumer, stream.createdNs == worker.kept?.createdNs,
            stream.lastSequence >= max(worker.order.taken, worker.scannedThrough)
        else { throw .compare }
        try asBus { () throws(BusError) in try self.check(consumer) }
        if isMissing(consumer, nowNs) { throw .compare }
        // Everything delivered has come, and nothing is left: the rest of the stream is for others.
        let isResting =
            consumer.pendingCount == 0 && worker.order.hasAll(through: consumer.deliveredConsumerSequence)
        let restingAt = isResting ? max(worker.order.taken, worker.scannedThrough) : nil
        if let alarm = worker.removals.look(stream, restingAt: restingAt) { worker.board.alarm(alarm) }
        if isResting { worker.scannedThrough = max(worker.scannedThrough, stream.lastSequence) }
        worker.board.update { $0.pendingCount = consumer.pendingCount }
    }

    /// Whether the consumer has delivered what did not come here, as when somebody else has asked it for messages. Told
    /// when nothing lay waiting for a while.
    private func isMissing(_ consumer: ConsumerState, _ nowNs: Int64) -> Bool {
        let delivered = consumer.deliveredConsumerSequence
        guard !worker.order.hasAll(through: delivered), quietSinceNs > 0, nowNs - quietSinceNs > Self.quietNs
        else { return false }
        worker.board.alarm(
            IngestAlarm(
                .deliveryLost,
                "consumer \(consumer.name) has delivered up to its delivery \(delivered), and not all of that came here: "
                    + "does anybody else ask it for messages? Positions are compared again"))
        return true
    }

    /// The stream of the fills; both streams are there and take in what they must.
    private func requireStreams() throws(BusError) -> StreamState {
        let names = options.names
        let booking = try require(names.bookingStream, [names.booked, names.lifecycle])
        _ = try require(names.rejectStream, [names.rejected, names.deadLetter])
        return booking
    }

    private func require(_ name: String, _ templates: [String]) throws(BusError) -> StreamState {
        guard let stream = try jetStream.stream(name) else {
            let subjects = templates.map { BusNames.wildcard($0) }
            if options.createsMissing {
                return try jetStream.makeStream(StreamPlan(name: name, subjects: subjects))
            }
            throw .missing(
                what: "there is no stream \(name)",
                remedy:
                    "start with --nats-create, or make it with subjects \(subjects.joined(separator: ", "))")
        }
        for subject in templates.map({ worker.subject($0) })
        where !stream.subjects.contains(where: { SubjectFilter.matches($0, subject) }) {
            throw .missing(
                what: "stream \(name) does not take in \(subject)", remedy: "add that subject to the stream")
        }
        return stream
    }

    private func requireLifecycleConsumer(of stream: String) throws(BusError) {
        let name = worker.subject(options.names.consumer) + "-lifecycle"
        if try jetStream.consumer(name, of: stream) != nil { return }
        let filter = worker.subject(options.names.lifecycle)
        if !options.createsMissing && worker.kept == nil {
            throw .missing(
                what: "stream \(stream) has no consumer \(name)",
                remedy:
                    "start with --nats-create, or make it: pull, explicit acknowledgement, filter \(filter)")
        }
        try jetStream.makeConsumer(ConsumerPlan(name: name, filter: filter), of: stream)
    }

    private func check(_ consumer: ConsumerState) throws(BusError) {
        if consumer.isPull && consumer.isExplicit && consumer.filter == worker.subject(options.names.booked)
            && !consumer.isHeadersOnly
        {
            return
        }
        throw .missing(
            what:
                "consumer \(consumer.name) is not a pull consumer of \(worker.subject(options.names.booked)) with"
                + " explicit acknowledgement and whole messages",
            remedy: "delete it, and start with --nats-create")
    }
}
