import Glibc
import Testing

@testable import Configuration

/// A machine with four CPUs and two users, whatever this one has.
let testMachine = Machine(cpus: [0, 1, 2, 3]) { name in ["alice": 1001, "bob": 1002][name] }

/// Reads a text as the file `pks.toml` in `directory`.
func configuration(
    _ text: String, directory: String = "/etc/pks",
    commandLine: CommandLineSettings = CommandLineSettings()
) throws(ConfigurationError) -> ServiceConfiguration {
    try ServiceConfiguration(
        text: text, file: directory + "/pks.toml", commandLine: commandLine, machine: testMachine)
}

/// All that is wrong with a text; none when it is right. The directory of the file is left out.
func mistakes(_ text: String, commandLine: CommandLineSettings = CommandLineSettings()) -> [String] {
    do throws(ConfigurationError) {
        _ = try configuration(text, commandLine: commandLine)
        return []
    } catch {
        guard case .mistakes(let lines) = error else { return [error.description] }
        return lines.map { $0.hasPrefix("/etc/pks/") ? String($0.dropFirst("/etc/pks/".count)) : $0 }
    }
}

/// A directory of one test's own that goes with this value.
struct ScratchDirectory: ~Copyable {
    let path: String
    private var names: [String] = []

    init() {
        path = "/tmp/pks-configuration-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        // SAFETY: the name lives for the call.
        #expect(unsafe mkdir(path, 0o700) == 0)
    }

    @discardableResult
    mutating func write(_ name: String, _ text: String) -> String {
        names.append(name)
        let file = path + "/" + name
        let bytes = Array(text.utf8)
        // SAFETY: name and bytes live for the calls.
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let written = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
        #expect(written == bytes.count)
        _ = close(descriptor)
        return file
    }

    deinit {
        // SAFETY: names live for the calls.
        for name in names { _ = unsafe unlink(path + "/" + name) }
        _ = unsafe rmdir(path)
    }
}
