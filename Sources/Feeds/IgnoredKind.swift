/// What a FIX log holds besides fills. Counted by kind, never an error.
public enum IgnoredKind: Hashable, Sendable {
    /// A line of the log without a message.
    case noMessage
    /// A message that is not an ExecutionReport, by MsgType (35).
    case messageType(String)
    /// An ExecutionReport that reports no trade, by ExecType (150).
    case execType(UInt8)
    /// An ExecutionReport that only answers a status request (20=3).
    case status
    /// A trade of quantity zero.
    case zeroLastQty
    /// The second report of a fill, with `--fix-dedupe cumqty`.
    case secondReport
}

extension IgnoredKind: CustomStringConvertible {
    /// The kind as a summary names it.
    public var description: String {
        switch self {
        case .noMessage: "lines without a FIX message"
        case .messageType(let type): "messages of type 35=\(type)"
        case .execType(let type): "reports with 150=\(Character(Unicode.Scalar(type)))"
        case .status: "status reports (20=3)"
        case .zeroLastQty: "trades with LastQty 0"
        case .secondReport: "second reports of a fill"
        }
    }
}
