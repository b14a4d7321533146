/// Times of one kind that a benchmark took: how they are distributed, and how they went over its run.
package struct LatencySeries: Sendable {
    /// What the times are of, for people: "response".
    package var name: String
    /// Ns, what reading the clock costs taken off.
    package var histogram = LatencyHistogram()
    /// What happened when, at most `momentsMax` pieces of the run.
    package private(set) var moments: [Moment] = []

    /// A piece of a run.
    package struct Moment: Equatable, Sendable {
        /// Since the run began.
        package var seconds: Double
        package var p50Ns: Double
        package var maxNs: Double
    }

    /// More moments are thinned to half.
    package static let momentsMax = 400
    /// How many blocks make a moment.
    private var blocksEach = 1
    private var waiting: [Moment] = []

    package init(_ name: String) { self.name = name }

    /// Adds a block of times, ns, taken together at `seconds` of the run.
    package mutating func add(_ timesNs: [Double], at seconds: Double) {
        guard !timesNs.isEmpty else { return }
        for time in timesNs { histogram.record(Int64(time.rounded())) }
        let block = Moment(
            seconds: seconds, p50Ns: Statistics.median(timesNs), maxNs: timesNs.max() ?? 0)
        waiting.append(block)
        guard waiting.count >= blocksEach else { return }
        moments.append(Self.together(waiting))
        waiting = []
        if moments.count >= Self.momentsMax {
            moments = stride(from: 0, to: moments.count - 1, by: 2).map {
                Self.together(Array(moments[$0...$0 + 1]))
            }
            blocksEach *= 2
        }
    }

    private static func together(_ pieces: [Moment]) -> Moment {
        Moment(
            seconds: pieces[0].seconds, p50Ns: Statistics.median(pieces.map(\.p50Ns)),
            maxNs: pieces.map(\.maxNs).max() ?? 0)
    }
}
