package import Service

/// The daemon's figures as OpenMetrics text, version 1.0.0 (the specification is at
/// https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md).
package enum OpenMetricsText {
    /// What a response with it says of itself.
    package static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    /// All metrics, ended by `# EOF`. A pure function. Allocates.
    package static func render(_ stats: ServiceStats, version: String) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(16 * 1024)
        for family in MetricCatalog.families(version: version) { append(family, stats, to: &text) }
        text.append(contentsOf: "# EOF\n".utf8)
        return text
    }

    private static func append(_ family: MetricFamily, _ stats: ServiceStats, to text: inout [UInt8]) {
        text.append(contentsOf: "# TYPE \(family.name) \(family.type.rawValue)\n".utf8)
        if let unit = family.unit { text.append(contentsOf: "# UNIT \(family.name) \(unit)\n".utf8) }
        text.append(contentsOf: "# HELP \(family.name) \(escaped(family.help))\n".utf8)
        switch family.source {
        case .service(let samples):
            for sample in samples(stats) { append(sample, family, [], to: &text) }
        case .book(let samples):
            for book in stats.books {
                for sample in samples(book) { append(sample, family, [("book", book.book)], to: &text) }
            }
        case .ring(let samples):
            for book in stats.books {
                for ring in book.rings {
                    let labels = [("book", book.book), ("producer", ring.producer)]
                    for sample in samples(ring) { append(sample, family, labels, to: &text) }
                }
            }
        }
    }

    private static func append(
        _ sample: MetricSample, _ family: MetricFamily, _ labels: [(String, String)], to text: inout [UInt8]
    ) {
        text.append(contentsOf: family.sampleName.utf8)
        let all = labels + sample.labels.map { ($0.name, $0.value) }
        if !all.isEmpty {
            let pairs = all.map { "\($0.0)=\"\(escaped($0.1))\"" }
            text.append(contentsOf: "{\(pairs.joined(separator: ","))}".utf8)
        }
        text.append(contentsOf: " \(sample.value)\n".utf8)
    }

    /// As label values and help need it.
    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x5c || $0 == 0x22 || $0 == 0x0a }) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
