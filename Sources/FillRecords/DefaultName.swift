/// The name that rows get which state none. It comes from the command line, so it is checked as a row's own name
/// is; the problem, if there is one, is every such row's.
struct DefaultName {
    let bytes: [UInt8]
    let problem: FillProblem?

    init(_ name: String, field: FillField, bytesMax: Int) {
        bytes = Array(name.utf8)
        problem = DefaultName.problem(with: bytes, field, bytesMax: bytesMax)
    }

    private static func problem(with bytes: [UInt8], _ field: FillField, bytesMax: Int) -> FillProblem? {
        if bytes.isEmpty {
            return FillProblem(
                reason: .missingField, offset: 0, detail: "no \(field.name), and the default for it is empty")
        }
        if bytes.count > bytesMax {
            return FillProblem(
                reason: .nameTooLong, offset: 0,
                detail:
                    "no \(field.name), and the default for it has \(bytes.count) bytes; \(bytesMax) is the most"
            )
        }
        if firstControl(in: bytes.span) != nil {
            return FillProblem(
                reason: .binaryData, offset: 0,
                detail: "no \(field.name), and the default for it has a control character")
        }
        return nil
    }
}
