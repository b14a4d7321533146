/// How a book's bus is, as its segment shows it: plain words.
public struct BusWords: Sendable, Equatable {
    /// PKS_BUS_*; none unless somebody says otherwise.
    public var state: UInt64 = 0
    /// The newest message of the stream of fills that was taken.
    public var ingestSeq: UInt64 = 0
    /// Messages still to come, when last asked.
    public var ingestPending: UInt64 = 0
    /// Everything of the records up to here is on the bus.
    public var publishedSeq: UInt64 = 0
    /// What should not happen to a stream and has, since the start.
    public var alarms: UInt64 = 0

    /// No bus.
    public init() {}
}
