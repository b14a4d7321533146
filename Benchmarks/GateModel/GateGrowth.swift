import Foundation

/// How the instructions of an operation grow with the size of something: not at all, or with its logarithm. Fitted over
/// the counts of gates that are called `scaling.NAME.SIZE`.
///
/// This is what holds "nothing superlinear": a count that noise cannot move shows a list that is walked where it
/// should be looked up, long before time does.
package struct GateGrowth: Sendable, Equatable {
    /// What is promised.
    package enum Law: String, Sendable {
        case constant
        case logarithmic
    }

    /// How far counts of what is constant may be from each other, as a part of the least.
    package static let constantTolerance = 0.05
    /// By how much more a count that is logarithmic may grow over its last stretch than over its first, for an equal
    /// factor of the size.
    package static let logarithmicFactorMax = 1.5

    package var name: String
    package var law: Law
    /// Sizes, and instructions an operation, from small to large.
    package var points: [(size: Double, count: Double)]

    package static func == (a: GateGrowth, b: GateGrowth) -> Bool { a.line == b.line }

    /// What is in the counts, in the order of names.
    package static func all(_ counts: [String: Double]) -> [GateGrowth] {
        var found: [String: [(size: Double, count: Double)]] = [:]
        for (gate, count) in counts {
            let parts = gate.split(separator: ".")
            guard parts.count == 3, parts[0] == "scaling", let size = Double(parts[2]) else { continue }
            found[String(parts[1]), default: []].append((size, count))
        }
        return found.keys.sorted().map { name in
            let law: Law = name == "hifo" || name == "lofo" ? .logarithmic : .constant
            return GateGrowth(name: name, law: law, points: (found[name] ?? []).sorted { $0.size < $1.size })
        }
    }

    /// Instructions more for each factor of ten of the size, between two points.
    private func slope(_ from: Int, _ to: Int) -> Double {
        (points[to].count - points[from].count) / log10(points[to].size / points[from].size)
    }

    /// Whether it grows as promised. Fewer than three sizes show nothing, and do not hold.
    package var holds: Bool {
        guard points.count >= 3 else { return false }
        let counts = points.map(\.count)
        guard let least = counts.min(), let most = counts.max() else { return false }
        switch law {
        case .constant: return most <= least * (1 + Self.constantTolerance)
        case .logarithmic:
            let last = slope(points.count - 2, points.count - 1)
            return last <= Self.logarithmicFactorMax * max(slope(0, 1), 0)
        }
    }

    /// One line for people.
    package var line: String {
        let figures = points.map { String(format: "%.0f at %.0f", $0.count, $0.size) }.joined(separator: ", ")
        let promised = "\(law.rawValue): \(name): \(figures)"
        if holds { return promised }
        return promised + (points.count < 3 ? "  TOO FEW SIZES" : "  GROWS FASTER THAN THAT")
    }
}
