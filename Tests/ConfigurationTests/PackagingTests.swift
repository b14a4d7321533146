import Glibc
import TestSupport
import Testing

@testable import Configuration

/// The files in packaging.
@Suite struct PackagingTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

    private static func text(_ name: String) throws -> String {
        String(decoding: try ConfigurationText.bytes(of: root + "/packaging/" + name), as: UTF8.self)
    }

    /// `Key=value` lines of the unit, without comments.
    private static func settings() throws -> [String] {
        try text("pks.service").split(separator: "\n").map { String($0) }.filter {
            !$0.hasPrefix("#") && $0.contains("=")
        }
    }

    @Test func `The unit takes no shared memory away`() throws {
        let settings = try Self.settings()
        #expect(settings.contains("RemoveIPC=no"))
        let forbidden = [
            "DynamicUser=", "TemporaryFileSystem=", "InaccessiblePaths=", "PrivateDevices=", "RootDirectory=",
            "RootImage=", "PrivateUsers=", "ProtectProc=", "ProcSubset=", "BindPaths=", "PrivateIPC=",
        ]
        for key in forbidden { #expect(!settings.contains { $0.hasPrefix(key) }, "\(key)") }
        // A private /tmp would hide the run directory that is there by default.
        #expect(settings.contains("Environment=PKS_RUN_DIR=/run/pks"))
        #expect(settings.contains("RuntimeDirectoryPreserve=yes"))
    }

    private static let hasSystemd = shell("command -v systemd-analyze") == 0

    /// Runs a line of a shell; its exit status.
    private static func shell(_ line: String) -> Int32 {
        // SAFETY: the line lives for the call.
        unsafe system("{ \(line); } > /dev/null 2>&1 < /dev/null")
    }

    @Test(.enabled(if: hasSystemd, "needs systemd-analyze"))
    func `systemd finds nothing wrong with the unit`() throws {
        let scratch = try TestDirectory()
        // The program is not installed where tests run.
        let unit = try Self.text("pks.service").replacing("/usr/bin/pks", with: "/bin/true")
        let file = try scratch.write("pks.service", unit)
        // It warns on stderr and still succeeds, so that what it says counts.
        #expect(Self.shell("test -z \"$(systemd-analyze verify --man=no \(file) 2>&1)\"") == 0)
        let wrong = try scratch.write("wrong.service", unit + "Restart=perhaps\n[Service]\nRestart=perhaps\n")
        #expect(Self.shell("test -z \"$(systemd-analyze verify --man=no \(wrong) 2>&1)\"") != 0)
    }
}
