/// Subjects with wildcards, as streams state what they take in.
public enum SubjectFilter {
    /// Whether a filter (`a.*.c`, `a.>`) takes in a subject without wildcards.
    public static func matches(_ filter: String, _ subject: String) -> Bool {
        let words = filter.split(separator: ".")
        let tokens = subject.split(separator: ".")
        for (index, word) in words.enumerated() {
            if word == ">" { return tokens.count > index }
            guard index < tokens.count, word == "*" || word == tokens[index] else { return false }
        }
        return words.count == tokens.count
    }
}
