import Configuration
import CSeqlock
import Glibc
import Journal
import Service
import ShmFiles

/// The journal of one book: a directory.
struct JournalPlace {
    /// The book, by the name of its directory.
    let book: String
    let path: String

    /// Options by which a verb is told where journals are.
    static let options = [
        OptionSpec(
            "config", .text(form: "FILE"),
            "Look where this configuration of the daemon has its journals.")
    ]

    /// The journals that a verb is about: DIR is a book's own directory or that of all books; without it, those of the
    /// configuration, or PKS_JOURNAL. With `--book` only this one. Throws when there is none.
    static func find(
        _ directory: String?, _ options: ParsedOptions, verb: String
    ) throws(CommandError) -> [JournalPlace] {
        let book = options.text("book")
        if let file = options.text("config") {
            if directory != nil {
                throw .failed(
                    .usage, what: verb, why: "a directory and --config at once", advice: "choose one")
            }
            return try configured(file, book: book)
        }
        guard let directory = directory ?? environment("PKS_JOURNAL") else {
            throw .failed(
                .usage, what: verb, why: "no directory of a journal",
                advice: "name it, or its --config, or set PKS_JOURNAL")
        }
        return try inside(directory, book: book)
    }

    /// The journals that the books of a configuration have.
    private static func configured(
        _ file: String, book: String?
    ) throws(CommandError) -> [JournalPlace] {
        let configuration: ServiceConfiguration
        do throws(ConfigurationError) { configuration = try ServiceConfiguration(file: file) } catch {
            throw CommandError(error)
        }
        var places: [JournalPlace] = []
        for other in configuration.books where book == nil || other.name == book {
            guard let directory = other.options.journal?.directory else { continue }
            let path = absolute("\(directory)/\(other.name)")
            if isJournal((try? Paths.names(in: path)) ?? []) {
                places.append(JournalPlace(book: other.name, path: path))
            }
        }
        if !places.isEmpty { return places }
        throw .failed(
            .noInput, what: shown(file),
            why: "no journal of " + (book.map { "book \(shown($0))" } ?? "its books"),
            advice: "pks config show \(shown(file)) says which directories it means")
    }

    private static func inside(
        _ directory: String, book: String?
    ) throws(CommandError) -> [JournalPlace] {
        let path = absolute(directory)
        let names = try self.names(path)
        if isJournal(names) {
            let own = path.split(separator: "/").last.map { String($0) } ?? ""
            if let book, book != own {
                throw .failed(
                    .noInput, what: path, why: "is the journal of book \(own), not of \(book)",
                    advice: "name the directory above it, or leave --book out")
            }
            return [JournalPlace(book: own, path: path)]
        }
        var places: [JournalPlace] = []
        for name in names.sorted() where !name.hasPrefix(".") {
            let inside = (try? Paths.names(in: "\(path)/\(name)")) ?? []
            if isJournal(inside) { places.append(JournalPlace(book: name, path: "\(path)/\(name)")) }
        }
        if let book {
            if let place = places.first(where: { $0.book == book }) { return [place] }
            let nearest = Suggestion.nearest(to: book, in: places.map(\.book))
            throw .failed(
                .noInput, what: path, why: "has no journal of book \(shown(book))",
                advice: nearest.map { "did you mean \($0)?" } ?? "pks journal ls \(path) lists what there is")
        }
        if places.isEmpty {
            throw .failed(
                .noInput, what: path, why: "there is no journal",
                advice: "it holds a directory a book, with journal-00000000.pksj in it")
        }
        return places
    }

    /// The one journal that a verb is about.
    static func one(
        _ directory: String?, _ options: ParsedOptions, verb: String
    ) throws(CommandError) -> JournalPlace {
        let places = try find(directory, options, verb: verb)
        if places.count == 1, let place = places.first { return place }
        throw .failed(
            .usage, what: verb, why: "there are journals of \(places.count) books",
            advice: "name one: --book " + places.map(\.book).joined(separator: ", --book "))
    }

    /// Looks at the whole journal.
    // SAFETY: records are handed on for the call only.
    func inspect() throws(CommandError) -> JournalReport {
        unsafe try inspect { _, _ in true }
    }

    /// Looks at the whole journal; `body` gets every record on the way.
    // SAFETY: as above.
    func inspect(_ body: JournalInspection.Body) throws(CommandError) -> JournalReport {
        do throws(JournalError) {
            return unsafe try JournalInspection(DiskDirectory(path, access: .looking), book: book).run(body)
        } catch {
            throw CommandError(error)
        }
    }

    private static func names(_ path: String) throws(CommandError) -> [String] {
        do throws(SystemError) { return try Paths.names(in: path) } catch {
            throw .failed(
                error.code == EACCES ? .noPermission : .noInput, what: path, why: errnoText(error.code),
                advice: "name the directory that pks run --journal was given")
        }
    }

    private static func isJournal(_ names: [String]) -> Bool {
        names.contains { JournalLayout.segment(ofName: $0) != nil || $0.hasSuffix(".pksc") }
    }

    private static func absolute(_ path: String) -> String {
        // SAFETY: the name lives for the call; the result is this function's to free.
        guard let real = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }
}

extension CommandError {
    init(_ error: JournalError) {
        switch error {
        case .system(EACCES, _, _), .system(EPERM, _, _): self = .said(.noPermission, error.description)
        case .system(ENOENT, _, _): self = .said(.noInput, error.description)
        case .system, .interrupted, .commitFailed: self = .said(.inputOutput, error.description)
        case .wrongFile, .damaged, .missingSegment, .unrecoverable: self = .said(.badData, error.description)
        case .busy, .stopped: self = .said(.tryAgain, error.description)
        }
    }
}
