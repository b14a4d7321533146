/// Text that came from a server or a person, on its way to a terminal or a log.
enum NATSText {
    /// The same text without control characters and without what could be a password in a URL.
    static func harmless(_ text: String) -> String {
        hidingUserInfo(
            String(String.UnicodeScalarView(text.unicodeScalars.map { isHarmless($0) ? $0 : "?" })))
    }

    /// The library's words without the place in its own source that they begin with: `(conn.c:1234): `.
    static func withoutPlace(_ text: String) -> String {
        guard text.hasPrefix("("), let end = text.firstRange(of: "): ") else { return text }
        return String(text[end.upperBound...])
    }

    /// `nats://user:password@host` with `***` for what is before the `@`.
    static func hidingUserInfo(_ text: String) -> String {
        var words: [Substring] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            guard let at = word.lastIndex(of: "@") else {
                words.append(word)
                continue
            }
            let scheme = word.firstRange(of: "://").map { word[..<$0.upperBound] } ?? ""
            words.append(scheme + "***" + word[at...])
        }
        return words.joined(separator: " ")
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: false
        default: true
        }
    }
}
