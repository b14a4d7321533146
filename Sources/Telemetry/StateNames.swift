import CSeqlock
package import ShmReader

/// The states of a writer and of a ring, as metrics and JSON name them. The names never change.
package enum StateNames {
    /// Every state of a book's writer.
    package static let book = ["starting", "live", "degraded", "stale", "stopped", "retired"]
    /// Every state of a ring.
    package static let ring = ["open", "closed", "quarantined"]
    /// Every reason of a degraded book, by its bit.
    package static let degraded: [(bit: UInt64, name: String)] = [
        (UInt64(PKS_DEGRADED_SLOTS_FULL), "slots_full"), (UInt64(PKS_DEGRADED_LOTS_FULL), "lots_full"),
        (UInt64(PKS_DEGRADED_IDENTITIES_FULL), "identities_full"),
        (UInt64(PKS_DEGRADED_JOURNAL), "journal"), (UInt64(PKS_DEGRADED_PRODUCER), "producer"),
        (UInt64(PKS_DEGRADED_HISTORY), "history"),
    ]

    /// The names of the reasons of a degraded writer; empty for another.
    package static func degradedReasons(of status: WriterStatus) -> [String] {
        guard case .degraded(let reasons) = status else { return [] }
        var names = degraded.filter { reasons & $0.bit != 0 }.map(\.name)
        let rest = reasons & ~degraded.reduce(0) { $0 | $1.bit }
        if rest != 0 { names.append("0x" + String(rest, radix: 16)) }
        return names
    }

    /// The state of a ring.
    package static func name(of ring: RingStatus) -> String {
        if ring.quarantineReason != nil { return "quarantined" }
        return ring.isClosed ? "closed" : "open"
    }

    /// Why a ring is read no more.
    package static func quarantineReason(_ reason: UInt64) -> String {
        switch reason {
        case UInt64(PKS_QUARANTINE_CURSORS): "cursors"
        case UInt64(PKS_QUARANTINE_RECORDS): "records"
        default: "reason \(reason)"
        }
    }
}
