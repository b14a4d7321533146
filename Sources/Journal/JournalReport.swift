/// What an inspection has found in the files of a journal.
public struct JournalReport: Equatable, Sendable {
    /// One file.
    public struct Segment: Equatable, Sendable {
        /// The number in its name.
        public var number: UInt64
        /// Its name in the directory.
        public var name: String
        /// Its size.
        public var byteCount: Int
        /// The first record that belongs there.
        public var firstSeq: UInt64
        /// How many records can be read there.
        public var recordCount: UInt64
        /// When it was made, ns since 1970; 0 when its header cannot be read.
        public var createdRealtimeNs: Int64
    }

    /// A part that is not what it must be.
    public struct Fault: Equatable, Sendable {
        /// The file.
        public var object: String
        /// Where in it, in bytes.
        public var offset: Int
        /// The records that cannot be read because of it; nil when it costs none by itself.
        public var records: ClosedRange<UInt64>?
        /// What is wrong there.
        public var reason: String
    }

    /// How the journal is.
    public enum Verdict: Equatable, Sendable {
        /// There are no files.
        case empty
        /// Every record that was durable is there; behind the last one there is nothing.
        case whole
        /// Every record that was durable is there; behind the last one there is what a write that nobody was told
        /// of has left. Normal after a crash, and while somebody writes.
        case tornEnd
        /// Records that were durable cannot be read, and no whole block comes after them.
        case damagedEnd
        /// Something is wrong before whole blocks, or with a file as such.
        case damaged
    }

    /// Random, never zero: which journal; 0 when no header can be read.
    public var epoch: UInt64 = 0
    /// Where records lie; nil when no header can be read.
    public var layout: JournalLayout?
    /// The book that the headers name; nil when no header can be read.
    public var book: String?
    /// How often the journal was opened for writing, as far as its blocks say.
    public var life: UInt32 = 0
    /// The files, in order.
    public var segments: [Segment] = []
    /// Whether the next segment has been made beforehand.
    public var hasSpare = false
    /// The first record that the files hold.
    public var firstSeq: UInt64 = 1
    /// The last record of the unbroken chain from there on; one less than `firstSeq` when there is none.
    public var lastSeq: UInt64 = 0
    /// The newest record that something in the files says was durable.
    public var durableSeq: UInt64 = 0
    /// When the newest block was written, ns since 1970 by that machine's clock; 0 when there is none.
    public var writtenRealtimeNs: Int64 = 0
    /// What is wrong, in order of place; at most `faultsMax`, of `faultCount` in all.
    public var faults: [Fault] = []
    /// How many faults there are.
    public var faultCount = 0
    /// Records that can be read behind the first fault.
    public var recordsBehind: UInt64 = 0
    /// Tails that cannot be read and are not needed, by file and offset.
    public var uselessTails: [Fault] = []
    /// How the journal is.
    public var verdict = Verdict.empty
    /// The caller had seen enough before the end: what comes behind was not judged.
    public var isCutShort = false

    /// The most faults that are told apart.
    public static var faultsMax: Int { 1000 }

    /// How many records the chain has.
    public var recordCount: UInt64 { lastSeq + 1 - firstSeq }

    mutating func add(_ fault: Fault) {
        faultCount += 1
        if faults.count < Self.faultsMax { faults.append(fault) }
    }
}
