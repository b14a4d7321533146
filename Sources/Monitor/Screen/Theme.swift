/// How meanings look, and with which characters lines are drawn.
package struct Theme: Equatable, Sendable {
    /// What the terminal's background is, or that there are no colours.
    package enum Palette: String, Sendable, CaseIterable {
        /// Light text on dark ground.
        case dark
        /// Dark text on light ground.
        case light
        /// No colours: bold, underline and reverse only.
        case mono
    }

    /// The look of one style: colours of the 256-colour palette (nil: the terminal's own) and attributes.
    package struct Look: Hashable, Sendable {
        /// Colour of the text.
        package var ink: Int16?
        /// Colour behind it.
        package var ground: Int16?
        /// Bright or heavy.
        package var isBold = false
        /// Faint.
        package var isDim = false
        /// Ink and ground swapped.
        package var isReverse = false
        /// A line under it.
        package var isUnderlined = false
    }

    /// The palette.
    package let palette: Palette
    /// Whether only ASCII may be written.
    package let isASCII: Bool

    /// A theme.
    package init(palette: Palette, isASCII: Bool) {
        self.palette = palette
        self.isASCII = isASCII
    }

    /// The look of a style on a terminal with `colorCount` colours (0, 8, 16, 256).
    package func look(_ style: Style, colorCount: Int) -> Look {
        let hasColors = palette != .mono && colorCount >= 8
        var look = hasColors ? colored(style.role, isRich: colorCount >= 256) : plain(style.role)
        if style.isSelected {
            if hasColors && colorCount >= 256 {
                look.ground = palette == .dark ? 238 : 253
                look.isDim = false
                if style.role == .quiet { look.ink = nil }
            } else {
                look.isReverse.toggle()
            }
        }
        return look
    }

    private func plain(_ role: Style.Role) -> Look {
        switch role {
        case .plain, .spark, .negative: Look()
        case .quiet: Look(isDim: true)
        case .title: Look(isBold: true, isReverse: true)
        case .head: Look(isUnderlined: true)
        case .sortedHead: Look(isBold: true, isUnderlined: true)
        case .good: Look()
        case .warning: Look(isBold: true)
        case .bad: Look(isBold: true, isReverse: true)
        case .rose, .fell, .key: Look(isBold: true)
        }
    }

    /// Rich colours are chosen for contrast with the ground; the first eight are the terminal's own.
    private func colored(_ role: Style.Role, isRich: Bool) -> Look {
        let isDark = palette == .dark
        func ink(_ dark: Int16, _ light: Int16, _ basic: Int16?) -> Int16? {
            isRich ? (isDark ? dark : light) : basic
        }
        switch role {
        case .plain: return Look()
        case .quiet: return isRich ? Look(ink: isDark ? 245 : 243) : Look(isDim: true)
        case .title:
            return isRich
                ? Look(ink: isDark ? 255 : 231, ground: isDark ? 24 : 25, isBold: true)
                : Look(isBold: true, isReverse: true)
        case .head: return Look(ink: ink(110, 25, nil), isUnderlined: true)
        case .sortedHead: return Look(ink: ink(117, 18, nil), isBold: true, isUnderlined: true)
        case .good: return Look(ink: ink(78, 28, 2))
        case .warning: return Look(ink: ink(221, 130, isDark ? 3 : 5), isBold: true)
        case .bad: return Look(ink: ink(231, 231, 7), ground: isRich ? 160 : 1, isBold: true)
        case .negative: return Look(ink: ink(210, 124, 1))
        case .rose:
            return isRich
                ? Look(ink: isDark ? 120 : 22, ground: isDark ? 22 : 157, isBold: true)
                : Look(ink: 2, isBold: true)
        case .fell:
            return isRich
                ? Look(ink: isDark ? 217 : 88, ground: isDark ? 52 : 217, isBold: true)
                : Look(ink: 1, isBold: true)
        case .spark: return Look(ink: ink(80, 30, 6))
        case .key: return Look(ink: ink(117, 25, nil), isBold: true)
        }
    }

    /// Stands where a text was cut.
    var cutMark: String { isASCII ? "~" : "…" }
    /// The order of a sorted column.
    var ascendingMark: String { isASCII ? "^" : "▲" }
    var descendingMark: String { isASCII ? "v" : "▼" }
    /// More columns lie that way.
    var leftMark: String { isASCII ? "<" : "◂" }
    var rightMark: String { isASCII ? ">" : "▸" }
    /// Says that a writer is as it should be, and that it is not.
    var wellMark: String { isASCII ? "*" : "●" }
    var unwellMark: String { isASCII ? "!" : "▲" }
    /// Between facts of one line.
    var separator: String { isASCII ? " | " : " · " }
    /// A difference.
    var delta: String { isASCII ? "d." : "Δ" }
    /// Levels of a sparkline from low to high.
    var sparkLevels: [String] {
        isASCII ? ["_", ".", "-", "=", "*", "#"] : ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    }
}
