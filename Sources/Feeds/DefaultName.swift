/// The name that rows get which state none. It comes from the command line, so it is checked as a row's own name
/// is; the problem, if there is one, is every such row's.
struct DefaultName {
    let bytes: [UInt8]
    let problem: RowProblem?

    init(_ name: String, field: FeedField, bytesMax: Int) {
        bytes = Array(name.utf8)
        problem = DefaultName.problem(with: bytes, field, bytesMax: bytesMax)
    }

    private static func problem(with bytes: [UInt8], _ field: FeedField, bytesMax: Int) -> RowProblem? {
        if bytes.isEmpty {
            return RowProblem(
                reason: .missingField, offset: 0, detail: "no \(field.name), and the default for it is empty")
        }
        if bytes.count > bytesMax {
            return RowProblem(
                reason: .nameTooLong, offset: 0,
                detail:
                    "no \(field.name), and the default for it has \(bytes.count) bytes; \(bytesMax) is the most"
            )
        }
        if firstControl(in: bytes.span) != nil {
            return RowProblem(
                reason: .binaryData, offset: 0,
                detail: "no \(field.name), and the default for it has a control character")
        }
        return nil
    }
}
