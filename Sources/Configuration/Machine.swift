import Glibc
import ShmFiles

/// What a configuration is judged against: the machine that it is for.
public struct Machine: Sendable {
    /// The CPUs that this process may run on, ascending.
    public var cpus: [Int]
    /// The number of a user, nil when there is none of that name.
    public var userID: @Sendable (String) -> UInt32?

    /// A machine; tests make up their own.
    public init(cpus: [Int], userID: @escaping @Sendable (String) -> UInt32?) {
        self.cpus = cpus
        self.userID = userID
    }

    /// This machine as this process sees it.
    public static var current: Machine { Machine(cpus: allowedCPUs(), userID: lookUpUser) }

    /// The kernel's list, such as `0-3,6`; every CPU when it cannot be read.
    private static func allowedCPUs() -> [Int] {
        for line in smallFile("/proc/self/status").split(separator: "\n")
        where line.hasPrefix("Cpus_allowed_list:") {
            let cpus = cpuNumbers(line.drop { $0 != ":" }.dropFirst().drop { $0 == "\t" || $0 == " " })
            if !cpus.isEmpty { return cpus }
        }
        return Array(0..<max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    }

    static func cpuNumbers(_ list: Substring) -> [Int] {
        var cpus: [Int] = []
        for part in list.split(separator: ",") {
            let ends = part.split(separator: "-").map { Int($0) }
            guard let first = ends.first.flatMap({ $0 }), let last = ends.last.flatMap({ $0 }),
                ends.count <= 2, first <= last, last < 1 << 16
            else { return [] }
            cpus.append(contentsOf: first...last)
        }
        return cpus
    }

    private static func smallFile(_ path: String) -> String {
        guard let file = try? FileHandle(path: path, flags: O_RDONLY) else { return "" }
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        // SAFETY: the array's storage lives for the closure, and read stays inside it.
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe try? file.read(into: $0, at: 0) }
        return String(decoding: bytes.prefix(count ?? 0), as: UTF8.self)
    }
}

/// The number of a user of the machine's database.
@Sendable private func lookUpUser(_ name: String) -> UInt32? {
    // SAFETY: everything outlives the call; of the result only the number is used.
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 1 << 16)
    let code = unsafe getpwnam_r(name, &entry, &buffer, buffer.count, &found)
    guard code == 0, unsafe found != nil else { return nil }
    return unsafe entry.pw_uid
}
