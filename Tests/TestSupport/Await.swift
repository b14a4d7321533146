import CSeqlock
import Glibc

/// Looks again and again until something holds; false when it did not come. What is awaited comes by itself, or never:
/// the bound is there so that a defect fails a test instead of hanging it, and is far beyond what a busy machine needs.
public func eventually(_ holds: () throws -> Bool) rethrows -> Bool {
    let endNs = pks_monotonic_ns() + 120_000_000_000
    while try !holds() {
        if pks_monotonic_ns() > endNs { return false }
        _ = poll(nil, 0, 1)
    }
    return true
}
