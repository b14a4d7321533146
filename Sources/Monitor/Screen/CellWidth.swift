import CNcurses
import Glibc

/// How many cells of a terminal a character takes: the C library's table for UTF-8, whatever the user's locale.
enum CellWidth {
    // SAFETY: made once, never freed and never changed, so that any thread may use it at any time.
    private nonisolated(unsafe) static let locale: locale_t? = {
        // LC_CTYPE_MASK is 1 << LC_CTYPE, and LC_CTYPE is 0.
        unsafe newlocale(1, "C.UTF-8", nil)
    }()

    /// 0 for what combines with the character before it, 1 or 2 for what stands by itself, nil for what must
    /// not reach a terminal.
    static func of(_ scalar: Unicode.Scalar) -> Int? {
        if scalar.value < 0x7f { return scalar.value < 0x20 ? nil : 1 }
        // SAFETY: the locale lives for ever; the thread gets its own back at once.
        guard let locale = unsafe locale, let before = unsafe uselocale(locale) else { return nil }
        defer { _ = unsafe uselocale(before) }
        let width = Int(wcwidth(wchar_t(scalar.value)))
        return width < 0 ? nil : width
    }

    /// The cells of a whole text.
    static func of(_ text: String) -> Int {
        var width = 0
        for scalar in text.unicodeScalars { width += of(scalar) ?? 1 }
        return width
    }
}
