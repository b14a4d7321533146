/// Something about the stream that is not as this book had left it. The book goes on from where it is safe, and fills
/// that come again change nothing; but somebody should know.
public struct IngestAlarm: Equatable, Sendable {
    /// What kind of thing.
    public enum Kind: String, Sendable, CaseIterable {
        /// The stream was made anew, or another one is used.
        case streamRecreated = "stream_recreated"
        /// The stream ends before what was taken from it.
        case streamTruncated = "stream_truncated"
        /// Another message is where one was that this book took.
        case sequenceReused = "sequence_reused"
        /// Messages were removed that this book had not seen.
        case messagesRemoved = "messages_removed"
        /// The consumer was acknowledged further than this book.
        case consumerAhead = "consumer_ahead"
        /// The consumer stands behind the stream's end and would skip what comes.
        case consumerPastEnd = "consumer_past_end"
        /// The consumer was gone.
        case consumerMissing = "consumer_missing"
        /// A delivery was lost on the way, or went to somebody else.
        case deliveryLost = "delivery_lost"
        /// The journal is older than the position in the stream.
        case journalBehind = "journal_behind"
        /// The file with the position cannot be read.
        case positionUnreadable = "position_unreadable"
    }

    /// What kind of thing.
    public let kind: Kind
    /// What exactly, with the numbers, and what is done.
    public let text: String

    init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
}
