import Foundation

/// What a run prints: a table for people, or JSON for programs.
struct Report {
    var goals: [Goal]
    var machine: Machine

    func table() -> String {
        var lines = [
            machine.line, "",
            "goal        measured  bound   pass   samples  what",
        ]
        for goal in goals {
            let pass = goal.passes ? "yes" : "NO"
            lines.append(
                pad(goal.id, 12) + pad(number(goal.value), 10) + pad("<= " + number(goal.goal), 8)
                    + pad(pass, 7) + pad(String(goal.samples), 9) + goal.title
                    + (goal.isNoisy ? "  [noisy machine]" : ""))
            let detail = goal.detail.map { "\($0.name) \(number($0.value))" }.joined(separator: ", ")
            lines.append("            " + detail)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    func json() throws -> String {
        let goals: [[String: Any]] = self.goals.map { goal in
            var detail: [String: Any] = ["title": goal.title]
            for (name, value) in goal.detail { detail[name] = value }
            return [
                "id": goal.id, "value": goal.value, "goal": goal.goal, "pass": goal.passes,
                "noisy": goal.isNoisy, "samples": goal.samples, "detail": detail,
            ]
        }
        let top: [String: Any] = ["version": 1, "machine": machine.fields, "goals": goals]
        let data = try JSONSerialization.data(withJSONObject: top, options: [.prettyPrinted, .sortedKeys])
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    private func number(_ value: Double) -> String {
        let text = value >= 1000 ? String(format: "%.0f", value) : String(format: "%.3f", value)
        return text
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text.padding(toLength: max(width, text.count + 1), withPad: " ", startingAt: 0)
    }
}

/// What the figures were measured on.
struct Machine {
    var fields: [String: String]

    init() {
        func first(_ path: String) -> String? {
            (try? String(contentsOfFile: path, encoding: .utf8))?
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let cpu = first("/proc/cpuinfo")?.split(separator: "\n").first { $0.hasPrefix("model name") }
        fields = [
            "cpu": cpu?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown",
            "cores": String(ProcessInfo.processInfo.processorCount),
            "kernel": first("/proc/sys/kernel/osrelease") ?? "unknown",
            "governor": first("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") ?? "not stated",
            "clocksource": first("/sys/devices/system/clocksource/clocksource0/current_clocksource")
                ?? "not stated",
            "huge_pages": first("/sys/kernel/mm/transparent_hugepage/enabled") ?? "not stated",
            "swift": Self.compiler,
            "commit": ProcessInfo.processInfo.environment["PKS_COMMIT"] ?? "not stated",
        ]
    }

    var line: String {
        "\(fields["cpu"] ?? ""), \(fields["cores"] ?? "") cores, kernel \(fields["kernel"] ?? ""), "
            + "clock \(fields["clocksource"] ?? ""), Swift \(fields["swift"] ?? ""), "
            + "commit \(fields["commit"] ?? "")"
    }

    private static var compiler: String {
        #if compiler(>=6.4)
            return ">= 6.4"
        #elseif compiler(>=6.3)
            return "6.3"
        #else
            return "< 6.3"
        #endif
    }
}
