import Foundation
import Glibc
import NATSSupport

/// What something took of the processors: this process, and the server it talked to. Unlike messages a second, that
/// hardly depends on who else is on the machine.
struct BusEffort {
    /// Of this process and of the server, ns of processor time.
    var ownNs = 0.0
    var serverNs = 0.0
    /// How often a thread of this process went to sleep.
    var sleeps = 0.0

    /// What was taken so far.
    static func now(_ server: NATSServer) -> BusEffort {
        var usage = rusage()
        // SAFETY: the numbers live for the call.
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func ns(_ time: timeval) -> Double { Double(time.tv_sec) * 1e9 + Double(time.tv_usec) * 1e3 }
        var effort = BusEffort()
        effort.ownNs = ns(usage.ru_utime) + ns(usage.ru_stime)
        effort.sleeps = Double(usage.ru_nvcsw)
        // After the name in parentheses: state, and ten numbers before the two that count.
        let text = (try? String(contentsOfFile: "/proc/\(server.pid)/stat", encoding: .utf8)) ?? ""
        let words = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        if words.count > 13, let user = Double(words[12]), let system = Double(words[13]) {
            effort.serverNs = (user + system) * 1e9 / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
        return effort
    }

    /// What was taken since, for each of `count` messages.
    func since(_ before: BusEffort, per count: Double) -> BusEffort {
        BusEffort(
            ownNs: (ownNs - before.ownNs) / count, serverNs: (serverNs - before.serverNs) / count,
            sleeps: (sleeps - before.sleeps) / count)
    }
}
