import ShmReader

/// Looks at shared memory and tells a model what is new: which books there are, and what has changed in them. One
/// thread. Never writes anything there.
package final class MonitorSource {
    /// What there is of a book.
    private enum Place {
        case waiting
        case unreadable(String)
        case attached(BookFollower)
    }

    private let options: MonitorOptions
    private var places: [(book: String, place: Place)] = []
    private var latency = ReadLatency()
    private var retries: UInt64 = 0
    private var discoveredNs: Int64?
    private var goneSinceNs: [String: Int64] = [:]
    /// Changes a second, as last seen, over all books.
    private var changesPerSecond = 0.0
    private var counted: (ns: Int64, changes: UInt64)?

    /// How often names in /dev/shm are looked at.
    private static let discoverEveryNs: Int64 = 250_000_000
    /// How long a book without a name stays on the screen, when all books are shown.
    private static let goneForNs: Int64 = 30_000_000_000

    /// Looks at nothing yet.
    package init(_ options: MonitorOptions) {
        self.options = options
        for book in options.books ?? [] { places.append((book, .waiting)) }
    }

    /// Takes what is in the change rings, so that they do not lap. Costs in proportion to it.
    package func drain() {
        for case (_, .attached(let follower)) in places { follower.drain() }
    }

    /// How often `drain` should be called, so that a ring is never more than a third full, within 4 ms and the
    /// interval of the screen.
    package var drainIntervalNs: Int64 {
        var shortest = options.intervalNs
        for case (_, .attached(let follower)) in places where changesPerSecond > 0 {
            let third = Double(follower.changeCapacity) / 3 / changesPerSecond
            shortest = min(shortest, Int64(clamping: Int(min(third, 60) * 1e9)))
        }
        return max(4_000_000, shortest)
    }

    /// Looks at everything once, and tells the model unless it stands still.
    package func look(_ model: inout MonitorModel, nowNs: Int64, realtimeNs: Int64) {
        if nowNs - (discoveredNs ?? .min / 2) >= Self.discoverEveryNs { discover(nowNs) }
        if model.isPaused {
            drain()
            model.pendingChanges = places.reduce(0) { sum, entry in
                if case .attached(let follower) = entry.place { return sum + follower.dueCount }
                return sum
            }
            return
        }
        model.pendingChanges = 0
        model.begin(nowNs: nowNs, realtimeNs: realtimeNs)
        for (book, place) in places {
            switch place {
            case .waiting: model.apply(BookUpdate(book: book, health: BookHealth(condition: .waiting)))
            case .unreadable(let why):
                model.apply(BookUpdate(book: book, health: BookHealth(condition: .unreadable(why))))
            case .attached(let follower):
                model.apply(follower.look(nowNs: nowNs, latency: &latency, retries: &retries))
            }
        }
        dropGone(&model, nowNs)
        model.finish()
        model.ownFigures = figures(model.ownFigures)
        measureRate(nowNs)
    }

    private func discover(_ nowNs: Int64) {
        discoveredNs = nowNs
        if options.books == nil, let names = try? SegmentLister.books(directory: options.directory) {
            for name in names where !places.contains(where: { $0.book == name }) {
                places.append((name, .waiting))
            }
            places.sort { $0.book.utf8.lexicographicallyPrecedes($1.book.utf8) }
            // What could never be attached goes with its file.
            goneSinceNs = goneSinceNs.filter { !names.contains($0.key) }
            for (book, place) in places where !names.contains(book) && goneSinceNs[book] == nil {
                if case .attached(let follower) = place, !follower.hasGone { continue }
                goneSinceNs[book] = nowNs
            }
        }
        for index in places.indices {
            switch places[index].place {
            case .attached(let follower): follower.discoverRings()
            case .waiting, .unreadable: places[index].place = attach(places[index].book)
            }
        }
    }

    private func attach(_ book: String) -> Place {
        do throws(AttachError) {
            return .attached(try BookFollower(book: book, directory: options.directory))
        } catch {
            if case .notFound = error { return .waiting }
            return .unreadable(error.description)
        }
    }

    /// Books whose segment went and did not come back; only those that nobody asked for by name.
    private func dropGone(_ model: inout MonitorModel, _ nowNs: Int64) {
        if options.books != nil { return }
        for (book, sinceNs) in goneSinceNs {
            guard let index = places.firstIndex(where: { $0.book == book }) else {
                goneSinceNs[book] = nil
                continue
            }
            if case .attached(let follower) = places[index].place {
                if !follower.hasGone { continue }
                if nowNs - sinceNs < Self.goneForNs { continue }
            }
            places.remove(at: index)
            goneSinceNs[book] = nil
            model.forget(book: book)
        }
    }

    private func figures(_ before: OwnFigures) -> OwnFigures {
        var figures = before
        figures.readP50Ns = latency.percentile(0.5)
        figures.readP99Ns = latency.percentile(0.99) ?? 0
        figures.readMaxNs = latency.maxNs
        figures.retries = retries
        figures.changeLag = 0
        figures.laps = 0
        for case (_, .attached(let follower)) in places {
            figures.changeLag += follower.lag
            figures.laps += follower.laps
        }
        return figures
    }

    private func measureRate(_ nowNs: Int64) {
        var changes: UInt64 = 0
        for case (_, .attached(let follower)) in places { changes &+= follower.changeCount }
        if let counted, nowNs > counted.ns, changes >= counted.changes {
            let rate = Double(changes - counted.changes) * 1e9 / Double(nowNs - counted.ns)
            // Quick to rise, slow to fall: a burst is often followed by another.
            changesPerSecond = max(rate, changesPerSecond * 0.9)
        }
        counted = (nowNs, changes)
    }
}
