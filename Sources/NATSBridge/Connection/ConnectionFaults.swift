internal import CNATS
import Synchronization

/// What the library's threads report about one connection.
///
/// The library holds one reference to it, from before it connects until its closed callback, which is the last
/// that it calls: its callbacks may still run after the connection object was destroyed.
final class ConnectionFaults: Sendable {
    struct Faults: Sendable {
        var lastReason = ""
        var isClosed = false
        var permissionCount = 0
    }

    private let state = Mutex(Faults())

    func note(_ status: natsStatus, _ text: String) {
        state.withLock { faults in
            faults.lastReason = NATSText.harmless(text)
            if status == NATS_NOT_PERMITTED { faults.permissionCount += 1 }
        }
    }

    func noteClosed() { state.withLock { $0.isClosed = true } }

    var current: Faults { state.withLock { $0 } }

    /// Gives the library its reference.
    // SAFETY: whoever lends takes back once: in the closed callback, or when no connection came of it.
    func lend() -> UnsafeMutableRawPointer { unsafe Unmanaged.passRetained(self).toOpaque() }

    /// Takes the reference back that was lent.
    static func takeBack(_ context: UnsafeMutableRawPointer) {
        // SAFETY: the pointer is one that `lend` gave, and is taken back once.
        unsafe Unmanaged<ConnectionFaults>.fromOpaque(context).release()
    }
}

/// The library's thread reports an error: a permission, a slow consumer, a stale connection.
func noteConnectionError(
    _ connection: OpaquePointer?, _ subscription: OpaquePointer?, _ status: natsStatus,
    _ context: UnsafeMutableRawPointer?
) {
    // SAFETY: the library has a reference until the closed callback. It keeps the text of the last error in the
    // connection, which is whole while its callback runs.
    guard let context = unsafe context else { return }
    let faults = unsafe Unmanaged<ConnectionFaults>.fromOpaque(context).takeUnretainedValue()
    var words: UnsafePointer<CChar>?
    if unsafe connection != nil { _ = unsafe natsConnection_GetLastError(connection, &words) }
    let text = unsafe words.map { unsafe String(cString: $0) } ?? ""
    faults.note(status, text.isEmpty ? unsafe String(cString: natsStatus_GetText(status)) : text)
}

/// The library's thread has done its last for a connection.
func noteConnectionClosed(_ connection: OpaquePointer?, _ context: UnsafeMutableRawPointer?) {
    // SAFETY: as above; the reference is given back here and nowhere else once the connection was made.
    guard let context = unsafe context else { return }
    unsafe Unmanaged<ConnectionFaults>.fromOpaque(context).takeUnretainedValue().noteClosed()
    unsafe ConnectionFaults.takeBack(context)
}
