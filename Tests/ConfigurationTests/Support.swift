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
