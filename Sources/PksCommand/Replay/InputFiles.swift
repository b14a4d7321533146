import Accumulator
import CSeqlock
import Feeds
import ShmFiles

/// The input files of a verb, and how they are read.
struct InputFiles {
    let paths: [String]
    let feed: FeedOptions

    static let operand = OperandSpec(
        name: "FILE...", countMin: 1, countMax: Feed.filesMax,
        help: "Files of fills, in this order; each may be gzip, and - is standard input.")

    static let formatSpec = OptionSpec(
        "format", .choice(FeedFormat.allCases.map(\.rawValue)),
        "The format of the files. Default: told by name and content.")
    static let instrumentsSpec = OptionSpec(
        "instruments", .text(form: "FILE"),
        "Static data, CSV: symbol, price_decimals, qty_decimals, multiplier, currency, class, method. "
            + "Default: 8 decimals, multiplier 1.")
    static let dedupeSpec = OptionSpec(
        "fix-dedupe", .choice(["cumqty"]),
        "FIX: take reports of one order at the same CumQty for one fill, for venues that report each "
            + "fill twice.")
    static let allowRejectsSpec = OptionSpec(
        "allow-rejects", .flag, "Exit with 0 although something was rejected.")
    static let runDirectorySpec = OptionSpec(
        "run-dir", .text(form: "DIR"),
        "Where locks are held. Default: PKS_RUN_DIR, else pks under XDG_RUNTIME_DIR, else a directory "
            + "of this user's in /tmp.")

    /// What the options say; rows that name no book belong to `book`.
    init(_ options: ParsedOptions, book: String) throws(CommandError) {
        paths = options.operands
        if paths.count(where: { $0 == "-" }) > 1 {
            throw .failed(
                .usage, what: options.spec.name, why: "- stands there twice",
                advice: "standard input can be read once")
        }
        var feed = FeedOptions()
        feed.format = options.text("format").flatMap { FeedFormat(rawValue: $0) }
        feed.book = try Self.bookName(book)
        feed.dedupesFIXByCumQty = options.has("fix-dedupe")
        if let path = options.text("instruments") { feed.instruments = try Self.instruments(path) }
        self.feed = feed
    }

    private static func instruments(_ path: String) throws(CommandError) -> InstrumentTable {
        do throws(FeedError) {
            let file = try InstrumentFile(path: path)
            if !file.unknownNames.isEmpty {
                say("pks: \(path): columns not used: \(file.unknownNames.joined(separator: ", "))")
            }
            return file.table
        } catch {
            guard case .instruments(let rejects, let total) = error else { throw CommandError(error) }
            var lines = rejects.map(\.description)
            if total > rejects.count { lines.append("\(path): and \(total - rejects.count) more") }
            throw .lines(.badConfiguration, lines)
        }
    }

    private static func bookName(_ name: String) throws(CommandError) -> String {
        do throws(NameFault) { try SharedNames.check(name, bytesMax: Int(PKS_BOOK_BYTES)) } catch {
            throw .failed(
                .usage, what: "--book \(shown(name))", why: "the name \(error.text)",
                advice: "choose another name")
        }
        return name
    }

    /// What reading came to.
    struct Outcome {
        /// Files that could be read.
        var fileCount = 0
        var summary = FeedSummary()
        /// The status of the first file that could not be read, when another could.
        var missing: ExitStatus?
    }

    /// Reads all files into a sink, and tells on stderr of those that cannot be read. Throws when none can.
    func read<Sink: FillSink>(
        into sink: inout Sink, sources: SourceFiles, progress: ProgressLine,
        whenWaiting: @escaping () -> Void
    ) throws(CommandError) -> Outcome {
        var feed = Feed(options: feed, whenWaiting: whenWaiting)
        var outcome = Outcome()
        var goesOn = true
        for (ordinal, path) in paths.enumerated() where goesOn {
            sources.begin(path, ordinal: ordinal)
            do throws(FeedError) {
                goesOn = try feed.read(path, into: &sink)
                outcome.fileCount += 1
            } catch {
                let failure = CommandError(error)
                outcome.missing = outcome.missing ?? failure.status
                progress.clear()
                for message in failure.messages { say(message) }
            }
        }
        outcome.summary = feed.summary
        if goesOn, !feed.summary.unknownNames.isEmpty {
            progress.clear()
            say("pks: columns not used: \(feed.summary.unknownNames.joined(separator: ", "))")
        }
        if outcome.fileCount == 0, let missing = outcome.missing { throw .lines(missing, []) }
        return outcome
    }
}
