package import CSeqlock
import Glibc

/// Which process made a mapping, and whether it still runs. A pid alone is reused, and pid and start time
/// mean nothing after a reboot: the boot id tells.
package enum ProcessIdentity {
    /// This process. Reads /proc; fields that cannot be read stay zero.
    package static func current() -> pks_owner {
        var owner = pks_owner()
        owner.pid = UInt32(getpid())
        owner.start_ticks = processState(pid: owner.pid)?.startTicks ?? 0
        _ = FixedText.store(bootID(), in: &owner.boot_id)
        return owner
    }

    /// Whether the process runs (a stopped one does, a zombie does not), as far as can be told from here.
    package static func isAlive(_ owner: pks_owner) -> Bool {
        guard owner.pid != 0, owner.start_ticks != 0 else { return false }
        guard FixedText.load(of: owner.boot_id) == bootID() else { return false }
        guard let state = processState(pid: owner.pid) else { return false }
        return state.startTicks == owner.start_ticks && state.letter != "Z" && state.letter != "X"
    }

    private static func bootID() -> String {
        let text = smallFile("/proc/sys/kernel/random/boot_id") ?? ""
        return String(text.prefix { $0 != "\n" })
    }

    /// Fields 3 and 22 of /proc/<pid>/stat. The command name (field 2) may hold spaces and parentheses,
    /// so fields are counted after its last closing one.
    private static func processState(pid: UInt32) -> (letter: Character, startTicks: UInt64)? {
        guard let text = smallFile("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let letter = fields[0].first, let ticks = UInt64(fields[19]) else {
            return nil
        }
        return (letter, ticks)
    }

    private static func smallFile(_ path: String) -> String? {
        guard let file = try? FileHandle(path: path, flags: O_RDONLY) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        // SAFETY: the array's storage lives for the closure, and read stays inside it.
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe try? file.read(into: $0, at: 0) }
        return count.map { String(decoding: bytes.prefix($0), as: UTF8.self) }
    }
}
