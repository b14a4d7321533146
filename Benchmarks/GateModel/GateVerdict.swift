import Foundation

/// What became of one gate.
package struct GateVerdict: Sendable, Equatable {
    package enum Outcome: Equatable, Sendable {
        /// Within the tolerance.
        case holds
        /// More instructions than the baseline allows.
        case regressed
        /// So many fewer that the baseline no longer guards anything.
        case improved
        /// Counted now, and not in the baseline.
        case unknown
        /// In the baseline, and not counted now.
        case missing
    }

    package var gate: String
    package var outcome: Outcome
    /// Instructions an operation now; nil when it was not counted.
    package var now: Double?
    /// The same of the baseline; nil when it has none.
    package var before: Double?

    /// An improvement asks for a new baseline; everything else but `holds` fails.
    package var isFailure: Bool { outcome != .holds && outcome != .improved }

    /// How much more, in percent of the baseline.
    package var changePercent: Double? {
        guard let now, let before, before > 0 else { return nil }
        return (now - before) / before * 100
    }

    /// Compares counts with a baseline's, in the order of names.
    package static func all(
        _ counts: [String: Double], against baseline: [String: Double], tolerance: Double
    ) -> [GateVerdict] {
        Set(counts.keys).union(baseline.keys).sorted().map { gate in
            let (now, before) = (counts[gate], baseline[gate])
            var verdict = GateVerdict(gate: gate, outcome: .holds, now: now, before: before)
            if let now, let before {
                if now > before * (1 + tolerance) { verdict.outcome = .regressed }
                if now < before * (1 - tolerance) { verdict.outcome = .improved }
            } else {
                verdict.outcome = now == nil ? .missing : .unknown
            }
            return verdict
        }
    }

    /// One line for people.
    package var line: String {
        let word =
            switch outcome {
            case .holds: ""
            case .regressed: "  REGRESSED"
            case .improved: "  better: take it with ./run bench gates --update"
            case .unknown: "  NOT IN THE BASELINE: take it with ./run bench gates --update"
            case .missing: "  NOT COUNTED: its gate is gone; if that is meant, ./run bench gates --update"
            }
        return numbers + word
    }

    /// The same without the outcome, for when there is nothing to compare with.
    package var numbers: String {
        let name = gate.padding(toLength: max(28, gate.count), withPad: " ", startingAt: 0)
        let change = changePercent.map { String(format: "%+8.2f %%", $0) } ?? "         -"
        return "\(name)\(Self.column(now)) \(Self.column(before))\(change)"
    }

    /// The head of the columns of `line`.
    package static let head =
        "instructions an operation".padding(toLength: 28, withPad: " ", startingAt: 0)
        + "        now   baseline     change"

    private static func column(_ count: Double?) -> String {
        count.map { String(format: "%11.2f", $0) } ?? "          -"
    }

    /// As a goal of the suite's JSON: the value is the count, and the goal what the baseline allows at most. Null is
    /// what there is not.
    package func goal(tolerance: Double, operations: Int) -> [String: Any] {
        let bound = before.map { $0 * (1 + tolerance) }
        return [
            "id": "instructions.\(gate)", "value": now ?? NSNull(), "goal": bound ?? NSNull(),
            "pass": !isFailure, "noisy": false, "samples": operations,
            "detail": [
                "baseline": before ?? NSNull(), "change_percent": changePercent ?? NSNull(),
                "outcome": "\(outcome)", "exact": true, "repetitions": [],
                "title": "instructions an operation", "direction": "at_most",
            ] as [String: Any],
        ]
    }
}
