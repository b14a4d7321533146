import BenchModel
import Foundation
import Testing

@Suite struct ReportFolderTests {
    /// A folder that is gone with the test.
    private func inFolder(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "pks-bench-report-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private var report: BenchReport {
        var path = Goal(
            id: "P6", title: "a fill <seen> & \"read\"", repetitions: [4, 5, 6], goal: 3.5, isNoisy: true,
            detail: [("ns", 200)])
        var series = LatencySeries("path")
        for block in 0..<50 {
            series.add([190, 200, 210, block == 7 ? 90_000 : 240], at: Double(block) / 10)
        }
        path.series = [series]
        var keys = Goal(
            id: "P8.keys", title: "keys", repetitions: [0.1], goal: 0.3, isNoisy: false, detail: [])
        let points = [10.0, 100, 1000].map {
            ScalingCurve.Point(x: $0, repetitions: [50, 60, 70 + $0 / 100])
        }
        keys.curves = [
            ScalingCurve(name: "keys", title: "keys", xUnit: "keys", yUnit: "ns a fill", points: points)
        ]
        return BenchReport(machine: Machine(fields: ["cpu": "one <two>"]), goals: [path, keys])
    }

    private func page(_ path: String) throws -> String {
        try String(contentsOfFile: path + "/index.html", encoding: .utf8)
    }

    @Test func thePageHasEverythingInsideAndPlotsLieBesideIt() throws {
        try inFolder { path in
            try ReportFolder(report, path: path).write()
            let page = try page(path)
            #expect(page.components(separatedBy: "<svg").count == 4, "percentiles, over the run, scaling")
            for outside in ["<script", "src=", "<link", "@import", "<?xml"] {
                #expect(!page.contains(outside), "\(outside)")
            }
            #expect(
                page.contains("a fill &lt;seen&gt; &amp; &quot;read&quot;")
                    && page.contains("one &lt;two&gt;"))
            #expect(!page.contains("<seen>") && !page.contains("Plots are missing"))
            #expect(page.contains("Missed:") && page.contains("<b>P6</b>: 5.000, goal at most 3.500"))
            for plot in ["P6-percentiles", "P6-moments", "scaling-keys"] {
                let png = try #require(FileManager.default.contents(atPath: "\(path)/plots/\(plot).png"))
                #expect(png.starts(with: [0x89, 0x50, 0x4e, 0x47]) && png.count > 2000, "\(plot)")
                #expect(FileManager.default.fileExists(atPath: "\(path)/plots/\(plot).svg"))
            }
            let data = try Data(contentsOf: URL(fileURLWithPath: path + "/figures.json"))
            #expect(try StoredReport(data, file: "figures.json").parts.map(\.id) == ["P6", "P8"])
        }
    }

    @Test func withoutGnuplotThePageSaysSoAndHasTheRest() throws {
        try inFolder { path in
            try ReportFolder(report, path: path, gnuplot: "no-such-gnuplot").write()
            let page = try page(path)
            #expect(page.contains("Plots are missing:</b> gnuplot is not installed"))
            #expect(page.contains("P8.keys") && !page.contains("<svg"))
        }
    }

    @Test func aFolderThatCannotBeWrittenIsAnErrorWithItsName() {
        #expect(throws: BenchModelError.self) {
            try ReportFolder(report, path: "/proc/no-such-folder").write()
        }
    }
}
