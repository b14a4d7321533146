import Accumulator
import CSeqlock
import Glibc
import ShmReader
import TestSupport
import Testing

@testable import Service
@testable import Telemetry

/// The OpenMetrics text.
@Suite struct OpenMetricsTests {
    private static func text(_ stats: ServiceStats) -> String {
        String(decoding: OpenMetricsText.render(stats, version: "1.2.3"), as: UTF8.self)
    }

    private static func value(
        _ reader: OpenMetricsReader, _ name: String, _ labels: [String: String]
    ) -> String? {
        reader.families.flatMap(\.samples).first { $0.name == name && $0.labels == labels }?.value
    }

    @Test func `A strict reader takes it, and finds every figure where it belongs`() throws {
        let stats = Sample.service([
            Sample.book(), Sample.book("beta", status: .degraded(reasons: 16 | 32), hasJournal: true),
        ])
        let reader = try OpenMetricsReader(Self.text(stats))
        func value(_ name: String, _ labels: [String: String] = ["book": "alpha"]) -> String? {
            Self.value(reader, name, labels)
        }
        #expect(value("pks_fills_total") == "900")
        #expect(value("pks_duplicates_total") == "50")
        #expect(value("pks_conflicts_total") == "2")
        #expect(value("pks_rejects_total", ["book": "alpha", "reason": "zero_quantity"]) == "38")
        #expect(value("pks_rejects_total", ["book": "alpha", "reason": "overflow"]) == "0")
        #expect(value("pks_rejects_not_told_total") == "4")
        #expect(value("pks_late_total") == "3")
        #expect(value("pks_matches_total") == "400")
        #expect(value("pks_open_lots") == "77")
        #expect(value("pks_positions") == "12")
        #expect(value("pks_positions_capacity") == "16384")
        #expect(value("pks_applied_seq") == "990")
        #expect(value("pks_heartbeat_age_seconds") == "0.050000001")
        #expect(value("pks_state", ["book": "alpha", "pks_state": "live"]) == "1")
        #expect(value("pks_state", ["book": "beta", "pks_state": "live"]) == "0")
        #expect(value("pks_state", ["book": "beta", "pks_state": "degraded"]) == "1")
        #expect(value("pks_degraded", ["book": "beta", "pks_degraded": "producer"]) == "1")
        #expect(value("pks_degraded", ["book": "beta", "pks_degraded": "history"]) == "1")
        #expect(value("pks_degraded", ["book": "beta", "pks_degraded": "slots_full"]) == "0")
        #expect(value("pks_degraded", ["book": "alpha", "pks_degraded": "history"]) == "0")
        // Without a journal nothing lags behind it.
        #expect(value("pks_durable_lag_records") == nil)
        #expect(value("pks_durable_lag_records", ["book": "beta"]) == "90")
        #expect(value("pks_journal_commits_total") == nil)
        #expect(value("pks_journal_commits_total", ["book": "beta"]) == "31")
        #expect(value("pks_journal_waits", ["book": "beta"]) == "1")
        #expect(value("pks_bus_alarms_total") == nil)
        #expect(value("pks_bus_alarms_total", ["book": "beta"]) == "3")
        #expect(
            value("pks_bus_ingest_state", ["book": "beta", "pks_bus_ingest_state": "live"]) == "1")
        #expect(
            value("pks_bus_publisher_state", ["book": "beta", "pks_bus_publisher_state": "waiting"]) == "1")
        #expect(
            value("pks_bus_ingest_alarms_total", ["book": "beta", "kind": "stream_truncated"]) == "2")
        #expect(value("pks_bus_ingest_redelivered_total", ["book": "beta"]) == "21")
        #expect(value("pks_bus_ingest_pending_messages", ["book": "beta"]) == "17")
        #expect(value("pks_bus_publish_lag_records", ["book": "beta"]) == "200")
        #expect(value("pks_bus_publish_conflated_total", ["book": "beta"]) == "32")
        #expect(value("pks_journal_bytes", ["book": "beta"]) == "3145728")
        #expect(value("pks_journal_free_bytes", ["book": "beta"]) == "7516192768")
        #expect(value("pks_journal_files_removed_total", ["book": "beta"]) == "5")
        #expect(value("pks_journal_files_failed", ["book": "beta"]) == "0")
        #expect(value("pks_checkpoint_seq", ["book": "beta"]) == nil)
        #expect(value("pks_journal") == "0")
        #expect(value("pks_rings") == "1")
        #expect(value("pks_rings_refused") == "1")
        let ring = ["book": "alpha", "producer": "gateway"]
        #expect(value("pks_ring_lag_records", ring) == "10")
        #expect(value("pks_ring_lag_seconds", ring) == "0.00125")
        #expect(value("pks_ring_retained_records", ring) == "900")
        #expect(value("pks_ring_published_records_total", ring) == "1000")
        #expect(value("pks_ring_state", ring.merging(["pks_ring_state": "open"]) { $1 }) == "1")
        #expect(value("pks_process_cpu_seconds_total", [:]) == "12.345678901")
        #expect(value("pks_start_time_seconds", [:]) == "1732153500")
        let build = reader.families.first { $0.name == "pks_build" }
        #expect(build?.samples.first?.labels["version"] == "1.2.3")
    }

    @Test func `Without books and rings it is whole, too`() throws {
        let reader = try OpenMetricsReader(Self.text(Sample.service([])))
        #expect(reader.families.count == MetricCatalog.families(version: "").count)
    }

    @Test func `Labels of any text are escaped so that they come back`() throws {
        for name in ["a\"b", "a\\", "a\nb", "\\n", "ü\u{1F600}", "", "{},= "] {
            let reader = try OpenMetricsReader(
                Self.text(Sample.service([Sample.book(rings: [Sample.ring(name)])])))
            #expect(
                Self.value(reader, "pks_ring_capacity_records", ["book": "alpha", "producer": name]) == "4096"
            )
        }
    }

    @Test func `Scribbled cursors give no impossible figure`() throws {
        let ring = Sample.ring(tail: 5, applied: UInt64.max, quarantine: 1)
        let reader = try OpenMetricsReader(Self.text(Sample.service([Sample.book(rings: [ring])])))
        let labels = ["book": "alpha", "producer": "gateway"]
        #expect(Self.value(reader, "pks_ring_lag_records", labels) == "0")
        #expect(Self.value(reader, "pks_ring_retained_records", labels) == "0")
        #expect(Self.value(reader, "pks_rings_quarantined", ["book": "alpha"]) == "1")
    }

    @Test func `The reader refuses what is not OpenMetrics`() {
        let wrongs = [
            "", "# EOF", "a 1\n# EOF\n", "# TYPE a gauge\n# HELP a x\na 1\n",
            "# TYPE a gauge\n# HELP a x\na b\n# EOF\n",
            "# TYPE a counter\n# HELP a x\na 1\n# EOF\n",
            "# TYPE a gauge\n# UNIT a seconds\n# HELP a x\na 1\n# EOF\n",
            "# TYPE a gauge\n# HELP a x\na{b=\"\"\"} 1\n# EOF\n",
            "# TYPE a gauge\n# HELP a x\na 1\na 1\n# EOF\n",
            "# TYPE a stateset\n# HELP a x\na{b=\"c\"} 1\n# EOF\n",
            "# TYPE a gauge\n# HELP a x\na 1 5\n# EOF\n",
            "# TYPE a gauge\n# HELP a x\na 1\n\n# EOF\n",
        ]
        for wrong in wrongs { #expect(throws: OpenMetricsReader.Fault.self) { try OpenMetricsReader(wrong) } }
    }

    private static let hasPrometheusClient = run("import prometheus_client.openmetrics.parser") == 0

    /// Runs a line of Python; its exit status.
    private static func run(_ line: String, input: String = "/dev/null") -> Int32 {
        // SAFETY: the command lives for the call.
        unsafe system("python3 -c '\(line)' < \(input) > /dev/null 2>&1")
    }

    @Test(.enabled(if: hasPrometheusClient, "needs Python's prometheus_client"))
    func `The reader of Prometheus takes it as well`() throws {
        let directory = try TestDirectory()
        let file = directory.path + "/metrics"
        let bytes = OpenMetricsText.render(
            Sample.service([Sample.book(), Sample.book("beta", hasJournal: true)]), version: "1.2.3")
        // SAFETY: name and bytes live for the calls.
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT, 0o600)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        _ = close(descriptor)
        let parse =
            "import sys; from prometheus_client.openmetrics.parser import text_string_to_metric_families as p;"
        #expect(Self.run(parse + " assert len(list(p(sys.stdin.read()))) > 30", input: file) == 0)
    }

    @Test func `Every metric is documented, with its type, and no other`() throws {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        let text = try DocumentText.read(root + "/docs/metrics.md")
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `pks_") }.map { line in
            line.split(separator: "|").prefix(2).map { $0.filter { $0 != " " && $0 != "`" } }
        }
        let families = MetricCatalog.families(version: "")
        #expect(rows.map { $0[0].prefix { $0 != "{" } } == families.map { $0.sampleName[...] })
        #expect(rows.map { $0[1] } == families.map(\.type.rawValue))
    }
}

/// Files of the repository.
enum DocumentText {
    static func read(_ path: String) throws -> String {
        // SAFETY: the name and the array live for the calls.
        let descriptor = unsafe open(path, O_RDONLY)
        try #require(descriptor >= 0)
        defer { _ = close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
