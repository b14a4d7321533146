import CSeqlock
import Glibc

/// The monitor on a terminal: looks, draws, waits for keys and signals, until it is asked to end. Call it on the main
/// thread.
package enum MonitorSession {
    /// Runs until `q`, a signal that asks the program to end, or the end of the terminal. Whatever ends it, the
    /// terminal is as it was before. Throws `unknownTerminal` and `system`.
    package static func run(
        _ options: MonitorOptions, theme: Theme, term: String
    ) throws(MonitorError) {
        let signals = try TerminalSignals()
        let terminal = try CursesTerminal(theme: theme, term: term)
        defer { terminal.close() }
        let source = MonitorSource(options)
        var model = MonitorModel(options)
        var nextLookNs: Int64 = 0
        while true {
            let nowNs = pks_monotonic_ns()
            if nowNs >= nextLookNs {
                source.look(&model, nowNs: nowNs, realtimeNs: realtimeNs())
                show(&model, terminal, theme, sinceNs: nowNs)
                nextLookNs = max(nextLookNs + options.intervalNs, pks_monotonic_ns())
            } else {
                source.drain()
            }
            let waitNs = min(nextLookNs - pks_monotonic_ns(), source.drainIntervalNs)
            let isTerminalThere = wait(signals.descriptor, ns: waitNs)
            while let event = signals.next() {
                if event == .ended { return }
                answer(event, signals, terminal)
                nextLookNs = 0
            }
            if !isTerminalThere { return }
            switch pressKeys(&model, terminal) {
            case .ended: return
            case .drawn: show(&model, terminal, theme, sinceNs: pks_monotonic_ns())
            case .nothing: break
            }
        }
    }

    private enum Pressed { case nothing, drawn, ended }

    private static func pressKeys(_ model: inout MonitorModel, _ terminal: CursesTerminal) -> Pressed {
        var pressed = Pressed.nothing
        while let key = terminal.key() {
            pressed = .drawn
            switch model.press(key) {
            case .quit: return .ended
            case .redraw: terminal.redraw()
            case .none: break
            }
        }
        return pressed
    }

    private static func show(
        _ model: inout MonitorModel, _ terminal: CursesTerminal, _ theme: Theme, sinceNs: Int64
    ) {
        let size = terminal.size
        let frame = Screen.render(model, width: size.width, height: size.height, theme: theme)
        terminal.draw(frame.grid)
        model.drew(frame, drawNs: pks_monotonic_ns() - sinceNs)
    }

    private static func answer(
        _ event: TerminalSignals.Event, _ signals: borrowing TerminalSignals, _ terminal: CursesTerminal
    ) {
        switch event {
        case .resized: terminal.resize()
        case .suspended:
            terminal.suspend()
            signals.suspend()
            terminal.resume()
        case .continued: terminal.resume()
        case .ended: break
        }
    }

    /// Waits for a key, a signal or the time. False when the terminal is no more.
    private static func wait(_ signals: Int32, ns: Int64) -> Bool {
        var requests = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
        ]
        let waitMs = Int32(clamping: max(0, (ns + 999_999) / 1_000_000))
        // SAFETY: the array outlives the call and is as long as said.
        let count = unsafe poll(&requests, nfds_t(requests.count), waitMs)
        let broken = Int16(POLLHUP) | Int16(POLLERR) | Int16(POLLNVAL)
        return count <= 0 || requests[0].revents & broken == 0
    }

    /// CLOCK_REALTIME in ns.
    package static func realtimeNs() -> Int64 {
        var time = timespec()
        // SAFETY: the structure outlives the call.
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
