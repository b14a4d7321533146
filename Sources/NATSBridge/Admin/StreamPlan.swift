/// A stream to be made: on disk, until something else limits it.
public struct StreamPlan: Equatable, Sendable {
    /// Its name: no blanks, dots or wildcards.
    public var name: String
    /// What goes into it.
    public var subjects: [String]
    /// For how long ids are remembered, ns.
    public var duplicateWindowNs: Int64
    /// The most messages; the oldest go. 0: any number.
    public var messagesMax: Int64

    /// A plan of these parts; the duplicate window is the server's usual one, two minutes.
    public init(
        name: String, subjects: [String], duplicateWindowNs: Int64 = 120_000_000_000, messagesMax: Int64 = 0
    ) {
        self.name = name
        self.subjects = subjects
        self.duplicateWindowNs = duplicateWindowNs
        self.messagesMax = messagesMax
    }
}

/// A durable pull consumer to be made, with an acknowledgement of its own for each message.
public struct ConsumerPlan: Equatable, Sendable {
    /// Its name: no blanks, dots or wildcards.
    public var name: String
    /// Which messages of the stream it delivers.
    public var filter: String
    /// The first message of the stream that it delivers; 0: the oldest there is.
    public var startSequence: UInt64
    /// After how many ns an unacknowledged message comes again.
    public var acknowledgeNs: Int64
    /// How many messages may be unacknowledged at a time.
    public var unacknowledgedMax: Int64

    /// A plan of these parts.
    public init(
        name: String, filter: String, startSequence: UInt64 = 0, acknowledgeNs: Int64 = 30_000_000_000,
        unacknowledgedMax: Int64 = 65536
    ) {
        self.name = name
        self.filter = filter
        self.startSequence = startSequence
        self.acknowledgeNs = acknowledgeNs
        self.unacknowledgedMax = unacknowledgedMax
    }
}
