import FillRecords

/// Which column of a CSV file holds which field.
struct CSVHeader {
    /// The column of each field that the file has, in the order of columns.
    private(set) var columns: [(column: Int, field: FillField)] = []
    /// How many columns there are, known or not.
    private(set) var columnCount = 0
    /// Columns that mean nothing to us, as far as their names can be shown; at most 32.
    private(set) var unknownNames: [String] = []

    /// Reads the header's fields. The names are matched exactly; columns without a name are ignored.
    mutating func read(_ fields: [FieldSlice], in row: Span<UInt8>) throws(RowProblem) {
        columnCount = fields.count
        var seen: Set<String> = []
        for (column, slice) in fields.enumerated() where slice.isPresent {
            let name = row.extracting(slice.range)
            if !seen.insert(string(name)).inserted {
                throw RowProblem(
                    reason: .duplicateColumn, offset: slice.start,
                    detail: "column \(quoted(name)) is there twice", endsFile: true)
            }
            if let field = FillField(name: name) {
                columns.append((column, field))
            } else if unknownNames.count < 32 {
                unknownNames.append(quoted(name))
            }
        }
        let missing = FillField.allCases.filter { field in
            field.isRequired && !columns.contains { $0.field == field }
        }
        if missing.isEmpty { return }
        let names = missing.map { "\($0.name)" }.joined(separator: ", ")
        let found = fields.prefix(12).map { quoted(row.extracting($0.range)) }.joined(separator: ", ")
        throw RowProblem(
            reason: .missingColumn, offset: 0,
            detail: "the header has no column \(names); it has \(columnCount): \(found)"
                + (columnCount > 12 ? ", ..." : "") + " (names are separated by commas)",
            endsFile: true)
    }
}
