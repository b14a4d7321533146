import PositionText

/// How rows of positions are printed.
enum RowFormat {
    case csv
    case json
    case table

    /// As asked for; if not, columns for a person and CSV for a program.
    init(_ options: ParsedOptions, _ terminal: Terminal) throws(CommandError) {
        if options.flag("csv") && options.flag("json") {
            throw .failed(
                .usage, what: options.spec.name, why: "--csv and --json at once", advice: "choose one")
        }
        self = options.flag("json") ? .json : options.flag("csv") || !terminal.isTerminal ? .csv : .table
    }
}

/// Prints rows of positions in one format: a first batch, then single rows as they change.
struct RowPrinter {
    let format: RowFormat
    private let output: ByteWriter
    private let terminal: Terminal
    private var table = TextTable(PositionRow.tableColumns)
    private var bytes: [UInt8] = []

    init(_ format: RowFormat, _ output: ByteWriter, _ terminal: Terminal) {
        self.format = format
        self.output = output
        self.terminal = terminal
    }

    /// Prints the header and a batch. JSON becomes one array with a row a line, or, when more rows are to
    /// come, one object a line.
    mutating func printAll(_ rows: [PositionRow], isStream: Bool) throws(CommandError) {
        switch format {
        case .csv:
            try output.write(PositionRow.csvHeader)
            for row in rows { try print(row) }
        case .table:
            for row in rows { table.add(row.cells) }
            try output.write(table.text(terminal))
        case .json:
            if isStream {
                for row in rows { try print(row) }
            } else {
                try printArray(rows)
            }
        }
    }

    /// Prints one row more.
    mutating func print(_ row: PositionRow) throws(CommandError) {
        bytes.removeAll(keepingCapacity: true)
        switch format {
        case .csv: row.appendCSV(to: &bytes)
        case .json:
            row.appendJSON(to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        case .table: bytes.append(text: table.line(row.cells) + "\n")
        }
        try output.write(bytes)
    }

    private mutating func printArray(_ rows: [PositionRow]) throws(CommandError) {
        try output.write("[")
        for (index, row) in rows.enumerated() {
            bytes.removeAll(keepingCapacity: true)
            bytes.append(static: index == 0 ? "\n" : ",\n")
            row.appendJSON(to: &bytes)
            try output.write(bytes)
        }
        try output.write(rows.isEmpty ? "]\n" : "\n]\n")
    }
}
