/// Which message of a book it is: the record of the book's journal that it is of, and which of the record's effects.
/// The same in every replay, so a message that is sent again is known to be the same.
public struct MessageID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The record.
    public var seq: UInt64
    /// Which of its effects, from 0.
    public var n: UInt32

    /// A message of these parts.
    public init(seq: UInt64, n: UInt32) {
        self.seq = seq
        self.n = n
    }

    /// Before all messages.
    public static let none = MessageID(seq: 0, n: 0)

    /// After all messages of a record.
    public static func all(of seq: UInt64) -> MessageID { MessageID(seq: seq, n: .max) }

    /// By record, then by number in the record.
    public static func < (left: MessageID, right: MessageID) -> Bool {
        (left.seq, left.n) < (right.seq, right.n)
    }

    /// For people; `text(book:)` is what travels.
    public var description: String { n == .max ? "\(seq)" : "\(seq):\(n)" }

    /// What `Nats-Msg-Id` says.
    public func text(book: String) -> String { "\(book):\(seq):\(n)" }

    /// The message that a `Nats-Msg-Id` names; nil when it is none of this book's.
    public init?(_ text: String, book: String) {
        guard text.hasPrefix(book + ":") else { return nil }
        let parts = text.dropFirst(book.utf8.count + 1).split(
            separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let seq = UInt64(parts[0]), let n = UInt32(parts[1]), seq > 0,
            parts[0] == String(seq), parts[1] == String(n)
        else { return nil }
        self.init(seq: seq, n: n)
    }
}
