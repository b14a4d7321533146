import ShmBridge
import Synchronization

/// Where a book's bus is asked how it is. Any thread.
final class BusBoard: Sendable {
    /// A function in a box. A Mutex that holds a function itself wraps it twice more each time it is looked at, as
    /// anything generic does with a function that is read through `inout`: after some hundred thousand looks the call
    /// alone takes all of the stack.
    private struct Source: Sendable {
        let ask: @Sendable () -> BusStatus
    }

    private let source = Mutex<Source?>(nil)

    /// Who is to be asked; nil for nobody any more. Called often, by threads that must not wait long for it.
    func set(_ status: (@Sendable () -> BusStatus)?) {
        source.withLock { $0 = status.map { ask in Source(ask: ask) } }
    }

    /// How the bus is now; nil when the book has none.
    var current: BusStatus? { source.withLock { $0 }?.ask() }
}
