package import ShmReader

extension BusView.State {
    /// One word that never changes.
    package var word: String {
        switch self {
        case .starting: "starting"
        case .live: "live"
        case .connecting: "connecting"
        case .waiting: "waiting"
        case .failed: "failed"
        case .stopped: "stopped"
        case .unknown(let number): "state-\(number)"
        }
    }
}

extension BusView {
    /// Durable records whose messages are not all known to be on the bus.
    package func lagRecords(durableSeq: UInt64) -> UInt64 {
        durableSeq > publishedSeq ? durableSeq - publishedSeq : 0
    }

    /// What is wrong, in words; nil when all is well.
    package func trouble(durableSeq: UInt64) -> String? {
        let lag = lagRecords(durableSeq: durableSeq)
        let waiting = lag > 0 ? ", \(lag) records wait to be published" : ""
        switch state {
        case .live, .stopped: return nil
        case .starting: return "the bus is starting" + waiting
        case .connecting: return "no connection to the bus" + waiting
        case .waiting: return "the bus does not take part (pks stats says why)" + waiting
        case .failed: return "publishing to the bus has failed (pks stats says why)" + waiting
        case .unknown: return "the bus is in a state that this version does not know" + waiting
        }
    }
}
