/// What a command line said, checked against its verb's spec. Asking for an option that the spec does not
/// have, or in another type than it has, is a defect of the program.
struct ParsedOptions {
    enum Value: Equatable {
        case flag
        case text(String)
        case texts([String])
        case count(Int)
        case durationNs(Int64)
        case fraction(Double)
    }

    let spec: VerbSpec
    /// What is not an option, in order.
    let operands: [String]
    let values: [String: Value]

    /// Whether an option stands on the command line at all.
    func has(_ name: String) -> Bool {
        precondition(spec.option(named: name) != nil, "\(spec.name) has no option \(name)")
        return values[name] != nil
    }

    func flag(_ name: String) -> Bool { has(name) }

    func text(_ name: String) -> String? {
        guard has(name), let value = values[name] else { return nil }
        guard case .text(let text) = value else { preconditionFailure("\(name) is no text") }
        return text
    }

    /// Every value of an option that may stand there several times, in order; none when it does not.
    func texts(_ name: String) -> [String] {
        guard has(name), let value = values[name] else { return [] }
        guard case .texts(let texts) = value else { preconditionFailure("\(name) is not repeated") }
        return texts
    }

    func count(_ name: String) -> Int? {
        guard has(name), let value = values[name] else { return nil }
        guard case .count(let count) = value else { preconditionFailure("\(name) is no count") }
        return count
    }

    func durationNs(_ name: String) -> Int64? {
        guard has(name), let value = values[name] else { return nil }
        guard case .durationNs(let ns) = value else { preconditionFailure("\(name) is no duration") }
        return ns
    }

    func fraction(_ name: String) -> Double? {
        guard has(name), let value = values[name] else { return nil }
        guard case .fraction(let fraction) = value else { preconditionFailure("\(name) is no fraction") }
        return fraction
    }
}
