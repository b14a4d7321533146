import CSeqlock
import Glibc
import TestSupport
import Testing

/// Shared memory that is too small, on a tiny file system of the test's own in a private mount namespace.
@Suite struct ReserveTests {
    private static let unshare = geteuid() == 0 ? ["unshare", "-m"] : ["unshare", "-rm"]

    private static func canMount() -> Bool {
        let script = "mount -t tmpfs -o size=64k,mode=0700 tmpfs /mnt"
        guard let probe = try? Subprocess(unshare + ["sh", "-c", script]) else { return false }
        return probe.wait() == 0
    }

    /// Makes a segment on a file system of `size`; gives the lines that it printed and its status.
    private func create(slots: Int, on size: String) throws -> (lines: [String], status: Int32) {
        let scratch = try Scratch()
        let script = """
            mount -t tmpfs -o size=\(size),mode=0700 tmpfs "$1" || exit 99
            "$0" create "$1" \(slots); status=$?
            ls -A "$1"; exit $status
            """
        let tool = try Subprocess(Self.unshare + ["sh", "-c", script, Subprocess.tool, scratch.path])
        var lines: [String] = []
        while let line = tool.line() { lines.append(line) }
        return (lines, tool.wait())
    }

    @Test(.enabled(if: canMount(), "mounting in a private namespace is not permitted here"))
    func sharedMemoryThatIsTooSmallIsAStartUpErrorThatNamesBothSizes() throws {
        let (lines, status) = try create(slots: 4096, on: "64k")
        #expect(status == 73)
        let message = try required(lines.first)
        // Two pages of header and live lines, then directory, index, change ring and slots, all whole pages.
        let needed = 2 * 4096 + 4096 * (MemoryLayout<pks_directory_entry>.size + 2 * 8 + 4 * 8 + 256)
        #expect(message.contains("shared memory is too small: \(needed) bytes needed, "))
        #expect(message.contains(" available (lower the capacity"))
        #expect(lines.dropFirst() == ["main.lock"])
    }

    @Test(.enabled(if: canMount(), "mounting in a private namespace is not permitted here"))
    func sharedMemoryThatIsJustLargeEnoughIsEnough() throws {
        let (lines, status) = try create(slots: 16, on: "128k")
        #expect(status == 0)
        #expect(lines == ["ready", "main.lock"])
    }
}
