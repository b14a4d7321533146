package import Service
import ShmReader

/// What the server answers to a request: a pure function of the request and the figures.
package struct TelemetryAnswer: Equatable, Sendable {
    /// The HTTP status.
    package var status: UInt32
    package var contentType: String
    package var body: [UInt8]

    private static let text = "text/plain; charset=utf-8"

    /// The answer to a method and a path without its query. `stats` is called only for what needs it.
    package static func to(
        method: String, path: String, version: String, stats: () -> ServiceStats
    ) -> TelemetryAnswer {
        guard method == "GET" || method == "HEAD" else {
            return TelemetryAnswer(
                status: 405, contentType: text, body: Array("only GET and HEAD\n".utf8))
        }
        switch path {
        case "/metrics":
            return TelemetryAnswer(
                status: 200, contentType: OpenMetricsText.contentType,
                body: OpenMetricsText.render(stats(), version: version))
        case "/stats":
            return TelemetryAnswer(
                status: 200, contentType: StatsJSON.contentType,
                body: StatsJSON.render(stats(), version: version))
        case "/healthz": return health(stats())
        case "/":
            let index = """
                pks \(version)
                /metrics  figures as OpenMetrics text
                /stats    figures as JSON
                /healthz  200 while every book is live, else 503

                """
            return TelemetryAnswer(status: 200, contentType: text, body: Array(index.utf8))
        default:
            return TelemetryAnswer(
                status: 404, contentType: text, body: Array("no such page; / lists them\n".utf8))
        }
    }

    /// 200 while every book is live; a line for each book in any case.
    private static func health(_ stats: ServiceStats) -> TelemetryAnswer {
        let lines = stats.books.map { "\($0.book) \($0.status.name)\n" }
        let isLive = stats.books.allSatisfy { $0.status == .live }
        return TelemetryAnswer(
            status: isLive ? 200 : 503, contentType: text, body: Array(lines.joined().utf8))
    }
}
