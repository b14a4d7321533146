import Configuration
import PositionText
import Telemetry

/// `pks config`: judges a configuration, and shows what is in force.
enum ConfigVerb: Verb {
    static let spec = VerbSpec(
        name: "config", summary: "checks a configuration, and shows every value with its origin",
        synopsis: "check FILE | show [FILE] [options of run] [--json]",
        description: [
            "check reads FILE and everything that it names, and lists all that is wrong in one go, each with its "
                + "line and column, what was expected and what to do. What looks wrong and works is a warning.",
            "show prints every value that pks run would use with the same options, and where it comes from: a "
                + "default, FILE:line:column, the environment, or an option. What it prints is a configuration "
                + "itself.",
            "The command line goes before PKS_RUN_DIR, that before FILE, and that before the defaults. "
                + "docs/configuration.md explains every key; packaging/pks.toml is an example.",
        ],
        operand: OperandSpec(
            name: "check|show", countMin: 1, countMax: 2, help: "What to do, and the configuration."),
        options: RunOptions.specs + [
            OptionSpec("json", .flag, "Print JSON: one object.")
        ],
        examples: [
            ("config check /etc/pks/pks.toml", "Is it right?"),
            ("config show pks.toml --book alpha --wait park", "What would pks run do with these?"),
            ("config show", "Every key with its default."),
        ],
        exits: [
            (.success, "The configuration is right."), (.usage, "The command line is wrong."),
            (.noInput, "FILE cannot be opened."), (.noPermission, "This user may not read FILE."),
            (.badConfiguration, "The configuration is wrong; all that is wrong was listed."),
        ])

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        let words = options.operands
        guard let action = words.first, action == "check" || action == "show" else {
            let word = words.first ?? ""
            throw .failed(
                .usage, what: "config \(shown(word))", why: "unknown action",
                advice: Suggestion.nearest(to: word, in: ["check", "show"]).map { "did you mean \($0)?" }
                    ?? "check or show")
        }
        if words.count > 1, options.has("config") {
            throw .failed(
                .usage, what: "config", why: "\(shown(words[1])) and --config at once",
                advice: "name one file")
        }
        let file = words.count > 1 ? words[1] : options.text("config")
        return action == "check" ? try check(file, options) : try show(file, options)
    }

    private static func check(_ file: String?, _ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        guard let file else {
            throw .failed(.usage, what: "config check", why: "no FILE", advice: "name a configuration")
        }
        let settings = try RunOptions.settings(options)
        let isJSON = options.flag("json")
        let configuration: ServiceConfiguration
        do throws(ConfigurationError) {
            configuration = try ServiceConfiguration(file: file, commandLine: settings)
        } catch {
            guard isJSON, case .mistakes(let lines) = error else { throw CommandError(error) }
            try print(verdict(file, books: [], lines, []))
            return .badConfiguration
        }
        if isJSON {
            try print(verdict(file, books: configuration.books.map(\.name), [], configuration.warnings))
        } else {
            sayWarnings(configuration)
            let count = configuration.books.count
            try print(visible("\(file): ok, \(count) \(count == 1 ? "book" : "books")") + "\n")
        }
        return .success
    }

    private static func sayWarnings(_ configuration: ServiceConfiguration) {
        for warning in configuration.warnings { say(visible("pks: warning: \(warning)")) }
    }

    private static func verdict(
        _ file: String, books: [String], _ mistakes: [String], _ warnings: [String]
    ) -> String {
        var json = JSONText()
        json.beginObject()
        json.add("file", file)
        json.add("ok", mistakes.isEmpty)
        for (name, texts) in [("books", books), ("mistakes", mistakes), ("warnings", warnings)] {
            json.beginArray(name)
            for text in texts { json.add(nil, text) }
            json.endArray()
        }
        json.endObject()
        json.endLine()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private static func show(_ file: String?, _ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        let configuration = try RunOptions.configuration(options, file: file)
        sayWarnings(configuration)
        if options.flag("json") {
            try print(String(decoding: ConfigJSON.render(configuration), as: UTF8.self))
        } else {
            try print(configuration.toml)
        }
        return .success
    }

    private static func print(_ text: String) throws(CommandError) {
        let output = ByteWriter.standardOutput()
        try output.write(text)
        try output.flush()
    }
}
