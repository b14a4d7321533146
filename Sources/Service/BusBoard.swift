import ShmBridge
import Synchronization

/// Where a book's bus is asked how it is. Any thread.
final class BusBoard: Sendable {
    private let source = Mutex<(@Sendable () -> BusStatus)?>(nil)

    /// Who is to be asked; nil for nobody any more. Called often, by threads that must not wait long for it.
    func set(_ status: (@Sendable () -> BusStatus)?) { source.withLock { $0 = status } }

    /// How the bus is now; nil when the book has none.
    var current: BusStatus? { source.withLock { $0 }?() }
}
