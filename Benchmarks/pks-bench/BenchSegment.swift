import CSeqlock
import Glibc
import ShmBridge
import ShmReader

/// A segment (and ring) of this process's own name, so that runs do not meet.
struct BenchSegment {
    let book = "bench-\(getpid())"
    let slotCapacity: Int

    init(slotCapacity: Int) throws {
        self.slotCapacity = slotCapacity
    }

    /// The right to write a book; the lock's file goes when this process ends.
    static func lock(book: String) throws -> WriterLock {
        let lock = try WriterLock(book: book)
        Traces.removeAtEnd(lock.path)
        return lock
    }

    func makeWriter() throws -> SegmentWriter {
        let lock = try Self.lock(book: book)
        return try SegmentWriter(SegmentConfiguration(book: book, slotCapacity: slotCapacity), lock: lock)
    }

    func makeReader() throws -> SegmentReader { try SegmentReader(book: book) }

    static func entry(_ symbol: String) -> pks_directory_entry {
        var entry = pks_directory_entry()
        BenchText.write("acc", into: &entry, at: 0)
        BenchText.write("strat", into: &entry, at: 32)
        BenchText.write(symbol, into: &entry, at: 64)
        entry.multiplier = 1
        (entry.price_decimals, entry.qty_decimals, entry.fee_decimals) = (8, 8, 8)
        entry.method = UInt8(PKS_METHOD_FIFO)
        return entry
    }
}

/// Text in the fixed fields of records.
enum BenchText {
    static func write<T>(_ text: String, into record: inout T, at offset: Int) {
        // SAFETY: callers write short texts into fields that the C headers place at `offset`.
        unsafe withUnsafeMutableBytes(of: &record) { bytes in
            for (index, byte) in text.utf8.enumerated() { unsafe bytes[offset + index] = byte }
        }
    }

    /// Eleven decimal digits.
    static func write<T>(_ number: UInt64, into record: inout T, at offset: Int) {
        // SAFETY: as above; id fields have 40 bytes.
        unsafe withUnsafeMutableBytes(of: &record) { bytes in
            var rest = number
            for index in stride(from: 10, through: 0, by: -1) {
                unsafe bytes[offset + index] = UInt8(48 + rest % 10)
                rest /= 10
            }
        }
    }
}

/// SplitMix64, so that a run is repeatable.
struct BenchRandom {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
