import Glibc

/// A file that says who this client is. The library reads it when it connects, and says of one that it cannot read the
/// same as of a server that is not there; so it is looked at before.
enum IdentityFile {
    private static let bytesMax = 1 << 16

    /// Looks whether a file can be read and has these marks. Throws `badOptions`, without anything of its content.
    static func check(_ path: String, has marks: [String]) throws(BusError) {
        func unusable(_ reason: String) -> BusError {
            .badOptions(reason: "NATS: the file \(NATSText.harmless(path)) is not usable: \(reason)")
        }
        // SAFETY: the name lives for the call.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unusable(reasonText(errno)) }
        defer { _ = close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        // SAFETY: the array is the call's for its length.
        let count = unsafe read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw unusable(reasonText(errno)) }
        for mark in marks where bytes.prefix(count).firstRange(of: Array(mark.utf8)) == nil {
            throw unusable(
                mark.hasPrefix("-")
                    ? "it has no line \(mark)" : "it has no seed of a user, which begins with \(mark)")
        }
    }

    private static func reasonText(_ code: Int32) -> String {
        // SAFETY: strerror returns a NUL-ended text that lives until this thread's next call of it.
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "errno \(code)"
    }
}
