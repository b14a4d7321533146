import PositionText
import ShmReader

/// The rings that feed one book, looked at from outside. A ring that this user may not open is left out.
final class RingFollower {
    /// One ring; a class, because arrays cannot hold what owns a mapping.
    private final class Ring {
        let view: RingView
        init(_ view: consuming RingView) { self.view = view }
    }

    private let book: String
    private let directory: String
    private var rings: [String: Ring] = [:]

    init(book: String, directory: String) {
        self.book = book
        self.directory = directory
    }

    /// Looks which rings there are. Reads a directory: not at every look.
    func discover() {
        guard let names = try? RingView.producers(book: book, directory: directory) else {
            rings = [:]
            return
        }
        rings = rings.filter { names.contains($0.key) }
        for name in names where rings[name] == nil {
            if let view = try? RingView(book: book, producer: name, directory: directory) {
                rings[name] = Ring(view)
            }
        }
    }

    /// How the rings are; nil when none could be opened.
    func status() -> BookHealth.Rings? {
        if rings.isEmpty { return nil }
        var all = BookHealth.Rings()
        for ring in rings.values {
            let status = ring.view.status()
            all.count += 1
            all.quarantined += status.quarantineReason == nil ? 0 : 1
            all.lag += min(status.lag, UInt64(ring.view.capacity))
        }
        return all
    }
}
