/// Sees that messages were removed from the stream before this book had them, while it reads. Pure.
///
/// The sequence numbers of a book's messages have holes: other books' messages, or messages that are no more. Which of
/// the two a hole was is known as long as nothing has been removed after it; so each hole is looked at soon.
struct RemovalWatch {
    private var hole: (from: UInt64, to: UInt64)?

    /// A hole waits for a look: nothing after it may be kept before, or a crash would forget it.
    var isPending: Bool { hole != nil }

    /// A message was taken; `from` is the first sequence after what had been seen before.
    mutating func noteTaken(_ sequence: UInt64, from: UInt64) {
        if sequence > from && hole == nil { hole = (from, sequence - 1) }
    }

    /// Looks at the stream as it is now, after everything that was noted. `restingAt`: nothing is under way or waiting, and
    /// this is the last that was seen; nil when something may be.
    mutating func look(_ stream: StreamState, restingAt: UInt64?) -> IngestAlarm? {
        if let restingAt, hole == nil { hole = (restingAt + 1, .max) }
        guard let hole else { return nil }
        self.hole = nil
        if !stream.isKeptToLimits || stream.firstSequence <= hole.from { return nil }
        let end = min(hole.to, stream.firstSequence - 1)
        return IngestAlarm(
            .messagesRemoved,
            "stream \(stream.name) begins at \(stream.firstSequence); messages \(hole.from) to \(end) were removed before"
                + " this book had seen them; those that were for it are lost (publish them again)")
    }
}
