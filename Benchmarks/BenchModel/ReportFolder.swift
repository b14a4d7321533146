import Foundation

/// A report as a folder: index.html with everything in it, for people; the plots by themselves as SVG and PNG; what
/// they were made of; and the figures as JSON.
package struct ReportFolder {
    private let report: BenchReport
    private let path: String
    private let gnuplot: String

    /// A report in this folder, which exists. `gnuplot` is looked for on the PATH; another name is for tests.
    package init(_ report: BenchReport, path: String, gnuplot: String = "gnuplot") {
        (self.report, self.path, self.gnuplot) = (report, path, gnuplot)
    }

    /// Writes it anew. Throws `cannotWrite`. Plots that cannot be made are missing, and the page says why.
    package func write() throws(BenchModelError) {
        let plots = Plot.all(report.goals)
        for folder in ["data", "plots"] {
            do {
                try FileManager.default.createDirectory(
                    atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
            } catch {
                throw .cannotWrite(file: "\(path)/\(folder)", why: error.localizedDescription)
            }
        }
        for plot in plots {
            for (file, text) in plot.data { try write(text, "data/\(file)") }
            try write(plot.script, "data/\(plot.name).gp")
        }
        var drawn: [String: String] = [:]
        var trouble: String?
        for plot in plots where trouble == nil {
            trouble = draw(plot)
            if trouble == nil { drawn[plot.name] = image(plot) }
        }
        do { try write(report.json(), "figures.json") } catch let error as BenchModelError {
            throw error
        } catch {
            throw .cannotWrite(file: "\(path)/figures.json", why: "\(error)")
        }
        try write(ReportPage(report: report, plots: plots, drawn: drawn, trouble: trouble).text, "index.html")
    }

    private func write(_ text: String, _ file: String) throws(BenchModelError) {
        let place = "\(path)/\(file)"
        do { try Data(text.utf8).write(to: URL(fileURLWithPath: place), options: .atomic) } catch {
            throw .cannotWrite(file: place, why: error.localizedDescription)
        }
    }

    /// Has a plot made. Why it could not be; nil when it was.
    private func draw(_ plot: Plot) -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [gnuplot, "data/\(plot.name).gp"]
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        process.standardInput = FileHandle.nullDevice
        let messages = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = messages
        do { try process.run() } catch {
            return "gnuplot could not be started: \(error.localizedDescription)"
        }
        let data = (try? messages.fileHandleForReading.readToEnd()) ?? Data()
        process.waitUntilExit()
        switch process.terminationStatus {
        case 0: return nil
        case 126, 127: return "gnuplot is not installed (apt-get install gnuplot-nox, and measure again)"
        default: return "gnuplot failed at \(plot.name): \(String(decoding: data.prefix(500), as: UTF8.self))"
        }
    }

    /// The drawing itself, without what stands before it in a file of its own.
    private func image(_ plot: Plot) -> String? {
        guard let data = FileManager.default.contents(atPath: "\(path)/plots/\(plot.name).svg") else {
            return nil
        }
        let text = String(decoding: data, as: UTF8.self)
        return text.range(of: "<svg").map { String(text[$0.lowerBound...]) }
    }
}
