import BusMessages
import NATSBridge

/// What `pks tail` can print, by the words of `--subject`.
enum TailSubject: String, CaseIterable {
    case updated
    case lot
    case match
    case pnl
    case event
    case rejected
    case booked
    case lifecycle
    case dlq

    /// What a book publishes.
    static let published: [TailSubject] = [.updated, .lot, .match, .pnl, .event]

    /// The subject's template.
    func template(_ names: BusNames) -> String {
        switch self {
        case .updated: names.position
        case .lot: names.lot
        case .match: names.match
        case .pnl: names.pnl
        case .event: names.event
        case .rejected: names.rejected
        case .booked: names.booked
        case .lifecycle: names.lifecycle
        case .dlq: names.deadLetter
        }
    }

    /// The stream that keeps it.
    func stream(_ names: BusNames) -> String {
        switch self {
        case .updated, .lot, .match, .pnl, .event: names.positionStream
        case .rejected, .dlq: names.rejectStream
        case .booked, .lifecycle: names.bookingStream
        }
    }

    /// What its messages are; nil for those that could not be read.
    var kind: MessageKind? {
        switch self {
        case .updated: .positionUpdated
        case .lot: .lotChanged
        case .match: .tradeMatched
        case .pnl: .realizedPnlUpdated
        case .event: .positionEvent
        case .rejected: .tradeRejected
        case .booked: .tradeBooked
        case .lifecycle: .lifecycleEventApplied
        case .dlq: nil
        }
    }
}
