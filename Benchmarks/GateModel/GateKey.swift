/// What decides how many instructions the same source takes. Counts are compared only where all of it is equal.
package struct GateKey: Codable, Hashable, Sendable, CustomStringConvertible {
    /// "Swift version 6.3.1".
    package var compiler: String
    /// As callgrind shows it to the program: "x86-64 sse4.2 avx2".
    package var processor: String
    /// Its memcpy is part of what is counted.
    package var libc: String

    package init(compiler: String, processor: String, libc: String) {
        (self.compiler, self.processor, self.libc) = (compiler, processor, libc)
    }

    package var description: String { "\(compiler), \(processor), \(libc)" }
}
