public import TestSupport

/// A directory of its own for journals, on the real disk.
public typealias JournalPlace = TestDirectory

extension JournalPlace {
    /// The journal of a book in it.
    public func journal(_ book: String = "main") -> String { file(book) }
}
