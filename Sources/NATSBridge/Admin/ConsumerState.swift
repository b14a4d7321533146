internal import CNATS

/// What a durable consumer is at a moment.
public struct ConsumerState: Equatable, Sendable {
    /// Its name.
    public var name: String
    /// When it was made, ns since 1970.
    public var createdNs: Int64
    /// The last message of the stream that it has delivered to anybody.
    public var deliveredStreamSequence: UInt64
    /// Its own number of that delivery.
    public var deliveredConsumerSequence: UInt64
    /// Everything up to this message of the stream is acknowledged.
    public var ackedStreamSequence: UInt64
    /// Messages delivered and not acknowledged.
    public var unacknowledgedCount: Int64
    /// Messages of the stream that it has not delivered yet.
    public var pendingCount: UInt64
    /// How many may be unacknowledged at a time; 0 or less: any number.
    public var unacknowledgedMax: Int64
    /// Each message is acknowledged by itself, as this client does.
    public var isExplicit: Bool
    /// Messages are asked for and not pushed.
    public var isPull: Bool
    /// Which messages it delivers; empty: all of the stream.
    public var filter: String
    /// It delivers messages without their content.
    public var isHeadersOnly = false

    /// A state of these parts.
    public init(
        name: String, createdNs: Int64 = 0, deliveredStreamSequence: UInt64 = 0,
        deliveredConsumerSequence: UInt64 = 0, ackedStreamSequence: UInt64 = 0,
        unacknowledgedCount: Int64 = 0,
        pendingCount: UInt64 = 0, unacknowledgedMax: Int64 = 0, isExplicit: Bool = true, isPull: Bool = true,
        filter: String = ""
    ) {
        self.name = name
        self.createdNs = createdNs
        self.deliveredStreamSequence = deliveredStreamSequence
        self.deliveredConsumerSequence = deliveredConsumerSequence
        self.ackedStreamSequence = ackedStreamSequence
        self.unacknowledgedCount = unacknowledgedCount
        self.pendingCount = pendingCount
        self.unacknowledgedMax = unacknowledgedMax
        self.isExplicit = isExplicit
        self.isPull = isPull
        self.filter = filter
    }

    /// From what the library gave. The pointer lives for the call.
    init(_ info: UnsafePointer<jsConsumerInfo>) {
        // SAFETY (all of it): what the library fills in is whole, with texts that end in NUL.
        let value = unsafe info.pointee
        let config = unsafe value.Config.pointee
        unsafe self.init(
            name: value.Name.map { unsafe String(cString: $0) } ?? "", createdNs: value.Created,
            deliveredStreamSequence: value.Delivered.Stream,
            deliveredConsumerSequence: value.Delivered.Consumer,
            ackedStreamSequence: value.AckFloor.Stream, unacknowledgedCount: value.NumAckPending,
            pendingCount: value.NumPending, unacknowledgedMax: config.MaxAckPending,
            isExplicit: config.AckPolicy == js_AckExplicit, isPull: config.DeliverSubject == nil,
            filter: config.FilterSubject.map { unsafe String(cString: $0) } ?? "")
        unsafe isHeadersOnly = config.HeadersOnly
    }
}
