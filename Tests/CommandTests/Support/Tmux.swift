import Glibc
import TestSupport
import Testing

/// A terminal of a test's own: tmux without a screen, on a socket that nobody else knows.
final class Tmux {
    private let scratch: Scratch
    private let socket: String

    /// Whether tmux is installed.
    static var isThere: Bool {
        // SAFETY: the name lives for the call.
        unsafe access("/usr/bin/tmux", X_OK) == 0
    }

    /// Runs `command`, a line of a shell, in a terminal of this size. The shell stays when the command has ended and
    /// prints its status, so that what is left on the screen can be seen.
    init(_ command: String, width: Int, height: Int) throws {
        let scratch = try Scratch()
        socket = scratch.file("socket")
        let script = try scratch.write("script", command + "\necho \"left with $?\"\nexec sleep 600\n")
        self.scratch = scratch
        _ = try run("-f /dev/null new-session -d -x \(width) -y \(height) 'exec bash \(script)'")
    }

    /// Presses keys, by the names that tmux has for them.
    func press(_ keys: String...) throws {
        for key in keys { _ = try run("send-keys -t :0 -- '\(key)'") }
    }

    func resize(width: Int, height: Int) throws {
        _ = try run("resize-window -t :0 -x \(width) -y \(height)")
    }

    /// What is on the screen; `styled`: with the sequences for colours.
    func screen(styled: Bool = false) throws -> String {
        try run("capture-pane -p \(styled ? "-e " : "")-t :0")
    }

    /// The process that the shell runs now; 0 for none.
    func child() throws -> pid_t {
        let shell = try run("display-message -p -t :0 '#{pane_pid}'").prefix { $0.isNumber }
        let children = Files.text("/proc/\(shell)/task/\(shell)/children")
        return pid_t(children.prefix { $0.isNumber }) ?? 0
    }

    /// Looks again and again until the screen satisfies a condition; the screen that did, or nil, and then the test
    /// shows what was there instead.
    func await(styled: Bool = false, _ isThere: (String) -> Bool) throws -> String? {
        var last = ""
        let hasCome = try eventually {
            last = try screen(styled: styled)
            return isThere(last)
        }
        if !hasCome { Issue.record("the screen did not come; this was on it:\n\(last)") }
        return hasCome ? last : nil
    }

    /// As above, for a text.
    func await(_ text: String) throws -> String? { try `await` { $0.contains(text) } }

    private func run(_ words: String) throws -> String {
        let result = try Pks.runShell("exec /usr/bin/tmux -S '\(socket)' \(words)", in: scratch)
        return result.output
    }

    deinit { _ = try? run("kill-server") }
}
