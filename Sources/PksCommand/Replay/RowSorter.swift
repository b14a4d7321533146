import Glibc

/// Sorts any number of rows of text in bounded memory: by key, then by two numbers.
///
/// Rows collect in memory. When that is full they are sorted and written as a run into one temporary file
/// that has no name, so that nothing is left behind whatever happens; in the end the runs are merged. What
/// fits in memory never touches the disk. The order of two keys must not change while rows are added,
/// although keys may come in between.
final class RowSorter {
    /// Where a row stands in memory and what it is sorted by.
    private struct Entry {
        var key: UInt32
        var length: UInt32
        var first: UInt64
        var second: UInt64
        var offset: Int
    }

    /// How many rows there are.
    private(set) var count = 0
    private let directory: String
    private let bytesMax: Int
    private var entries: [Entry] = []
    private var text: [UInt8] = []
    private var runs: [Range<Int>] = []
    private var spill: SpillFile?
    private var spillBytes = 0

    /// Sorts in about `bytesMax` bytes of memory, with overflow in a file in `directory`.
    init(directory: String, bytesMax: Int = 96 << 20) {
        self.directory = directory
        self.bytesMax = bytesMax
    }

    /// Adds a row. `ranks` is called only when memory is full; it gives the place of each key.
    func add(
        key: UInt32, _ first: UInt64, _ second: UInt64, row: [UInt8], ranks: () -> [UInt32]
    ) throws(CommandError) {
        count += 1
        entries.append(
            Entry(key: key, length: UInt32(row.count), first: first, second: second, offset: text.count))
        text.append(contentsOf: row)
        if text.count + entries.count * MemoryLayout<Entry>.stride >= bytesMax { try writeRun(ranks()) }
    }

    /// Writes all rows in order to `output`. Call it once.
    func write(to output: ByteWriter, ranks: [UInt32]) throws(CommandError) {
        if runs.isEmpty {
            sort(ranks)
            for entry in entries { try output.write(text[entry.offset..<entry.offset + Int(entry.length)]) }
            return
        }
        if !entries.isEmpty { try writeRun(ranks) }
        guard let spill else { return }
        let windowBytes = max(1 << 14, min(1 << 20, bytesMax / (2 * runs.count)))
        var heads: [RunReader] = []
        for run in runs {
            let reader = RunReader(spill, run, windowBytes: windowBytes)
            if try reader.advance() { heads.append(reader) }
        }
        try merge(heads, ranks, output)
    }

    private func sort(_ ranks: [UInt32]) {
        entries.sort { left, right in
            (ranks[Int(left.key)], left.first, left.second)
                < (ranks[Int(right.key)], right.first, right.second)
        }
    }

    /// A run is rows one after the other: key, length, both numbers, text.
    private func writeRun(_ ranks: [UInt32]) throws(CommandError) {
        sort(ranks)
        if spill == nil { spill = try SpillFile(directory: directory) }
        guard let spill else { return }
        let start = spillBytes
        var bytes: [UInt8] = []
        for entry in entries {
            bytes.append(word: UInt64(entry.key) | UInt64(entry.length) << 32)
            bytes.append(word: entry.first)
            bytes.append(word: entry.second)
            bytes.append(contentsOf: text[entry.offset..<entry.offset + Int(entry.length)])
            if bytes.count >= 1 << 18 {
                try spill.append(bytes, at: spillBytes)
                spillBytes += bytes.count
                bytes.removeAll(keepingCapacity: true)
            }
        }
        try spill.append(bytes, at: spillBytes)
        spillBytes += bytes.count
        runs.append(start..<spillBytes)
        entries.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
    }

    /// Takes the least of all runs' next rows, again and again: a binary heap of runs.
    private func merge(
        _ readers: [RunReader], _ ranks: [UInt32], _ output: ByteWriter
    ) throws(CommandError) {
        func precedes(_ left: RunReader, _ right: RunReader) -> Bool {
            (ranks[Int(left.key)], left.first, left.second)
                < (ranks[Int(right.key)], right.first, right.second)
        }
        var heap = readers.sorted(by: precedes)
        while let least = heap.first {
            try output.write(least.row)
            if try !least.advance() {
                heap[0] = heap[heap.count - 1]
                heap.removeLast()
            }
            var place = 0
            while true {
                var child = 2 * place + 1
                if child >= heap.count { break }
                if child + 1 < heap.count, precedes(heap[child + 1], heap[child]) { child += 1 }
                if !precedes(heap[child], heap[place]) { break }
                heap.swapAt(place, child)
                place = child
            }
        }
    }
}

/// Reads one run of a spill file row by row.
private final class RunReader {
    private(set) var key: UInt32 = 0
    private(set) var first: UInt64 = 0
    private(set) var second: UInt64 = 0
    private(set) var row: ArraySlice<UInt8> = []

    private let file: SpillFile
    private let windowBytes: Int
    private var unread: Range<Int>
    private var window: [UInt8] = []
    private var next = 0
    private static let headBytes = 24

    init(_ file: SpillFile, _ run: Range<Int>, windowBytes: Int) {
        self.file = file
        self.windowBytes = windowBytes
        unread = run
    }

    /// Moves to the next row; false at the end.
    func advance() throws(CommandError) -> Bool {
        row = []
        if next == window.count && unread.isEmpty { return false }
        try need(Self.headBytes)
        let lengths = window.word(at: next)
        key = UInt32(truncatingIfNeeded: lengths)
        let length = Int(lengths >> 32)
        try need(Self.headBytes + length)
        first = window.word(at: next + 8)
        second = window.word(at: next + 16)
        row = window[next + Self.headBytes..<next + Self.headBytes + length]
        next += Self.headBytes + length
        return true
    }

    /// Makes `count` bytes from `next` on present.
    private func need(_ count: Int) throws(CommandError) {
        if window.count - next >= count { return }
        window.removeFirst(next)
        next = 0
        let more = min(unread.count, max(windowBytes, count - window.count))
        try file.read(unread.lowerBound, count: more, into: &window)
        unread = unread.lowerBound + more..<unread.upperBound
        precondition(window.count >= count, "a run ends with a row")
    }
}

extension [UInt8] {
    fileprivate mutating func append(word: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            append(UInt8(truncatingIfNeeded: word >> shift))
        }
    }

    fileprivate func word(at offset: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<8 { word |= UInt64(self[offset + index]) << UInt64(index * 8) }
        return word
    }
}
