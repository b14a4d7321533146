import BenchModel
import Foundation

/// The latency suite. Every benchmark measures its limit in the same run, interleaved, and reports a ratio.
@main
struct Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case DeadWriterBench.writerArgument:
            attempt { try DeadWriterBench.beWriter(book: arguments.dropFirst().first ?? "") }
        case FarSide.argument: attempt { try FarSide.serve(Array(arguments.dropFirst())) }
        default:
            do throws(BenchUsageError) {
                let options = try BenchOptions(arguments)
                if options.wantsHelp {
                    print(BenchOptions.usage, terminator: "")
                } else if let files = options.compared {
                    compare(files.before, files.after)
                } else {
                    measure(options)
                }
            } catch {
                fail("\(error)", status: 64)
            }
        }
    }

    private static func measure(_ options: BenchOptions) {
        let progress = Progress(isQuiet: options.isQuiet)
        let output = RunOutput(options)
        var failed = 0
        attempt {
            try output.begin()
            try output.finishOnSignals()
            for (number, bench) in options.benches.enumerated() {
                progress.say("\(bench.name) (\(number + 1) of \(options.benches.count))")
                do {
                    try output.add(try bench.run(options, progress))
                } catch let error as BenchModelError {
                    throw error
                } catch {
                    failed += 1
                    tell("\(bench.name) failed, the rest goes on: \(error)")
                }
            }
            let holds = try output.finish(isPartial: failed > 0)
            exit(failed > 0 ? 70 : holds ? 0 : 1)
        }
    }

    private static func compare(_ before: String, _ after: String) {
        attempt {
            let comparison = try ReportComparison(try stored(before), try stored(after))
            print(comparison.text, terminator: "")
            exit(comparison.isWorse ? 1 : 0)
        }
    }

    private static func stored(_ path: String) throws -> StoredReport {
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            throw BenchModelError.cannotRead(file: path, why: error.localizedDescription)
        }
        return try StoredReport(data, file: path)
    }

    private static func attempt(_ body: () throws -> Void) {
        do { try body() } catch let error as BenchModelError {
            fail("\(error)", status: error.exitStatus)
        } catch {
            fail("\(error)", status: 70)
        }
    }

    private static func tell(_ text: String) {
        FileHandle.standardError.write(Data("pks-bench: \(text)\n".utf8))
    }

    private static func fail(_ text: String, status: Int32) -> Never {
        tell(text)
        exit(status)
    }
}
