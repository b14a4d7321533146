/// Instructions for each operation, out of what callgrind wrote.
///
/// Each gate is counted twice, with a smaller and with a larger number of operations. The difference has no trace of
/// what a run costs once: the first use of a function of a library, the growth of a table, the marks themselves.
package enum GateCounts {
    /// What callgrind says in one of its files: the name of the mark, and how many instructions. Nil for a file that
    /// no mark has asked for.
    package static func total(_ text: String) throws(GateError) -> (name: String, count: UInt64)? {
        var name: Substring?
        let mark = "desc: Trigger: Client Request: "
        for line in text.split(separator: "\n") {
            if line.hasPrefix(mark) { name = line.dropFirst(mark.count) }
            guard line.hasPrefix("totals:") || line.hasPrefix("summary:") else { continue }
            guard let name else { return nil }
            let number = line.split(separator: " ").last.flatMap { UInt64($0) }
            guard let number else { throw .unreadable("callgrind's line '\(line)' has no number") }
            return (String(name), number)
        }
        return nil
    }

    /// A mark's name: which gate, and how many operations.
    package static func mark(_ gate: String, operations: Int) -> String { "\(gate)@\(operations)" }

    /// Instructions an operation of each gate, out of the totals of marks. Throws `unreadable` when a gate does not
    /// have two of them.
    package static func perOperation(
        _ totals: [(name: String, count: UInt64)]
    ) throws(GateError) -> [String: Double] {
        var runs: [String: [(operations: Int, count: UInt64)]] = [:]
        for total in totals {
            let parts = total.name.split(separator: "@")
            guard parts.count == 2, let operations = Int(parts[1]) else {
                throw .unreadable("a mark is called '\(total.name)', which is not NAME@OPERATIONS")
            }
            runs[String(parts[0]), default: []].append((operations, total.count))
        }
        var result: [String: Double] = [:]
        for (gate, pair) in runs {
            let sorted = pair.sorted { $0.operations < $1.operations }
            guard sorted.count == 2, sorted[0].operations < sorted[1].operations,
                sorted[0].count < sorted[1].count
            else {
                throw .unreadable(
                    "\(gate) was not counted with a smaller and a larger number of operations (is valgrind's header "
                        + "installed where this was built? run ./run setup, then build again)")
            }
            let operations = Double(sorted[1].operations - sorted[0].operations)
            let each = Double(sorted[1].count - sorted[0].count) / operations
            result[gate] = (each * 100).rounded() / 100
        }
        return result
    }
}

/// Why gates cannot be judged.
package enum GateError: Error, Equatable, CustomStringConvertible {
    /// A file or a line is not what it must be.
    case unreadable(String)

    package var description: String {
        switch self {
        case .unreadable(let why): why
        }
    }
}
