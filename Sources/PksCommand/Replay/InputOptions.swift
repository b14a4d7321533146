import Accumulator
import CSeqlock
import Feeds
import LotMatching
import ShmBridge
import ShmFiles

/// The options that every verb with input files has, and what they come to.
struct InputOptions {
    let files: [String]
    let feed: FeedOptions
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

    static let operand = OperandSpec(
        name: "FILE...", countMin: 1, countMax: Feed.filesMax,
        help: "Files of fills, in this order; each may be gzip, and - is standard input.")

    /// Reserved in shared memory for each book, 460 bytes each.
    private static let positionsMaxDefault = 1 << 14

    static let methodNames = LotMethod.allCases.map(\.name)

    /// What the specs of the verbs share; `methods` are the choices of --method.
    static func specs(methods: [String], methodHelp: String) -> [OptionSpec] {
        [
            OptionSpec(
                "format", .choice(FeedFormat.allCases.map(\.rawValue)),
                "The format of the files. Default: told by name and content."),
            OptionSpec("book", .text(placeholder: "B"), "The book of rows that name none. Default: main."),
            OptionSpec("method", .choice(methods), methodHelp),
            OptionSpec(
                "instruments", .text(placeholder: "FILE"),
                "Static data, CSV: symbol, price_decimals, qty_decimals, multiplier, currency, class, method. "
                    + "Default: 8 decimals, multiplier 1."),
            OptionSpec(
                "fix-dedupe", .choice(["cumqty"]),
                "FIX: take reports of one order at the same CumQty for one fill, for venues that report each "
                    + "fill twice."),
            OptionSpec("allow-rejects", .flag, "Exit with 0 although something was rejected."),
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
            OptionSpec(
                "run-dir", .text(placeholder: "DIR"),
                "Where locks are held. Default: PKS_RUN_DIR, else pks under XDG_RUNTIME_DIR, else a directory "
                    + "of this user's in /tmp."),
        ]
    }

    init(_ options: ParsedOptions) throws(CommandError) {
        files = options.operands
        if files.count(where: { $0 == "-" }) > 1 {
            throw .failed(
                .usage, what: options.spec.name, why: "- stands there twice",
                advice: "standard input can be read once")
        }
        var feed = FeedOptions()
        feed.format = options.text("format").flatMap { FeedFormat(rawValue: $0) }
        feed.book = try Self.bookName(options.text("book") ?? "main")
        feed.dedupesFIXByCumQty = options.has("fix-dedupe")
        if let path = options.text("instruments") { feed.instruments = try Self.instruments(path) }
        self.feed = feed
        method = options.text("method").flatMap { LotMethod(name: $0) } ?? .fifo
        runDirectory = options.text("run-dir") ?? WriterLock.defaultRunDirectory
        let rowsMax = InputSize.rowsMax(of: files)
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
}
