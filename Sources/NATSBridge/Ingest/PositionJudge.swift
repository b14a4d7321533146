/// Compares how far a book is in its stream with what the server has, and says where to go on. Pure: what must be looked
/// up is asked of `StreamQuestions`.
enum PositionJudge {
    /// What to do.
    struct Verdict: Equatable {
        /// The position to go on from. Everything after its sequence is taken (again).
        var position: IngestPosition
        /// It is not the position that there was: what was delivered before has no place in it.
        var isRewound: Bool
        /// The consumer is to be made anew, to start right after the position.
        var recreatesConsumer: Bool
        /// What is to be told.
        var alarms: [IngestAlarm]
    }

    /// What can be asked of the server.
    protocol StreamQuestions {
        /// Whether the message of an anchor is still there.
        mutating func find(_ anchor: IngestAnchor) throws(BusError) -> AnchorFinding
        /// The first message for this book after a sequence; nil when there is none.
        mutating func nextForBook(after sequence: UInt64) throws(BusError) -> UInt64?
    }

    /// Judges. `position`: where the book is; nil when it never took anything from the bus. The state of the consumer
    /// must have been taken after that of the stream.
    static func judge<Questions: StreamQuestions>(
        _ position: IngestPosition?, stream: StreamState, consumer: ConsumerState?,
        _ questions: inout Questions
    ) throws(BusError) -> Verdict {
        var verdict = try place(position, stream, &questions)
        try judgeConsumer(consumer, stream, isFirstContact: position == nil, &verdict, &questions)
        return verdict
    }

    // MARK: - The stream

    private static func place<Questions: StreamQuestions>(
        _ position: IngestPosition?, _ stream: StreamState, _ questions: inout Questions
    ) throws(BusError) -> Verdict {
        let fresh = IngestPosition(stream: stream.name, createdNs: stream.createdNs)
        guard var position else {
            return Verdict(position: fresh, isRewound: false, recreatesConsumer: false, alarms: [])
        }
        if position.stream != stream.name || position.createdNs != stream.createdNs {
            let alarm = IngestAlarm(
                .streamRecreated,
                "stream \(stream.name) was made at \(stream.createdNs); this book was at message \(position.sequence)"
                    + " of stream \(position.stream), made at \(position.createdNs); all of it is read from the first"
            )
            return Verdict(position: fresh, isRewound: true, recreatesConsumer: true, alarms: [alarm])
        }
        if let alarm = try mistrust(position, stream, &questions) {
            let kept = try newestKept(position, stream, &questions)
            let rewound = position.rewound(to: kept)
            let words = "; it is read again from \(kept + 1)"
            return Verdict(
                position: rewound, isRewound: true, recreatesConsumer: true,
                alarms: [IngestAlarm(alarm.kind, alarm.text + words)])
        }
        var alarms: [IngestAlarm] = []
        if position.scannedThrough > stream.lastSequence {
            alarms.append(
                IngestAlarm(
                    .streamTruncated,
                    "stream \(stream.name) ends at \(stream.lastSequence); it had ended at"
                        + " \(position.scannedThrough) at least; nothing that this book took is missing"))
            position.scannedThrough = max(position.sequence, stream.lastSequence)
        }
        if stream.firstSequence > position.scannedThrough + 1 {
            alarms.append(
                IngestAlarm(
                    .messagesRemoved,
                    "stream \(stream.name) begins at \(stream.firstSequence); messages"
                        + " \(position.scannedThrough + 1) to \(stream.firstSequence - 1) were removed before this"
                        + " book had seen them; those that were for it are lost (publish them again)"))
            position.scannedThrough = stream.firstSequence - 1
        }
        return Verdict(position: position, isRewound: false, recreatesConsumer: false, alarms: alarms)
    }

    /// Why the stream is not the one that the position is in; nil when nothing speaks against it.
    private static func mistrust<Questions: StreamQuestions>(
        _ position: IngestPosition, _ stream: StreamState, _ questions: inout Questions
    ) throws(BusError) -> IngestAlarm? {
        if stream.lastSequence < position.sequence {
            return IngestAlarm(
                .streamTruncated,
                "stream \(stream.name) ends at \(stream.lastSequence); this book had taken message"
                    + " \(position.sequence)")
        }
        for anchor in position.anchors.reversed() {
            // Older ones are gone as well: nothing more can be learned.
            if anchor.sequence < stream.firstSequence { return nil }
            switch try questions.find(anchor) {
            case .same: return nil
            case .gone: continue
            case .other:
                return IngestAlarm(
                    .sequenceReused,
                    "message \(anchor.sequence) of stream \(stream.name) is another one than this book took, which was"
                        + " stored at \(anchor.storedNs); the stream now ends at \(stream.lastSequence)")
            }
        }
        return nil
    }

    /// The newest message that is still the one that was taken; 0 when none is.
    private static func newestKept<Questions: StreamQuestions>(
        _ position: IngestPosition, _ stream: StreamState, _ questions: inout Questions
    ) throws(BusError) -> UInt64 {
        for anchor in position.anchors.reversed()
        where anchor.sequence <= stream.lastSequence && anchor.sequence >= stream.firstSequence {
            if try questions.find(anchor) == .same { return anchor.sequence }
        }
        return 0
    }

    // MARK: - The consumer

    private static func judgeConsumer<Questions: StreamQuestions>(
        _ consumer: ConsumerState?, _ stream: StreamState, isFirstContact: Bool, _ verdict: inout Verdict,
        _ questions: inout Questions
    ) throws(BusError) {
        let sequence = verdict.position.sequence
        guard let consumer else {
            verdict.recreatesConsumer = true
            if !isFirstContact {
                verdict.alarms.append(
                    IngestAlarm(
                        .consumerMissing,
                        "the consumer on stream \(stream.name) is gone; it is made again to start at \(sequence + 1)"
                    ))
            }
            return
        }
        if consumer.deliveredStreamSequence > stream.lastSequence {
            verdict.alarms.append(
                IngestAlarm(
                    .consumerPastEnd,
                    "consumer \(consumer.name) stands at \(consumer.deliveredStreamSequence), behind the end"
                        + " \(stream.lastSequence) of stream \(stream.name); it is made again to start at \(sequence + 1)"
                ))
            verdict.recreatesConsumer = true
        } else if !verdict.isRewound, consumer.ackedStreamSequence > sequence,
            let next = try questions.nextForBook(after: sequence), next <= consumer.ackedStreamSequence
        {
            verdict.alarms.append(
                IngestAlarm(
                    .consumerAhead,
                    "consumer \(consumer.name) was acknowledged up to \(consumer.ackedStreamSequence), but this book"
                        + " has kept no more than \(sequence), and message \(next) is for it; it is made again to start"
                        + " at \(sequence + 1)"))
            verdict.recreatesConsumer = true
        }
        // What was delivered and never arrived would come again, but late and after newer messages.
        if consumer.deliveredStreamSequence > sequence { verdict.recreatesConsumer = true }
    }
}
