import Glibc

/// The pace of the load: how long a producer, a poller or the soak itself does nothing between two rounds. No result
/// depends on it.
enum Pace {
    /// Does nothing for so many milliseconds.
    static func rest(ms: Int32) { _ = poll(nil, 0, ms) }
}
