import CSeqlock
import Feeds
import Glibc

/// One line on stderr that says how far a long run is, for a person at a terminal only. It is drawn over
/// itself a few times a second and erased in the end.
final class ProgressLine {
    private let isOn: Bool
    private let verb: String
    private let beganNs = pks_monotonic_ns()
    private var drawnNs: Int64 = 0
    private var isDrawn = false
    private static let intervalNs: Int64 = 250_000_000

    init(verb: String, terminal: Terminal = .standardError) {
        self.verb = verb
        isOn = terminal.isTerminal && environment("TERM") != "dumb"
    }

    /// Draws, if it is time to.
    func update(_ progress: FeedProgress) {
        guard isOn else { return }
        let nowNs = pks_monotonic_ns()
        // A run that ends within the first interval shows nothing.
        if nowNs - max(drawnNs, beganNs) < Self.intervalNs { return }
        drawnNs = nowNs
        isDrawn = true
        let rate = Double(progress.fills) / (Double(nowNs - beganNs) / 1e9)
        var text = "\(verb): \(progress.file)"
        if let total = progress.bytesTotal, total > 0 {
            text += " \(min(100, progress.bytesRead * 100 / total))%"
        }
        text += ", \(bytesText(progress.bytesRead)), \(progress.fills) fills, \(Int(rate)) a second"
        draw(text)
    }

    /// Says what takes time without a measure of it.
    func update(_ text: String) {
        guard isOn, pks_monotonic_ns() - beganNs >= Self.intervalNs else { return }
        isDrawn = true
        draw("\(verb): \(text)")
    }

    /// Erases the line, before something else is printed or at the end.
    func clear() {
        guard isDrawn else { return }
        isDrawn = false
        Self.erase()
    }

    /// Takes whatever stands on the terminal's current line away.
    static func erase() { write("\r\u{1b}[K") }

    private func draw(_ text: String) { Self.write("\r\u{1b}[K" + String(text.prefix(width() - 1))) }

    private func width() -> Int {
        var size = winsize()
        // SAFETY: `size` outlives the call.
        let result = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size)
        return result == 0 && size.ws_col > 20 ? Int(size.ws_col) : 80
    }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        // SAFETY: the bytes live for the call. A line that cannot be drawn is no loss.
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

/// A number of bytes for people.
func bytesText(_ bytes: Int) -> String {
    var size = Double(bytes)
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if size < 1024 { return unit == "B" ? "\(bytes) B" : "\((size * 10).rounded() / 10) \(unit)" }
        size /= 1024
    }
    return "\((size * 10).rounded() / 10) TiB"
}
