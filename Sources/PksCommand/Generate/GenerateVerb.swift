import Glibc

/// `pks generate`: synthetic fills from a seed.
enum GenerateVerb: Verb {
    static let spec = VerbSpec(
        name: "generate", summary: "synthetic fills from a seed, for demonstrations and load",
        synopsis: "[--fills N] [--seed S] [options]",
        description: [
            "Writes rows that pks replay reads: several symbols with different decimals whose prices wander, "
                + "orders filled in parts, fees and rebates, positions that open, grow, shrink and flip. The "
                + "same options give the same bytes, on every machine."
        ],
        operand: nil,
        options: [
            OptionSpec("fills", .count(0...1 << 40), "Rows to write. Default: 100000."),
            OptionSpec("seed", .count(0...Int.max), "Where the random numbers begin. Default: 1."),
            OptionSpec("symbols", .count(1...100_000), "Symbols. Default: 8."),
            OptionSpec("accounts", .count(1...10_000), "Accounts. Default: 2."),
            OptionSpec("strategies", .count(1...10_000), "Strategies. Default: 2."),
            OptionSpec(
                "books", .count(1...64), "Name so many books in a column. Default: no such column."),
            OptionSpec("duplicates", .fraction, "Rows that repeat an earlier fill exactly. Default: 0."),
            OptionSpec(
                "conflicts", .fraction,
                "Rows that repeat an earlier fill's ids with another quantity. Default: 0."),
            OptionSpec("late", .fraction, "New fills with an event time 6 s to 10 min back. Default: 0."),
            OptionSpec("flips", .fraction, "New fills that take the position through zero. Default: 0.02."),
            OptionSpec("format", .choice(["csv", "jsonl"]), "What to write. Default: csv."),
            OptionSpec("out", .text(form: "FILE"), "Write there. Default: standard output."),
        ],
        examples: [
            ("generate --fills 1_000_000 --seed 7 > fills.csv", "A million fills, always the same."),
            ("generate --duplicates 5% --conflicts 0.1% | pks replay - --allow-rejects", "A dirty feed."),
        ],
        exits: [
            (.success, "Written, or whoever reads the output had enough."),
            (.usage, "The command line is wrong."), (.cannotCreate, "The output file cannot be made."),
            (.inputOutput, "Writing failed half-way."),
        ])

    private static let keysMax = 1 << 24

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        var wanted = GeneratorOptions()
        wanted.seed = UInt64(options.count("seed") ?? 1)
        wanted.symbols = options.count("symbols") ?? wanted.symbols
        wanted.accounts = options.count("accounts") ?? wanted.accounts
        wanted.strategies = options.count("strategies") ?? wanted.strategies
        wanted.books = options.count("books") ?? 0
        wanted.duplicates = options.fraction("duplicates") ?? 0
        wanted.conflicts = options.fraction("conflicts") ?? 0
        wanted.late = options.fraction("late") ?? 0
        wanted.flips = options.fraction("flips") ?? wanted.flips
        let keyCount = wanted.symbols * wanted.accounts * wanted.strategies * max(1, wanted.books)
        guard keyCount <= keysMax else {
            throw .failed(
                .usage, what: "generate",
                why: "\(keyCount) keys (books x accounts x strategies x symbols) are more than \(keysMax)",
                advice: "lower one of them")
        }
        let isJSON = options.text("format") == "jsonl"
        let fillCount = options.count("fills") ?? 100_000
        guard let path = options.text("out") else {
            try write(wanted, fillCount, isJSON: isJSON, to: ByteWriter.standardOutput())
            return .success
        }
        // SAFETY: the name lives for the call.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw .failed(
                .cannotCreate, what: path, why: errnoText(errno), advice: "choose another --out file")
        }
        let output = ByteWriter(descriptor: descriptor, name: path, ownsDescriptor: true)
        try write(wanted, fillCount, isJSON: isJSON, to: output)
        return .success
    }

    private static func write(
        _ options: GeneratorOptions, _ fillCount: Int, isJSON: Bool, to output: ByteWriter
    ) throws(CommandError) {
        var generator = FillGenerator(options)
        let text = FillText(generator, isJSON: isJSON, hasBook: options.books > 0)
        var bytes = text.header
        for _ in 0..<fillCount {
            text.append(generator.next(), to: &bytes)
            if bytes.count >= 1 << 16 {
                try output.write(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        try output.write(bytes)
        try output.flush()
    }
}
