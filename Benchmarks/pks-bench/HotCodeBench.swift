import BenchModel
import Foundation

/// P14: what must not be in the machine code of the hot loop, looked for in the program that is shipped by the same
/// script as `./run check hot-path`.
struct HotCodeBench {
    func run() throws -> [Goal] {
        let (script, rules) = ("scripts/check-hot-path.sh", "scripts/hot-symbols.txt")
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let binary = URL(fileURLWithPath: program).deletingLastPathComponent().appending(path: "pks").path
        for file in [script, rules, binary] where !FileManager.default.isReadableFile(atPath: file) {
            throw BenchError(
                "P14: cannot read \(file) (use ./run bench, which builds it and starts in the right folder)")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: script)
        process.arguments = [binary, rules]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        let found = lines.count { $0.hasPrefix("hot path:") }
        let numbers = (lines.last ?? "").split(separator: " ").compactMap { Double($0) }
        guard process.terminationStatus == 0 || found > 0 else {
            throw BenchError("P14: \(lines.last ?? "the script says nothing")")
        }
        var detail: [(name: String, value: Double)] = []
        if found == 0, numbers.count == 3 {
            detail = [("hot_symbols", numbers[0]), ("functions", numbers[1]), ("instructions", numbers[2])]
        }
        return [
            Goal(
                id: "P14", title: "forbidden calls in the machine code of the hot loop", value: Double(found),
                repetitions: [Double(found)], goal: 0, samples: 1, isNoisy: false, detail: detail)
        ]
    }
}
