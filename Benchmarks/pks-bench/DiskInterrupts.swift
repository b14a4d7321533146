import Foundation

/// Which core takes the disk's interrupts, as far as /proc/interrupts tells: by how much its counts have grown.
struct DiskInterrupts {
    private let before: [Int]

    /// Counts from now on.
    init() { before = Self.counts() }

    /// The core with the most of them since; nil when there were none, or when no line looks like a disk's.
    func busiestSince() -> Int? {
        let grown = zip(Self.counts(), before).map { $0 - $1 }
        guard let most = grown.max(), most > 0 else { return nil }
        return grown.firstIndex(of: most)
    }

    /// Of each core, all disks together.
    private static func counts() -> [Int] {
        guard let file = FileHandle(forReadingAtPath: "/proc/interrupts"), let data = try? file.readToEnd()
        else {
            return []
        }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        guard let cores = lines.first?.split(separator: " ").count else { return [] }
        var sums = Array(repeating: 0, count: cores)
        for line in lines.dropFirst() {
            guard ["-req", "nvme", "ahci", "scsi", "megasas", "mpt"].contains(where: { line.contains($0) })
            else {
                continue
            }
            for (core, word) in line.split(separator: " ").dropFirst().prefix(cores).enumerated() {
                sums[core] += Int(word) ?? 0
            }
        }
        return sums
    }
}
