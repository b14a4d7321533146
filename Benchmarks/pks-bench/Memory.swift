import CLimits
import Foundation

/// What memory costs here: time, and bytes of this process.
enum Memory {
    /// What a key has in memory that its fills touch: position, slot, lot and opening fill.
    static var positionBytes: Int { 192 + 256 + 128 + 128 }
    /// The same of a lot.
    static var lotBytes: Int { 64 + 128 }

    /// Ns of an access to so much memory that depends on the one before, so that nothing hides it.
    static func accessNs(bytes: Int) throws -> Double {
        let ns = limit_chase_ns(UInt64(bytes), 200_000)
        guard ns > 0 else { throw BenchError("\(bytes) bytes for the memory limit are not to be had") }
        return ns
    }

    /// Bytes that this process has touched and the kernel has given it: its own, and those of segments. Rings are
    /// their producers' and do not count; here they would twice, because both ends are in one process.
    static func residentBytes() throws -> Int {
        // In pieces, because the kernel does not say beforehand how long it is.
        var data = Data()
        guard let file = FileHandle(forReadingAtPath: "/proc/self/smaps") else {
            throw BenchError("/proc/self/smaps cannot be read")
        }
        while let piece = try file.read(upToCount: 1 << 16), !piece.isEmpty { data += piece }
        try file.close()
        let text = String(decoding: data, as: UTF8.self)
        var (bytes, isRing) = (0, false)
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.first?.isUppercase == true {
                guard words.first == "Rss:", !isRing,
                    let kibibytes = words.dropFirst().first.flatMap({ Int($0) })
                else { continue }
                bytes += kibibytes * 1024
            } else {
                isRing = line.contains("/pks-fills-")
            }
        }
        guard bytes > 0 else { throw BenchError("/proc/self/smaps does not say how much memory is in use") }
        return bytes
    }
}
