import CSeqlock

/// How what connects a book with a message bus is, as its writer shows it with each heartbeat.
public struct BusView: Sendable, Equatable {
    /// What it is doing.
    public enum State: Sendable, Equatable {
        /// Reading the journal before it publishes.
        case starting
        /// Connected, both ways.
        case live
        /// No connection; it is tried again and again.
        case connecting
        /// Connected, and something is missing or refused there.
        case waiting
        /// Publishing has ended for good; the book goes on.
        case failed
        /// Ended in good order.
        case stopped
        /// A number that this version does not know.
        case unknown(UInt64)

        init(_ word: UInt64) {
            self =
                switch word {
                case UInt64(PKS_BUS_STARTING): .starting
                case UInt64(PKS_BUS_LIVE): .live
                case UInt64(PKS_BUS_CONNECTING): .connecting
                case UInt64(PKS_BUS_WAITING): .waiting
                case UInt64(PKS_BUS_FAILED): .failed
                case UInt64(PKS_BUS_STOPPED): .stopped
                default: .unknown(word)
                }
        }
    }

    /// What it is doing.
    public var state: State
    /// The newest message of the stream of fills that was taken.
    public var ingestSeq: UInt64
    /// Messages still to come, when last asked.
    public var ingestPending: UInt64
    /// Everything of the records up to this one is on the bus.
    public var publishedSeq: UInt64
    /// What should not happen to a stream and has, since the start.
    public var alarms: UInt64
}

extension SegmentReader {
    /// How the book's bus is; nil when it is on none, or when its writer is older than ABI 1.2. Each number is right by
    /// itself. Allocates nothing.
    public var bus: BusView? {
        let state = liveWord(\.bus_state)
        if header.abi_minor < 2 || state == UInt64(PKS_BUS_NONE) { return nil }
        return BusView(
            state: BusView.State(state), ingestSeq: liveWord(\.bus_ingest_seq),
            ingestPending: liveWord(\.bus_ingest_pending), publishedSeq: liveWord(\.bus_published_seq),
            alarms: liveWord(\.bus_alarms))
    }
}
