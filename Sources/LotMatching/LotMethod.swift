/// In which order open lots are closed. The raw values are those of the shared-memory ABI.
@frozen
public enum LotMethod: UInt8, Sendable, CaseIterable {
    /// The lot opened first.
    case fifo = 1
    /// The lot opened last.
    case lifo = 2
    /// The highest opening price, long or short; among equals the one opened first.
    case hifo = 3
    /// The lowest opening price, long or short; among equals the one opened first.
    case lofo = 4
    /// One pooled lot at the weighted average cost.
    case average = 5

    /// The name as options and files spell it.
    public var name: String {
        switch self {
        case .fifo: "fifo"
        case .lifo: "lifo"
        case .hifo: "hifo"
        case .lofo: "lofo"
        case .average: "average"
        }
    }

    /// From its name, in any case; nil when there is no such method.
    public init?(name: String) {
        let lowered = name.lowercased()
        guard let method = LotMethod.allCases.first(where: { $0.name == lowered }) else { return nil }
        self = method
    }
}
