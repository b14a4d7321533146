/// The command: reads its words, composes the parts, prints what came of it. This room knows options, help,
/// files of rows and what to tell a person. It decides nothing about positions: matching, books and shared
/// memory are other rooms.
import CSeqlock
import Configuration
import Glibc
import PositionText

/// The `pks` command.
public enum PksCommand {
    /// The version that `pks --version` prints.
    public static let version = "0.1.0"

    static var verbs: [any Verb.Type] {
        [
            RunVerb.self,
            FeedVerb.self,
            PublishVerb.self,
            TailVerb.self,
            NATSVerb.self,
            TopVerb.self,
            ReadVerb.self,
            ListVerb.self,
            StatsVerb.self,
            ConfigVerb.self,
            ReplayVerb.self,
            GenerateVerb.self,
            VerifyVerb.self,
            JournalVerb.self,
            ExplainVerb.self,
            DoctorVerb.self,
        ]
    }

    /// Runs one command line (`arguments` without the program's name) and returns the exit status. Prints to
    /// standard output and standard error. Call it once, from the main thread.
    public static func run(_ arguments: [String]) -> Int32 {
        // A closed pipe is an error of write, which is handled, and not a death on the way.
        _ = signal(SIGPIPE, SIG_IGN)
        occupyStandardDescriptors()
        do throws(CommandError) {
            return try dispatch(arguments).rawValue
        } catch {
            for message in error.messages { say(visible(message)) }
            return error.exitCode
        }
    }

    /// A standard descriptor that the caller has closed would be given to the next file that is opened, and what is
    /// printed would go into a lock or a ring. In its place comes one that refuses what it is used for.
    private static func occupyStandardDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // SAFETY: the name lives for the call. The lowest free number is this one.
            _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    private static func dispatch(_ arguments: [String]) throws(CommandError) -> ExitStatus {
        guard let first = arguments.first else {
            for line in HelpText.overview(specs).split(separator: "\n", omittingEmptySubsequences: false)
                .dropLast()
            { say(String(line)) }
            return .usage
        }
        let rest = Array(arguments.dropFirst())
        switch first {
        case "help", "--help", "-h": return try help(rest)
        case "--version", "version", "-V":
            let layout = String(pks_layout_hash(), radix: 16)
            try printOut("pks \(version) (ABI \(PKS_ABI_MAJOR).\(PKS_ABI_MINOR), layout \(layout))\n")
            return .success
        default: break
        }
        guard let verb = verbs.first(where: { $0.spec.name == first }) else {
            let known = specs.map(\.name) + ["help"]
            let advice = Suggestion.nearest(to: first, in: known).map { "did you mean pks \($0)?" }
            throw .failed(
                .usage, what: shown(first), why: first.hasPrefix("-") ? "unknown option" : "unknown verb",
                advice: advice ?? "pks help lists the verbs")
        }
        let options = try OptionParser.parse(rest, for: verb.spec)
        if options.flag("help") {
            try printOut(HelpText.verb(verb.spec))
            return .success
        }
        return try verb.run(options)
    }

    private static func help(_ words: [String]) throws(CommandError) -> ExitStatus {
        guard let name = words.first else {
            try printOut(HelpText.overview(specs))
            return .success
        }
        guard let spec = specs.first(where: { $0.name == name }) else {
            let advice = Suggestion.nearest(to: name, in: specs.map(\.name)).map { "did you mean \($0)?" }
            throw .failed(
                .usage, what: "help \(shown(name))", why: "unknown verb",
                advice: advice ?? "pks help lists the verbs")
        }
        try printOut(HelpText.verb(spec))
        return .success
    }

    static var specs: [VerbSpec] { verbs.map { $0.spec } }

    private static func printOut(_ text: String) throws(CommandError) {
        let output = ByteWriter.standardOutput()
        try output.write(text)
        try output.flush()
    }
}

/// One verb of the command.
protocol Verb {
    /// What the parser and help know of it.
    static var spec: VerbSpec { get }
    /// Does the work. The status is for what went as it should; what ends the work early is thrown.
    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus
}
