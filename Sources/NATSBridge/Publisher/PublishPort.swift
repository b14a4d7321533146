/// The bus as a publisher needs it, small enough to be simulated: tests lose, double, delay and refuse behind it. One
/// thread.
protocol PublishPort: AnyObject {
    /// A clock that never goes back, ns.
    var nowNs: Int64 { get }
    /// Passes some time, less when something else is to be done.
    func pause(ns: Int64)

    /// Opens a connection in place of the one before. Bounded in time. Throws `unreachable` and the like.
    func connect() throws(BusError)
    /// Gives up the connection, if there is one.
    func disconnect()
    /// The server's address without secrets; empty without a connection.
    var server: String { get }

    /// Sends a message. What comes back carries `token`. Bounded in time. Throws `disconnected`.
    func send(
        _ topic: PublishTopic, token: UInt64, id: MessageID, _ bytes: UnsafeRawBufferPointer
    ) throws(BusError)
    /// Hurries what was sent and is still in this process. Bounded in time; throws `disconnected`.
    func flush() throws(BusError)
    /// What came back, waiting for `waitMs` at most (0: not at all); nil when nothing did. Throws `disconnected`.
    func nextAnswer(waitMs: Int64) throws(BusError) -> PublishAnswer?

    /// The name of the stream that is to take a topic's messages.
    func streamName(of topic: PublishTopic) -> String
    /// That stream as it is now; nil when there is none.
    func stream(of topic: PublishTopic) throws(BusError) -> StreamState?
    /// The subject of a topic, for messages to people.
    func subject(of topic: PublishTopic) -> String
    /// The message at a place of a stream; nil when there is none (any more).
    func message(_ seq: UInt64, of stream: String) throws(BusError) -> PublishedMark?
    /// The newest message of a topic; nil when there is none (any more).
    func lastMessage(_ topic: PublishTopic, of stream: String) throws(BusError) -> PublishedMark?
    /// The first message of a topic at a place or after it; nil when there is none.
    func nextMessage(_ topic: PublishTopic, of stream: String, from seq: UInt64) throws(BusError)
        -> PublishedMark?
}

/// What a stream answers to a message.
struct PublishAnswer: Equatable {
    /// What became of the message.
    enum Outcome: Equatable {
        /// It is stored at this place; `isDuplicate`: it was there already.
        case stored(seq: UInt64, isDuplicate: Bool)
        /// It is not, and why.
        case refused(String)
    }

    var token: UInt64
    var outcome: Outcome
}

/// What a stored message says of itself.
struct PublishedMark: Equatable {
    /// Its place in the stream.
    var seq: UInt64
    /// `Nats-Msg-Id`.
    var messageID: String?
    /// `Pks-Journal`: the epoch of the journal that its numbers are of.
    var journal: String?
}
