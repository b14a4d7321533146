/// Dead letters and rejects on their way: each is sent with an id until the server says that it is stored. Pure but for
/// the sending, which is the caller's. Bounded by its user, who takes nothing more while it `isFull`.
struct StoreQueue {
    /// Something to store.
    struct Letter {
        /// A number of its own, part of the subject for the answer.
        let number: UInt64
        /// The message that it is about, as `DeliveryOrder` counts; nil when an acknowledgement is to follow at once.
        var message: UInt64?
        let subject: String
        let headers: [(name: String, value: String)]
        let payload: [UInt8]
        /// When it was sent last, CLOCK_MONOTONIC ns; nil: not on this connection.
        var sentNs: Int64?
        /// What to acknowledge once it is stored; empty: nothing.
        let acknowledges: String
    }

    /// Letters at a time.
    static let lettersMax = 4096
    /// Bytes at a time, at least one letter.
    static let bytesMax = 16 << 20

    private(set) var letters: [Letter] = []
    private var byteCount = 0
    /// The number that the next letter gets.
    private(set) var nextNumber: UInt64 = 0

    /// Takes no more for now.
    var isFull: Bool { letters.count >= Self.lettersMax || byteCount >= Self.bytesMax }
    /// Nothing is on its way.
    var isEmpty: Bool { letters.isEmpty }

    /// Adds a letter; returns its place in the list.
    mutating func add(
        to subject: String, _ payload: [UInt8], headers: [(name: String, value: String)],
        message: UInt64? = nil,
        acknowledges: String = ""
    ) -> UInt64 {
        letters.append(
            Letter(
                number: nextNumber, message: message, subject: subject, headers: headers, payload: payload,
                sentNs: nil,
                acknowledges: acknowledges))
        byteCount += payload.count
        nextNumber += 1
        return nextNumber - 1
    }

    /// Letters from this number on are about a message.
    mutating func assign(from number: UInt64, to message: UInt64) {
        for index in letters.indices where letters[index].number >= number {
            letters[index].message = message
        }
    }

    /// Nothing that was sent before counts: the connection is another.
    mutating func noteReconnect() { for index in letters.indices { letters[index].sentNs = nil } }

    /// Letters that are to be sent now: never sent, or without an answer for `retryNs`. Notes them as sent.
    mutating func takeDue(nowNs: Int64, retryNs: Int64) -> [Letter] {
        var due: [Letter] = []
        for index in letters.indices {
            if let sentNs = letters[index].sentNs, nowNs - sentNs < retryNs { continue }
            letters[index].sentNs = nowNs
            due.append(letters[index])
        }
        return due
    }

    /// A letter is stored; it, unless it was known before.
    mutating func noteStored(_ number: UInt64) -> Letter? {
        guard let index = letters.firstIndex(where: { $0.number == number }) else { return nil }
        byteCount -= letters[index].payload.count
        return letters.remove(at: index)
    }
}
