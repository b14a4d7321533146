import Service
import TestSupport

extension TestDirectory {
    /// What a book is told so that its journal is here, in small files.
    func journalOptions(_ change: (inout JournalOptions) -> Void = { _ in }) -> JournalOptions {
        var options = JournalOptions(directory: path)
        options.segmentBytes = 1 << 20
        change(&options)
        return options
    }

    /// Copies a book's journal, or puts a copy back in its place.
    func copyJournal(_ from: String, to: String) throws {
        Files.remove(file(to))
        try Files.makeDirectory(file(to))
        for name in Files.names(in: file(from)) {
            try write("\(to)/\(name)", Files.bytes(file("\(from)/\(name)")))
        }
    }
}
