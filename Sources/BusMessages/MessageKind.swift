import CBusMessages

/// The bus's messages, as bytes and as what they mean: fills from TradeBooked to records, a book's effects to the
/// messages that say them, and any of them to a line that a person or a program reads.
///
/// What stays out: the network. Subjects, streams, acknowledgements and threads are `NATSBridge`'s; this room can be
/// tested and fuzzed alone. Sources/NATSBridge/Protos has the messages, docs/bus-messages.md explains them.

/// The messages that travel on the bus. The raw value is the name in the proto.
public enum MessageKind: String, Sendable, CaseIterable {
    /// Fills in.
    case tradeBooked = "TradeBooked"
    /// A fill that was not applied.
    case tradeRejected = "TradeRejected"
    /// The position of a key now.
    case positionUpdated = "PositionUpdated"
    /// A lot was opened or closed.
    case lotChanged = "LotChanged"
    /// An opening and a closing fill met.
    case tradeMatched = "TradeMatched"
    /// The cumulative result of a key now.
    case realizedPnlUpdated = "RealizedPnlUpdated"
    /// How a fill moved a position.
    case positionEvent = "PositionEvent"
    /// A split, a symbol change and the like: in, and not applied yet.
    case lifecycleEventApplied = "LifecycleEventApplied"
}

extension MessageKind {
    /// What protobuf-c knows of the message: its fields by name, number and place.
    // SAFETY: descriptors are constants of the program.
    var descriptor: UnsafePointer<ProtobufCMessageDescriptor> {
        let kind =
            switch self {
            case .tradeBooked: PKS_BUS_TRADE_BOOKED
            case .tradeRejected: PKS_BUS_TRADE_REJECTED
            case .positionUpdated: PKS_BUS_POSITION_UPDATED
            case .lotChanged: PKS_BUS_LOT_CHANGED
            case .tradeMatched: PKS_BUS_TRADE_MATCHED
            case .realizedPnlUpdated: PKS_BUS_REALIZED_PNL_UPDATED
            case .positionEvent: PKS_BUS_POSITION_EVENT
            case .lifecycleEventApplied: PKS_BUS_LIFECYCLE_EVENT_APPLIED
            }
        return unsafe pks_bus_descriptor(kind)
    }
}
