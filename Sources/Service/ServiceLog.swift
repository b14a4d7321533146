import CSeqlock
import Synchronization

/// The daemon's lines, one an event. Of each kind a few in ten seconds are told; the rest are counted and
/// told with the next one. Any thread but a writer's.
final class ServiceLog: Sendable {
    /// What a line is about; each kind has its own allowance.
    enum Kind: Hashable, Sendable {
        case life, attached, detached, refused, quarantined, degraded, trouble
    }

    private struct Allowance {
        var beginNs: Int64 = 0
        var told = 0
        var withheld = 0
    }

    static let linesMax = 20
    static let periodNs: Int64 = 10_000_000_000

    private let sink: @Sendable (String) -> Void
    private let allowances = Mutex<[Kind: Allowance]>([:])

    init(_ sink: @escaping @Sendable (String) -> Void) { self.sink = sink }

    /// Tells one line, without a newline.
    func note(_ kind: Kind, _ line: String, nowNs: Int64 = pks_monotonic_ns()) {
        let withheld = allowances.withLock { allowances -> Int? in
            var allowance = allowances[kind, default: Allowance(beginNs: nowNs)]
            defer { allowances[kind] = allowance }
            if nowNs - allowance.beginNs >= Self.periodNs {
                let withheld = allowance.withheld
                allowance = Allowance(beginNs: nowNs, told: 1)
                return withheld
            }
            guard allowance.told < Self.linesMax else {
                allowance.withheld += 1
                return nil
            }
            allowance.told += 1
            return 0
        }
        guard let withheld else { return }
        sink(withheld == 0 ? line : "\(line) (and \(withheld) such lines before it that were left out)")
    }
}
