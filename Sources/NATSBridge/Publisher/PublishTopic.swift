public import Accumulator

/// What a published message is about; each has a subject of its own.
public enum PublishTopic: Int, CaseIterable, Sendable {
    /// PositionUpdated: the only one of which older messages may be left out for newer ones.
    case position = 0
    case lot = 1
    case match = 2
    case pnl = 3
    case event = 4
    /// TradeRejected.
    case reject = 5

    /// What an effect is published as.
    public init(_ kind: Effect.Kind) {
        self =
            switch kind {
            case .lotUpsert, .lotDelete: .lot
            case .match: .match
            case .rollupUpsert, .rollupDelete: .position
            case .realizedPnl: .pnl
            case .position: .event
            case .reject: .reject
            }
    }

    /// Its subject, as a template.
    func template(_ names: BusNames) -> String {
        switch self {
        case .position: names.position
        case .lot: names.lot
        case .match: names.match
        case .pnl: names.pnl
        case .event: names.event
        case .reject: names.rejected
        }
    }
}
