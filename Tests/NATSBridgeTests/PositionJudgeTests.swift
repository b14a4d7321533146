import Testing

@testable import NATSBridge

@Suite struct PositionJudgeTests {
    /// A stream as a list of messages by sequence: the time of storing stands for the message.
    struct Answers: PositionJudge.StreamQuestions {
        var storedNs: [UInt64: Int64]
        var own: Set<UInt64>
        mutating func find(_ anchor: IngestAnchor) throws(BusError) -> AnchorFinding {
            guard let stored = storedNs[anchor.sequence] else { return .gone }
            return stored == anchor.storedNs ? .same : .other
        }
        mutating func nextForBook(after sequence: UInt64) throws(BusError) -> UInt64? {
            own.filter { $0 > sequence }.min()
        }
    }

    static func position(_ sequence: UInt64, step: UInt64 = 10) -> IngestPosition {
        var position = IngestPosition(stream: "S", createdNs: 5)
        for number in stride(from: step, through: sequence, by: Int(step)) {
            position.advance(to: IngestAnchor(sequence: number, storedNs: Int64(number), checksum: 0))
        }
        return position
    }

    static func stream(_ first: UInt64, _ last: UInt64, createdNs: Int64 = 5) -> StreamState {
        StreamState(name: "S", createdNs: createdNs, firstSequence: first, lastSequence: last)
    }

    static func consumer(delivered: UInt64, acked: UInt64) -> ConsumerState {
        ConsumerState(name: "C", deliveredStreamSequence: delivered, ackedStreamSequence: acked)
    }

    static func judge(
        _ position: IngestPosition?, _ stream: StreamState, _ consumer: ConsumerState?,
        reusedFrom: UInt64 = .max
    ) throws -> PositionJudge.Verdict {
        var stored: [UInt64: Int64] = [:]
        if stream.lastSequence >= stream.firstSequence {
            for number in stream.firstSequence...stream.lastSequence {
                stored[number] = Int64(number) + (number >= reusedFrom ? 1_000_000 : 0)
            }
        }
        var answers = Answers(storedNs: stored, own: Set(stored.keys))
        return try PositionJudge.judge(position, stream: stream, consumer: consumer, &answers)
    }

    @Test func whatIsAsItWasLeftGoesOn() throws {
        let verdict = try Self.judge(
            Self.position(100), Self.stream(1, 150), Self.consumer(delivered: 100, acked: 100))
        #expect(verdict.alarms.isEmpty && !verdict.isRewound && !verdict.recreatesConsumer)
        #expect(verdict.position.sequence == 100)
    }

    @Test func whatWasDeliveredAndNeverCameIsAskedForAgainInOrder() throws {
        let verdict = try Self.judge(
            Self.position(100), Self.stream(1, 150), Self.consumer(delivered: 130, acked: 90))
        #expect(verdict.alarms.isEmpty && !verdict.isRewound && verdict.recreatesConsumer)
    }

    @Test func aStreamMadeAnewIsReadFromItsFirst() throws {
        let verdict = try Self.judge(
            Self.position(100), Self.stream(1, 150, createdNs: 6), Self.consumer(delivered: 0, acked: 0))
        #expect(verdict.alarms.map(\.kind) == [.streamRecreated])
        #expect(verdict.isRewound && verdict.recreatesConsumer && verdict.position.sequence == 0)
        #expect(verdict.position.createdNs == 6 && verdict.position.anchors.isEmpty)
    }

    @Test func aStreamThatLostItsEndIsReadFromTheLastMessageThatIsTheSame() throws {
        let verdict = try Self.judge(
            Self.position(100), Self.stream(1, 87), Self.consumer(delivered: 100, acked: 100), reusedFrom: 76)
        #expect(verdict.alarms.map(\.kind) == [.streamTruncated, .consumerPastEnd])
        #expect(verdict.alarms[0].text.contains("87") && verdict.alarms[0].text.contains("100"))
        #expect(verdict.position.sequence == 70 && verdict.isRewound && verdict.recreatesConsumer)
        #expect(verdict.position.anchors.last?.sequence == 70)
    }

    @Test func reusedSequencesAreSeenThoughTheStreamIsLongerThanBefore() throws {
        let verdict = try Self.judge(
            Self.position(100), Self.stream(1, 400), Self.consumer(delivered: 100, acked: 100), reusedFrom: 95
        )
        #expect(verdict.alarms.map(\.kind) == [.sequenceReused])
        #expect(verdict.position.sequence == 90 && verdict.recreatesConsumer)
    }

    @Test func withoutAnyKnownMessageAllIsReadAgain() throws {
        let verdict = try Self.judge(
            Self.position(100), Self.stream(1, 400), Self.consumer(delivered: 100, acked: 100), reusedFrom: 1)
        #expect(verdict.alarms.map(\.kind) == [.sequenceReused])
        #expect(verdict.position.sequence == 0)
    }

    @Test func messagesRemovedBeforeTheyWereSeenAreNamed() throws {
        let verdict = try Self.judge(
            Self.position(100), Self.stream(131, 150), Self.consumer(delivered: 100, acked: 100))
        #expect(verdict.alarms.map(\.kind) == [.messagesRemoved])
        #expect(verdict.alarms[0].text.contains("101 to 130"))
        #expect(verdict.position.sequence == 100 && !verdict.isRewound)
        let told = try Self.judge(
            verdict.position, Self.stream(131, 150), Self.consumer(delivered: 100, acked: 100))
        #expect(told.alarms.isEmpty)
        var scanned = Self.position(100)
        scanned.scannedThrough = 140
        let others = try Self.judge(scanned, Self.stream(131, 150), Self.consumer(delivered: 100, acked: 100))
        #expect(others.alarms.isEmpty)
    }

    @Test func aConsumerAheadOfTheBookIsNotBelieved() throws {
        let ahead = try Self.judge(
            Self.position(100), Self.stream(1, 150), Self.consumer(delivered: 120, acked: 110))
        #expect(ahead.alarms.map(\.kind) == [.consumerAhead] && ahead.recreatesConsumer)
        let first = try Self.judge(nil, Self.stream(1, 150), Self.consumer(delivered: 120, acked: 110))
        #expect(first.alarms.map(\.kind) == [.consumerAhead] && first.recreatesConsumer)
        let past = try Self.judge(
            Self.position(100), Self.stream(1, 120), Self.consumer(delivered: 130, acked: 100))
        #expect(past.alarms.map(\.kind) == [.consumerPastEnd] && past.recreatesConsumer && !past.isRewound)
        let missing = try Self.judge(Self.position(100), Self.stream(1, 120), nil)
        #expect(missing.alarms.map(\.kind) == [.consumerMissing] && missing.recreatesConsumer)
    }

    @Test func aConsumerThatWentPastOthersMessagesIsNoAlarm() throws {
        var answers = Answers(storedNs: [100: 100], own: [100])
        let verdict = try PositionJudge.judge(
            Self.position(100), stream: Self.stream(1, 150),
            consumer: Self.consumer(delivered: 150, acked: 150),
            &answers)
        #expect(verdict.alarms.isEmpty)
    }

    @Test func anchorsAreFewAndDenserTowardsTheEnd() {
        let position = Self.position(100_000)
        #expect(position.anchors.count == IngestPosition.anchorsMax)
        #expect(position.anchors.last?.sequence == 100_000)
        for distance in [10, 100, 1000, 10_000, 50_000] as [UInt64] {
            // From any distance, somewhere not much further back, one is known.
            let at = 100_000 - distance
            let nearest = position.anchors.last { $0.sequence <= at }
            #expect((nearest?.sequence ?? 0) + 2 * distance >= at, "\(distance)")
        }
    }

    @Test func theFileSaysWhatWasWrittenAndNothingElseIsBelieved() throws {
        var position = Self.position(400)
        position.scannedThrough = 420
        let text = IngestPositionFile.text(position)
        #expect(IngestPositionFile.position(text) == position)
        #expect(IngestPositionFile.position(text.replacing("400", with: "401")) == nil)
        #expect(IngestPositionFile.position(String(text.dropLast())) == nil)
        #expect(IngestPositionFile.position("") == nil)
        #expect(IngestPositionFile.position("\n\n") == nil)
        for cut in stride(from: 0, to: text.count, by: 7) {
            #expect(IngestPositionFile.position(String(text.prefix(cut))) == nil)
        }
    }
}
