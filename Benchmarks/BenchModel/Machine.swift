import Foundation

/// What the figures were measured on. A figure without its machine says little.
package struct Machine: Sendable {
    /// By name; what this machine does not state is "not stated".
    package var fields: [String: String]

    package init(fields: [String: String]) { self.fields = fields }

    /// This machine, now. Reads files; nothing is changed. The wrapper script states `commit` and `compiler` in
    /// PKS_COMMIT and PKS_COMPILER, because a program does not know them.
    package static func here(scratch: String = NSTemporaryDirectory()) -> Machine {
        let cpu = "/sys/devices/system/cpu"
        let environment = ProcessInfo.processInfo.environment
        let info = first("/proc/cpuinfo") ?? ""
        let fields: [String: String?] = [
            "cpu": field("model name", of: info),
            "cores": String(ProcessInfo.processInfo.processorCount),
            "allowed_cpus": field("Cpus_allowed_list", of: first("/proc/self/status") ?? ""),
            "threads_per_core": siblings(cpu),
            "caches": caches(cpu),
            "memory": field("MemTotal", of: first("/proc/meminfo") ?? ""),
            "numa_nodes": first("/sys/devices/system/node/online"),
            "virtualisation": virtualisation(info),
            "kernel": first("/proc/sys/kernel/osrelease"),
            "kernel_command_line": first("/proc/cmdline"),
            "governor": first("\(cpu)/cpu0/cpufreq/scaling_governor"),
            "isolated_cpus": first("\(cpu)/isolated"),
            "tickless_cpus": first("\(cpu)/nohz_full"),
            "idle_driver": first("\(cpu)/cpuidle/current_driver"),
            "clocksource": first("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            "huge_pages": first("/sys/kernel/mm/transparent_hugepage/enabled"),
            "shared_huge_pages": sharedHugePages(
                mounts: first("/proc/mounts") ?? "",
                enabled: first("/sys/kernel/mm/transparent_hugepage/shmem_enabled")),
            "turbo": turbo(
                noTurbo: first("\(cpu)/intel_pstate/no_turbo"), boost: first("\(cpu)/cpufreq/boost")),
            "real_time_limit": realTimeLimit(),
            "mitigations": mitigations("\(cpu)/vulnerabilities"),
            "load_at_start": first("/proc/loadavg"),
            "scratch": scratch,
            "swift": environment["PKS_COMPILER"],
            "commit": environment["PKS_COMMIT"],
            "time": ISO8601DateFormatter().string(from: Date()),
        ]
        return Machine(
            fields: fields.mapValues { text in
                guard let text, !text.isEmpty else { return "not stated" }
                return text
            })
    }

    /// The names in the order in which people want to read them; what is not listed follows.
    package static let order = [
        "cpu", "cores", "allowed_cpus", "threads_per_core", "two_cpus", "caches", "memory", "numa_nodes",
        "virtualisation",
        "kernel", "kernel_command_line", "governor", "turbo", "isolated_cpus", "tickless_cpus", "idle_driver",
        "clocksource", "huge_pages", "shared_huge_pages", "real_time_limit", "mitigations", "load_at_start",
        "scratch", "swift", "commit", "time", "options",
    ]

    package func text(_ name: String) -> String { fields[name] ?? "not stated" }

    /// All of it, in order.
    package var lines: [(name: String, text: String)] {
        let rest = fields.keys.filter { !Self.order.contains($0) }.sorted()
        return (Self.order + rest).compactMap { name in fields[name].map { (name, $0) } }
    }

    /// The essence in one line.
    package var line: String {
        "\(text("cpu")), \(text("cores")) cores, \(text("virtualisation")), kernel \(text("kernel")), "
            + "governor \(text("governor")), clock \(text("clocksource")), isolated \(text("isolated_cpus")), "
            + "\(text("swift")), commit \(text("commit"))"
    }

    // MARK: - Where it stands

    private static func first(_ path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func field(_ name: String, of text: String) -> String? {
        text.split(separator: "\n").first { $0.hasPrefix(name) }?
            .split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
    }

    private static func siblings(_ cpu: String) -> String? {
        guard let list = first("\(cpu)/cpu0/topology/thread_siblings_list") else { return nil }
        return list.contains { ",-".contains($0) } ? "more than one (cpu0 shares a core: \(list))" : "1"
    }

    private static func caches(_ cpu: String) -> String? {
        let texts = (0..<8).compactMap { index -> String? in
            let folder = "\(cpu)/cpu0/cache/index\(index)"
            guard let level = first("\(folder)/level"), let size = first("\(folder)/size"),
                let kind = first("\(folder)/type"), kind != "Instruction"
            else { return nil }
            return "L\(level) \(size)"
        }
        return texts.joined(separator: ", ")
    }

    private static func virtualisation(_ info: String) -> String {
        guard (field("flags", of: info) ?? "").split(separator: " ").contains("hypervisor") else {
            return "none seen"
        }
        let vendor = first("/sys/class/dmi/id/sys_vendor")
        return "virtual machine" + (vendor.map { " (\($0))" } ?? "")
    }

    /// Slots and rings are files in /dev/shm. What its mount asks for counts (`never` when it asks for nothing), unless
    /// `shmem_enabled` is `deny` or `force`. Kernels without the second have none of it: nil.
    package static func sharedHugePages(mounts: String, enabled: String?) -> String? {
        guard let enabled else { return nil }
        // The last mount of a place is the one that is seen.
        let mount = mounts.split(separator: "\n").map { $0.split(separator: " ") }
            .last { $0.count > 3 && $0[1] == "/dev/shm" }
        let asked = mount?[3].split(separator: ",").first { $0.hasPrefix("huge=") }?.dropFirst(5)
        let text = mount == nil ? "/dev/shm is no mount" : "/dev/shm huge=\(asked ?? "never (by default)")"
        return "\(text); shmem_enabled \(enabled)"
    }

    /// Whether cores may go above their nominal frequency: Intel's driver says whether they may not, the others
    /// whether they may.
    package static func turbo(noTurbo: String?, boost: String?) -> String? {
        if let noTurbo { return noTurbo == "0" ? "on (no_turbo 0)" : "off (no_turbo \(noTurbo))" }
        return boost.map { $0 == "0" ? "off (boost 0)" : "on (boost \($0))" }
    }

    /// What keeps real-time threads from taking all of a core: the fair server from kernel 6.12 on, whose values only
    /// root may read, and what came before it.
    private static func realTimeLimit() -> String? {
        let server = "/sys/kernel/debug/sched/fair_server/cpu0"
        let texts = [
            first("/proc/sys/kernel/sched_rt_runtime_us").map { "sched_rt_runtime_us \($0)" },
            first("\(server)/runtime").map { runtime in
                "fair_server cpu0 \(runtime) of \(first("\(server)/period") ?? "?") ns"
            },
        ]
        return texts.compactMap(\.self).joined(separator: "; ")
    }

    private static func mitigations(_ folder: String) -> String? {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return nil }
        let texts = names.sorted().compactMap { name -> String? in
            guard let text = first("\(folder)/\(name)"), text != "Not affected" else { return nil }
            return "\(name): \(text)"
        }
        return texts.isEmpty ? "none needed" : texts.joined(separator: "; ")
    }
}
