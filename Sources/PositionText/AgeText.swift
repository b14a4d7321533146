/// A length of time for people: 850us, 12ms, 3.2s, 4m, 5h, 6d.
package func ageText(_ ns: Int64) -> String {
    let seconds = Double(ns) / 1e9
    switch ns {
    case ..<0: return "0ms"
    case ..<1_000_000: return "\(ns / 1000)us"
    case ..<1_000_000_000: return "\(ns / 1_000_000)ms"
    case ..<60_000_000_000: return "\((seconds * 10).rounded() / 10)s"
    case ..<3_600_000_000_000: return "\(ns / 60_000_000_000)m"
    case ..<86_400_000_000_000: return "\(ns / 3_600_000_000_000)h"
    default: return "\(ns / 86_400_000_000_000)d"
    }
}
