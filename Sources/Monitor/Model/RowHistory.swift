import CSeqlock

/// What the monitor has seen of one position: its last changes in full, and how two of its numbers went over the
/// last minute. Bounded; allocates as it fills.
struct RowHistory: Sendable {
    /// The position after one look, if it had changed since the look before.
    struct Change: Sendable {
        /// When the monitor saw it, CLOCK_REALTIME ns.
        let seenRealtimeNs: Int64
        let position: pks_position
        /// The position at the look before; nil at the first one.
        let before: pks_position?
    }

    /// A point of the curves.
    struct Point: Sendable, Equatable {
        /// Which half second since the monitor began.
        let bucket: Int
        let net: Double
        let pnl: Double
    }

    static let changesMax = 32
    static let bucketNs: Int64 = 500_000_000
    static let bucketsMax = 128

    /// The newest last.
    private(set) var changes: [Change] = []
    /// One a half second in which something changed, the newest last.
    private(set) var points: [Point] = []

    mutating func add(_ change: Change) {
        if changes.count == Self.changesMax { changes.removeFirst() }
        changes.append(change)
    }

    mutating func add(_ point: Point) {
        if points.last?.bucket == point.bucket { points.removeLast() }
        // The last point before the window stays, because its value reaches into it.
        let oldest = point.bucket - Self.bucketsMax
        if points.count > 1, points[1].bucket <= oldest { points.removeFirst() }
        points.append(point)
    }

    /// One of the numbers at each of `count` half seconds up to `bucket`; nil before the first that is known. A
    /// number stays until it changes.
    func curve(_ value: (Point) -> Double, upTo bucket: Int, count: Int) -> [Double?] {
        var values = [Double?](repeating: nil, count: max(0, count))
        var index = points.endIndex - 1
        for place in values.indices.reversed() {
            let wanted = bucket - (values.count - 1 - place)
            while index >= 0, points[index].bucket > wanted { index -= 1 }
            if index < 0 { break }
            values[place] = value(points[index])
        }
        return values
    }
}
