public import Journal
public import TestSupport

/// Records that say who they are, so that a journal's content can be checked without keeping it.
public enum TestRecord {
    /// The bytes of record `seq` in the `life`-th life of a journal.
    public static func bytes(_ seq: UInt64, life: Int = 0) -> [UInt8] {
        var random = SeededRandom(seed: seq &* 31 &+ UInt64(life))
        return (0..<16).flatMap { _ in
            // SAFETY: the bytes are copied.
            unsafe withUnsafeBytes(of: random.next()) { unsafe Array($0) }
        }
    }
}

/// A journal with its writer, driven by a random script.
public struct JournalRun: ~Copyable {
    /// The disk.
    public let directory: any JournalDirectory
    /// The writer.
    public var writer: JournalWriter
    /// What each record is, by sequence number less one.
    public private(set) var records: [[UInt8]]
    /// How far records had been reported durable when the log of a simulated directory had so many steps.
    public private(set) var reported: [(steps: Int, seq: UInt64)]
    /// Whether records also come while the disk works: then how many depends on how long it takes.
    private let overlaps: Bool
    /// Commits that had to be tried again.
    public private(set) var retries = 0

    /// A run behind `end`, in a directory that holds `records`.
    public init(
        _ directory: any JournalDirectory, after end: JournalEnd, records: [[UInt8]] = [],
        overlaps: Bool = true
    ) throws(JournalError) {
        self.overlaps = overlaps
        self.directory = directory
        writer = try JournalWriter(directory, book: "main", after: end, batchBlocksMax: 3, nowRealtimeNs: 1)
        self.records = records
        reported = [(0, end.lastSeq)]
    }

    /// Appends and commits in runs of random lengths; a commit that can be tried again is, now and then with more
    /// records appended.
    public mutating func step(_ random: inout SeededRandom, life: Int) throws(JournalError) {
        append([1, 2, 5, 30, 31, 32, 70, 120].randomElement(using: &random) ?? 1, life: life)
        while true {
            do throws(JournalError) {
                if overlaps && Int.random(in: 0..<2, using: &random) == 0 {
                    try commitTaking([0, 1, 29, 65, 100].randomElement(using: &random) ?? 0, life: life)
                } else {
                    try writer.commit(nowRealtimeNs: Int64(records.count), elapsedNs: Int64(records.count))
                }
                note()
                // What came meanwhile is for the next commit.
                if writer.appendedSeq == writer.durableSeq { break }
            } catch {
                note()
                guard error.isRetryable else { throw error }
                retries += 1
                if Int.random(in: 0..<2, using: &random) == 0 { append(7, life: life) }
            }
        }
        if Int.random(in: 0..<4, using: &random) == 0 { confirm() }
    }

    /// Commits, and has so many more records come while the disk works.
    private mutating func commitTaking(_ count: Int, life: Int) throws(JournalError) {
        let first = UInt64(records.count) + 1
        let more = (0..<count).map { TestRecord.bytes(first + UInt64($0), life: life) }
        defer { records += more.prefix(Int(writer.appendedSeq) - records.count) }
        // SAFETY: freed at the end of this function.
        let room = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 8)
        defer { unsafe room.deallocate() }
        // SAFETY: the room outlives the commit, and has what was asked for last.
        unsafe try writer.commit(nowRealtimeNs: Int64(records.count), elapsedNs: Int64(records.count)) {
            seq in
            guard seq >= first, seq < first + UInt64(count) else { return nil }
            unsafe room.copyMemory(from: more[Int(seq - first)], byteCount: 128)
            return UnsafeRawPointer(room)
        }
    }

    /// Appends so many records, or fewer when the batch is full.
    public mutating func append(_ count: Int, life: Int = 0) {
        for _ in 0..<count {
            let record = TestRecord.bytes(UInt64(records.count) + 1, life: life)
            // SAFETY: the array outlives the call.
            let isTaken = unsafe record.withUnsafeBytes { bytes in
                unsafe bytes.baseAddress.map { unsafe writer.append($0) } ?? false
            }
            if !isTaken { break }
            records.append(record)
        }
    }

    /// A confirmation that a fault stops is only tried again later.
    private mutating func confirm() {
        do throws(JournalError) {
            try writer.confirm(nowRealtimeNs: 0, elapsedNs: Int64(records.count))
        } catch { retries += 1 }
    }

    private mutating func note() {
        guard let simulated = directory as? SimulatedDirectory else { return }
        reported.append((simulated.stepCount, writer.durableSeq))
    }

    /// What had been reported when the log had so many steps.
    public func durable(afterSteps steps: Int) -> UInt64 { reported.last { $0.steps <= steps }?.seq ?? 0 }
}

/// Reads a whole journal and compares it with what was appended; returns its end.
public func scanned(
    _ directory: any JournalDirectory, _ records: [[UInt8]], from fromSeq: UInt64 = 1,
    knownDurableSeq: UInt64 = 0
) throws -> JournalEnd? {
    let scan = try JournalScan(directory, book: "main")
    var next: UInt64 = max(fromSeq, scan.firstSeq)
    var mismatch: UInt64?
    // SAFETY: the records are only compared, inside the closure.
    let end = unsafe try scan.run(from: fromSeq, knownDurableSeq: knownDurableSeq) {
        (seq, bytes) throws(JournalError) in
        if seq != next { mismatch = mismatch ?? seq }
        for place in 0..<bytes.count / 128 {
            let index = Int(seq) - 1 + place
            // SAFETY: the run is whole records.
            let isSame =
                unsafe index < records.count
                && records[index].elementsEqual(
                    bytes[place * 128..<(place + 1) * 128])
            if !isSame { mismatch = mismatch ?? UInt64(index) + 1 }
        }
        next = seq + UInt64(bytes.count / 128)
    }
    if let mismatch { throw WrongRecord(seq: mismatch) }
    if let end, end.lastSeq != next - 1, end.lastSeq >= fromSeq { throw WrongRecord(seq: next) }
    return end
}

/// A journal gave a record that was never appended at that place.
public struct WrongRecord: Error {
    /// Its number.
    public let seq: UInt64
}
