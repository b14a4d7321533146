import PositionText
package import ShmReader

/// How a book, its writer and its rings were at one look.
package struct BookHealth: Sendable, Equatable {
    /// What can be said of the book at all.
    package enum Condition: Sendable, Equatable {
        /// There is no segment of this name yet.
        case waiting
        /// There is one, and it cannot be attached; why, in words.
        case unreadable(String)
        /// What the writer says of itself.
        case writer(WriterStatus)
        /// The writer's process is gone and did not say that it ends.
        case dead
        /// The segment has no name any more and no other one has taken its place.
        case gone
    }

    /// The rings that feed the book.
    package struct Rings: Sendable, Equatable {
        /// Rings that could be looked at.
        package var count = 0
        /// Of them, those that the writer reads no more.
        package var quarantined = 0
        /// Records that are not in the book yet, on all of them.
        package var lag: UInt64 = 0

        package init() {}
    }

    /// What can be said of the book.
    package var condition: Condition
    /// The file in shared memory.
    package var path = ""
    /// Its ABI, such as 1.2.
    package var abi = ""
    /// The segment's life.
    package var epoch: UInt64 = 0
    /// The process that made the segment.
    package var writerPid: UInt32 = 0
    /// When the segment was made, CLOCK_MONOTONIC ns.
    package var createdNs: Int64 = 0
    /// The writer's last sign of life, CLOCK_MONOTONIC ns.
    package var heartbeatNs: Int64 = 0
    /// All slots show at least this record.
    package var appliedSeq: UInt64 = 0
    /// This record is on disk; 0 without a journal.
    package var durableSeq: UInt64 = 0
    /// What the writer has counted.
    package var counters: BookCounters?
    /// Refused records by reason, the most frequent first.
    package var rejects: [RejectCount] = []
    /// The rings that could be opened; nil when none could.
    package var rings: Rings?
    /// What connects the book with a bus; nil when it is on none.
    package var bus: BusView?

    /// How often records were refused for one reason.
    package struct RejectCount: Sendable, Equatable {
        /// The reason's stable name.
        package let reason: String
        /// How many.
        package let count: UInt64

        /// A reason and its count.
        package init(reason: String, count: UInt64) {
            self.reason = reason
            self.count = count
        }
    }

    /// A book of which nothing but this is known.
    package init(condition: Condition) { self.condition = condition }

    /// Whether the positions are of a writer that runs.
    package var isCurrent: Bool {
        switch condition {
        case .writer(.starting), .writer(.live), .writer(.degraded): true
        case .writer, .waiting, .unreadable, .dead, .gone: false
        }
    }

    /// The state in one word, as `pks ls` says it.
    package var word: String {
        switch condition {
        case .waiting: "waiting"
        case .unreadable: "broken"
        case .dead: "dead"
        case .gone: "gone"
        case .writer(let status): status.name
        }
    }

    /// What is wrong, in words; nil when all is well. `nowNs` is CLOCK_MONOTONIC.
    package func trouble(nowNs: Int64) -> String? {
        switch condition {
        case .waiting: "no segment yet: waiting for a writer"
        case .unreadable(let why): visible(why)
        case .dead: "the writer has died: these are its last positions"
        case .gone: "the segment is gone: these are its last positions; waiting for a new writer"
        case .writer(.starting): "the writer is starting: positions are not complete yet"
        case .writer(.degraded(let reasons)): "degraded: \(degradedText(reasons))"
        case .writer(.stopped): "the writer has ended: these are its final positions"
        case .writer(.retired): "another segment has taken this one's name"
        case .writer(.stale(let sinceNs)):
            "no sign of life for \(ageText(nowNs - sinceNs)): these are the last positions"
        case .writer(.live): nil
        }
    }
}
