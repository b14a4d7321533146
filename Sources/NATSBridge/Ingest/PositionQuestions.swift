/// What the judge asks of the server.
struct PositionQuestions: PositionJudge.StreamQuestions {
    let jetStream: JetStream
    let stream: String
    let subject: String

    func find(_ anchor: IngestAnchor) throws(BusError) -> AnchorFinding {
        guard let message = try jetStream.message(anchor.sequence, of: stream) else { return .gone }
        return message.storedNs == anchor.storedNs && contentChecksum(message.payload) == anchor.checksum
            ? .same : .other
    }

    func nextForBook(after sequence: UInt64) throws(BusError) -> UInt64? {
        try jetStream.nextSequence(on: subject, from: sequence + 1, of: stream)
    }
}
