import CSeqlock
import Glibc

/// Waits until something holds. What is awaited comes without being asked for, or never: the bound is there so that
/// a defect fails a test instead of hanging it, and is far beyond what a busy machine needs.
package func eventually(_ holds: () -> Bool) -> Bool {
    let end = pks_monotonic_ns() + 120_000_000_000
    while !holds() {
        if pks_monotonic_ns() > end { return false }
        _ = poll(nil, 0, 1)
    }
    return true
}
