package import Service

/// What a metric is, as OpenMetrics names the types.
package enum MetricType: String, Sendable {
    case counter
    case gauge
    case info
    case stateSet = "stateset"
}

/// One line of a metric: labels besides those of its scope, and the number as text.
package struct MetricSample: Sendable {
    package var labels: [(name: String, value: String)] = []
    package var value: String

    init(_ value: some BinaryInteger) { self.value = String(value) }
    init(isTrue: Bool) { value = isTrue ? "1" : "0" }
    init(seconds ns: Int64) { value = SecondsText.seconds(ns) }
    init(_ value: some BinaryInteger, _ label: String, _ labelValue: String) {
        self.value = String(value)
        labels = [(label, labelValue)]
    }
}

/// One metric: name, type, unit, and how it comes out of the daemon's figures.
package struct MetricFamily: Sendable {
    /// Whose figure it is, which gives the first labels: none, `book`, or `book` and `producer`.
    package enum Source: Sendable {
        case service(@Sendable (ServiceStats) -> [MetricSample])
        case book(@Sendable (BookStats) -> [MetricSample])
        case ring(@Sendable (RingStats) -> [MetricSample])
    }

    /// The name without `_total` or `_info`.
    package let name: String
    package let type: MetricType
    /// The last part of the name when the figure has a unit.
    package let unit: String?
    package let help: String
    package let source: Source

    init(
        _ name: String, _ type: MetricType, unit: String? = nil, _ help: String, _ source: Source
    ) {
        self.name = name
        self.type = type
        self.unit = unit
        self.help = help
        self.source = source
    }

    /// The name of its lines.
    package var sampleName: String {
        switch type {
        case .counter: name + "_total"
        case .info: name + "_info"
        case .gauge, .stateSet: name
        }
    }

    /// A line for each state, 1 for those that are.
    static func states(_ name: String, _ all: [String], _ current: [String]) -> [MetricSample] {
        all.map { state in
            var sample = MetricSample(isTrue: current.contains(state))
            sample.labels = [(name, state)]
            return sample
        }
    }
}
