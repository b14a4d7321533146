import CNcurses
import Glibc

// SAFETY: its pointers are made by newterm and given back in `close`; only the thread that made it uses it.
/// The real terminal: draws grids, reads keys. Thin on purpose, because it is the part that a test cannot see
/// from within.
@safe
final class CursesTerminal {
    private let screen: OpaquePointer
    private let window: UnsafeMutablePointer<WINDOW>
    private let output: UnsafeMutablePointer<FILE>
    private let input: UnsafeMutablePointer<FILE>
    private let theme: Theme
    private var drawn: Grid?
    private var pairs: [Theme.Look: Int16] = [:]
    private var isOpen = true
    /// Colours that looks may use: 0, 8, 16 or 256.
    let colorCount: Int

    /// Takes over the terminal of standard input and output. `term` is its name. Throws `unknownTerminal` for one
    /// that cannot move its cursor.
    init(theme: Theme, term: String) throws(MonitorError) {
        // Characters are drawn as the user's locale has them; a theme that is not ASCII needs UTF-8.
        // SAFETY: the names and streams outlive the calls. newterm answers NULL where it cannot go on.
        unsafe setlocale(LC_CTYPE, "")
        if !theme.isASCII, unsafe String(cString: nl_langinfo(Int32(CODESET))) != "UTF-8" {
            unsafe setlocale(LC_CTYPE, "C.UTF-8")
        }
        guard let output = unsafe fdopen(dup(STDOUT_FILENO), "w"),
            let input = unsafe fdopen(dup(STDIN_FILENO), "r")
        else { throw .system(code: errno, operation: "fdopen") }
        guard let screen = unsafe newterm(term, output, input) else {
            unsafe fclose(output)
            unsafe fclose(input)
            throw .unknownTerminal(name: term)
        }
        guard unsafe tigetstr("cup").map({ Int(bitPattern: $0) }) ?? -1 > 0,
            let window = unsafe newwin(0, 0, 0, 0)
        else {
            endwin()
            unsafe delscreen(screen)
            throw .unknownTerminal(name: term)
        }
        unsafe self.output = output
        unsafe self.input = input
        unsafe self.screen = screen
        unsafe self.window = window
        self.theme = theme
        var colors = 0
        if theme.palette != .mono, has_colors() {
            _ = start_color()
            _ = use_default_colors()
            colors = max(0, Int(unsafe tigetnum("colors")))
        }
        colorCount = colors
        cbreak()
        noecho()
        nonl()
        set_escdelay(25)
        unsafe keypad(window, true)
        unsafe nodelay(window, true)
        curs_set(0)
    }

    deinit { close() }

    /// Gives the terminal back as it was.
    func close() {
        guard isOpen else { return }
        isOpen = false
        // SAFETY: made in init; not used after this.
        unsafe delwin(window)
        endwin()
        unsafe delscreen(screen)
        unsafe fclose(output)
        unsafe fclose(input)
    }

    /// Lines and columns of the terminal now.
    var size: (width: Int, height: Int) {
        var size = winsize()
        // SAFETY: the structure outlives the call. TIOCGWINSZ is 0x5413.
        if unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 {
            return (Int(size.ws_col), Int(size.ws_row))
        }
        return (80, 24)
    }

    /// Takes the new size of the terminal over, and draws everything anew at the next grid.
    func resize() {
        let size = size
        // SAFETY: the window lives.
        _ = resizeterm(Int32(size.height), Int32(size.width))
        _ = unsafe wresize(window, Int32(size.height), Int32(size.width))
        redraw()
    }

    /// Draws everything anew at the next grid.
    func redraw() {
        drawn = nil
        // SAFETY: the window lives.
        _ = unsafe clearok(window, true)
    }

    /// Gives the terminal back until `resume`.
    func suspend() { _ = endwin() }

    /// Takes the terminal again.
    func resume() {
        // SAFETY: the window lives.
        _ = unsafe wrefresh(window)
        resize()
    }

    /// Shows a grid; only lines that have changed are written.
    func draw(_ grid: Grid) {
        for row in 0..<grid.height {
            if let drawn, drawn.width == grid.width, row < drawn.height, drawn.line(row) == grid.line(row) {
                continue
            }
            draw(grid.line(row), row)
        }
        drawn = grid
        // SAFETY: the window lives.
        _ = unsafe wrefresh(window)
    }

    private func draw(_ line: ArraySlice<Cell>, _ row: Int) {
        var column = 0
        var start = line.startIndex
        while start < line.endIndex {
            var end = start
            var text: [wchar_t] = []
            while end < line.endIndex, line[end].style == line[start].style {
                text += line[end].text.unicodeScalars.map { wchar_t($0.value) }
                end += 1
            }
            apply(theme.look(line[start].style, colorCount: colorCount))
            // SAFETY: the window lives, and the text is as long as said.
            _ = unsafe wmove(window, Int32(row), Int32(column))
            _ = unsafe waddnwstr(window, text, Int32(text.count))
            column += end - start
            start = end
        }
    }

    private func apply(_ look: Theme.Look) {
        // The A_ constants are macros that Swift cannot see: NCURSES_BITS(1, n) is 1 << (n + 8).
        var attributes: attr_t = 0
        if look.isUnderlined { attributes |= 1 << 17 }
        if look.isReverse { attributes |= 1 << 18 }
        if look.isDim { attributes |= 1 << 20 }
        if look.isBold { attributes |= 1 << 21 }
        // SAFETY: the window lives; the last argument must be NULL.
        _ = unsafe wattr_set(window, attributes, pair(look), nil)
    }

    /// The number of a pair of colours, made when it is first needed. There are a few dozen.
    private func pair(_ look: Theme.Look) -> Int16 {
        if look.ink == nil && look.ground == nil { return 0 }
        let colors = Theme.Look(ink: look.ink, ground: look.ground)
        if let known = pairs[colors] { return known }
        let number = Int16(pairs.count + 1)
        if init_pair(number, look.ink ?? -1, look.ground ?? -1) != OK { return 0 }
        pairs[colors] = number
        return number
    }

    /// The next key that was pressed; nil when there is none.
    func key() -> Key? {
        var code: wint_t = 0
        // SAFETY: the window lives; the code outlives the call.
        let result = unsafe wget_wch(window, &code)
        if result == KEY_CODE_YES { return Self.special(Int32(bitPattern: code)) ?? key() }
        guard result == OK, let scalar = Unicode.Scalar(code) else { return nil }
        switch scalar.value {
        case 10, 13: return .enter
        case 27: return .escape
        case 8, 127: return .backspace
        case 1..<27: return .control(Character(Unicode.Scalar(UInt8(scalar.value + 96))))
        case 0..<32: return nil
        default: return .character(Character(scalar))
        }
    }

    private static func special(_ code: Int32) -> Key? {
        switch code {
        case KEY_UP: .up
        case KEY_DOWN: .down
        case KEY_LEFT: .left
        case KEY_RIGHT: .right
        case KEY_PPAGE: .pageUp
        case KEY_NPAGE: .pageDown
        case KEY_HOME: .home
        case KEY_END: .end
        case KEY_ENTER: .enter
        case KEY_BACKSPACE, KEY_DC: .backspace
        default: nil
        }
    }
}
