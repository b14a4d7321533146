/// How far a book's daemon is on the bus, by the files beside its journal. For looking; the daemon may run meanwhile.
public struct BookMarks: Sendable {
    /// How far the book is in its stream of fills; nil when it never took any.
    public var taken: IngestPosition?
    /// How far its messages are on the bus; nil when it never published any.
    public var published: PublisherCursor?

    /// Reads them in the directory of the book's journal. Throws `file` when one of them cannot be believed.
    public init(journal path: String) throws(BusError) {
        taken = try IngestPositionFile(directory: path).read()
        published = try CursorFile(journal: path).read()
    }

    /// What a daemon would say of its position in the stream of fills if it connected now; empty when stream and consumer
    /// agree with it. Only looks. Throws what asking the server does, and `missing` without the stream.
    public func disagreements(
        book: String, names: BusNames, _ jetStream: JetStream
    ) throws(BusError) -> [IngestAlarm] {
        guard let stream = try jetStream.stream(names.bookingStream) else {
            throw .missing(what: "there is no stream \(names.bookingStream)", remedy: "make it")
        }
        let consumer = try jetStream.consumer(BusNames.subject(names.consumer, book: book), of: stream.name)
        var questions = PositionQuestions(
            jetStream: jetStream, stream: stream.name, subject: BusNames.subject(names.booked, book: book))
        return try PositionJudge.judge(taken, stream: stream, consumer: consumer, &questions).alarms
    }
}
