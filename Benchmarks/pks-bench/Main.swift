import CSeqlock
import Glibc

@main
struct Main {
    static func main() throws {
        for oneByOne in CommandLine.arguments.contains("one") ? [true] : [false] {
            for n in 0..<(CommandLine.arguments.contains("few") ? 1 : 5) {
                var b = BacklogBench(); b.lean = CommandLine.arguments.contains("lean");
                if CommandLine.arguments.contains("few") { b.fillCount = 100_000; b.identitiesMax = 1 << 18 }
                if let k = CommandLine.arguments.dropFirst().first { b.keyCount = Int(k) ?? 100 }
                let s = try b.run(swiftFirst: n % 2 == 0, seed: 42 + UInt64(n), oneByOne: oneByOne)
                print(oneByOne ? "one" : "backlog", s.swiftNs, s.limitNs, s.swiftNs / s.limitNs)
            }
        }
    }
}

struct BenchRandom {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
enum ProcessID { static var current: Int32 { getpid() } }
func unlinkShm(_ path: String) -> Int32 { unsafe unlink(path) }
enum Text {
    static func write<T>(_ text: String, into record: inout T, at offset: Int) {
        unsafe withUnsafeMutableBytes(of: &record) { raw in
            for (i, b) in text.utf8.enumerated() { unsafe raw[offset + i] = b }
        }
    }
    static func writeNumber<T>(_ number: UInt64, into record: inout T, at offset: Int) {
        unsafe withUnsafeMutableBytes(of: &record) { raw in
            var n = number
            for i in stride(from: 10, through: 0, by: -1) {
                unsafe raw[offset + i] = UInt8(48 + n % 10); n /= 10
            }
        }
    }
}
