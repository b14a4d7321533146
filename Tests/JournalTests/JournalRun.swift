import Journal
import TestSupport

/// Records that say who they are, so that a journal's content can be checked without keeping it.
enum TestRecord {
    static func bytes(_ seq: UInt64, life: Int = 0) -> [UInt8] {
        var random = SeededRandom(seed: seq &* 31 &+ UInt64(life))
        return (0..<16).flatMap { _ in
            // SAFETY: the bytes are copied.
            unsafe withUnsafeBytes(of: random.next()) { unsafe Array($0) }
        }
    }
}

/// A journal with its writer, driven by a random script.
struct JournalRun: ~Copyable {
    let directory: SimulatedDirectory
    var writer: JournalWriter
    /// What each record is, by sequence number less one.
    var records: [[UInt8]]
    /// After so many steps of the log, records up to this one had been reported durable.
    var reported: [(steps: Int, seq: UInt64)]

    init(_ directory: SimulatedDirectory, after end: JournalEnd, records: [[UInt8]]) throws {
        self.directory = directory
        writer = try JournalWriter(directory, book: "main", after: end, batchBlocksMax: 3, nowRealtimeNs: 1)
        self.records = records
        reported = [(0, end.lastSeq)]
    }

    /// Appends and commits in runs of random lengths.
    mutating func step(_ random: inout SeededRandom, life: Int) throws {
        let wanted = [1, 2, 5, 30, 31, 32, 70, 120].randomElement(using: &random) ?? 1
        for _ in 0..<wanted {
            let record = TestRecord.bytes(UInt64(records.count) + 1, life: life)
            // SAFETY: the array outlives the call.
            let isTaken = unsafe record.withUnsafeBytes { bytes in
                unsafe bytes.baseAddress.map { unsafe writer.append($0) } ?? false
            }
            if !isTaken { break }
            records.append(record)
        }
        try writer.commit(nowRealtimeNs: Int64(records.count))
        reported.append((directory.log.count, writer.durableSeq))
        if Int.random(in: 0..<4, using: &random) == 0 { try writer.confirm(nowRealtimeNs: 0) }
    }

    /// What had been reported when the log had so many steps.
    func durable(afterSteps steps: Int) -> UInt64 { reported.last { $0.steps <= steps }?.seq ?? 0 }
}

/// Reads a whole journal and compares it with what was appended; returns its end.
func scanned(
    _ directory: SimulatedDirectory, _ records: [[UInt8]], knownDurableSeq: UInt64 = 0
) throws -> JournalEnd? {
    let scan = try JournalScan(directory, book: "main")
    var next: UInt64 = 1
    var mismatch: UInt64?
    let end = unsafe try scan.run(knownDurableSeq: knownDurableSeq) { (seq, bytes) throws(JournalError) in
        if seq != next { mismatch = mismatch ?? seq }
        for place in 0..<bytes.count / 128 {
            // SAFETY: the run is whole records.
            let record = unsafe Array(bytes[place * 128..<(place + 1) * 128])
            let index = Int(seq) - 1 + place
            if index >= records.count || records[index] != record { mismatch = mismatch ?? UInt64(index) + 1 }
        }
        next = seq + UInt64(bytes.count / 128)
    }
    if let mismatch { throw WrongRecord(seq: mismatch) }
    if let end, end.lastSeq != next - 1 { throw WrongRecord(seq: next) }
    return end
}

/// A journal gave a record that was never appended at that place.
struct WrongRecord: Error {
    let seq: UInt64
}
