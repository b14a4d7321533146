import Accumulator
import CSeqlock
import Feeds
import LotMatching
import ShmBridge
import ShmFiles

/// The options that every verb with input files has, and what they come to.
struct InputOptions {
    let files: InputFiles
    var feed: FeedOptions { files.feed }
    let method: LotMethod
    let runDirectory: String
    private let bounds: Bounds

    /// The bounds of a book that were stated.
    private struct Bounds {
        let positionsMax: Int
        let lotsMax: Int
        let identitiesMax: Int
        let identityWindowNs: Int64?
        let lateAfterNs: Int64?
    }

    /// Reserved in shared memory for each book, 460 bytes each.
    private static let positionsMaxDefault = 1 << 14

    static let methodNames = LotMethod.allCases.map(\.name)

    /// What the specs of the verbs share; `methods` are the choices of --method.
    static func specs(methods: [String], methodHelp: String) -> [OptionSpec] {
        [
            InputFiles.formatSpec,
            OptionSpec("book", .text(form: "B"), "The book of rows that name none. Default: main."),
            OptionSpec("method", .choice(methods), methodHelp),
            InputFiles.instrumentsSpec,
            InputFiles.dedupeSpec,
            InputFiles.allowRejectsSpec,
            OptionSpec(
                "positions-max", .count(1...1 << 24),
                "The most positions of a book. Default: as many as the files can open, at most 16384."),
            OptionSpec(
                "lots-max", .count(1...1 << 28),
                "The most open lots of a book. Default: as many as the files can open."),
            OptionSpec(
                "identities-max", .count(1...1 << 28),
                "The most fills that duplicates are told from. Default: as many as the files can hold, at most "
                    + "67108864."),
            OptionSpec(
                "identity-window", .duration,
                "For how long of event time a fill is remembered at least. Default: 7d."),
            OptionSpec(
                "late-after", .duration,
                "A fill that is older than the newest one by more than this is counted as late. Default: 5s."),
            InputFiles.runDirectorySpec,
        ]
    }

    init(_ options: ParsedOptions) throws(CommandError) {
        files = try InputFiles(options, book: options.text("book") ?? "main")
        method = options.text("method").flatMap { LotMethod(name: $0) } ?? .fifo
        runDirectory = options.text("run-dir") ?? WriterLock.defaultRunDirectory
        let rowsMax = InputSize.rowsMax(of: files.paths)
        bounds = Bounds(
            positionsMax: options.count("positions-max") ?? min(rowsMax, Self.positionsMaxDefault),
            lotsMax: options.count("lots-max") ?? rowsMax,
            identitiesMax: options.count("identities-max") ?? rowsMax,
            identityWindowNs: options.durationNs("identity-window"),
            lateAfterNs: options.durationNs("late-after"))
    }

    /// What a book of this run computes with.
    func bookConfig(_ name: String, method: LotMethod) -> BookConfig {
        var config = BookConfig(
            name: name, method: method, instruments: feed.instruments, positionsMax: bounds.positionsMax,
            lotsMax: bounds.lotsMax, identitiesMax: bounds.identitiesMax)
        if let ns = bounds.identityWindowNs { config.identityWindowNs = ns }
        if let ns = bounds.lateAfterNs { config.lateAfterNs = ns }
        return config
    }
}
