import CSeqlock
import Glibc

/// Waiting. No verdict depends on how long anything took; limits only end what hangs.
enum Pace {
    /// What hangs longer than this has failed.
    static let hangNs: Int64 = 60_000_000_000

    /// Does nothing for so many milliseconds.
    static func rest(ms: Int32) { _ = poll(nil, 0, ms) }

    /// Waits until it is so, looking every millisecond; false when it took too long.
    static func until(withinNs ns: Int64 = hangNs, _ isSo: () throws -> Bool) rethrows -> Bool {
        let endNs = pks_monotonic_ns() + ns
        while try !isSo() {
            if pks_monotonic_ns() > endNs { return false }
            rest(ms: 1)
        }
        return true
    }
}
