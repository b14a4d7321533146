import CSeqlock

/// How far each ring is in a journal: what a replay counts, and where a ring goes on after a crash.
///
/// A ring is known by the epoch of its file. While it is attached its records carry its number; a number is used
/// again, an epoch never.
public struct RingTable: Sendable, Equatable {
    /// One ring.
    public struct Entry: Sendable, Equatable {
        /// Of the ring's file.
        public var epoch: UInt64
        /// The first of its records that is not in the journal.
        public var next: UInt64
        /// Its producer's name.
        public var producer: String
    }

    /// Rings that are not attached and may come back, at most; the ones that went first are forgotten first.
    static let dormantMax = 4096

    /// Some ring had given records away before the book first had it.
    public internal(set) var lacksHistory = false
    /// Next record by ring number; the last place takes what is of no ring.
    private var nexts = [UInt64](repeating: 0, count: 256)
    /// Attached rings by number; `next` of these is in `nexts`.
    private var attached = [Entry?](repeating: nil, count: 256)
    private var dormant: [Entry] = []

    /// No ring is known.
    public init() {}

    /// Counts one record of the ring that a journal's `handle` names.
    @inline(__always)
    mutating func count(_ tagged: UInt32) {
        nexts[Int(tagged >> 24)] &+= 1
    }

    /// A ring comes: its records carry this number from now on.
    mutating func attach(_ number: Int, _ entry: Entry) {
        letGo(number)
        for place in attached.indices where attached[place]?.epoch == entry.epoch { attached[place] = nil }
        dormant.removeAll { $0.epoch == entry.epoch }
        attached[number] = entry
        nexts[number] = entry.next
    }

    /// A ring goes for good.
    mutating func remove(_ number: Int) { attached[number] = nil }

    private mutating func letGo(_ number: Int) {
        guard var entry = attached[number] else { return }
        entry.next = nexts[number]
        attached[number] = nil
        dormant.append(entry)
        if dormant.count > Self.dormantMax { dormant.removeFirst() }
    }

    /// Every ring that is known, in no particular order. Allocates.
    public var entries: [Entry] {
        var result = dormant
        for (number, entry) in attached.enumerated() {
            guard var entry else { continue }
            entry.next = nexts[number]
            result.append(entry)
        }
        return result
    }

    /// Where a ring goes on; nil when the journal does not know it. Steps grow with the rings.
    public func next(ofEpoch epoch: UInt64) -> UInt64? { entries.first { $0.epoch == epoch }?.next }

    // MARK: - In a checkpoint

    /// All of it as bytes: for each ring its number (255: not attached; 254: no ring, but that history is missing), its epoch, its next record and its
    /// producer's name, 88 bytes. Allocates.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        func add(_ word: UInt64) {
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (shift * 8))) }
        }
        func add(_ number: Int, _ entry: Entry, _ next: UInt64) {
            add(UInt64(number))
            add(entry.epoch)
            add(next)
            let name = Array(entry.producer.utf8.prefix(64))
            bytes += name + [UInt8](repeating: 0, count: 64 - name.count)
        }
        if lacksHistory { add(254, Entry(epoch: 0, next: 0, producer: ""), 0) }
        for entry in dormant { add(255, entry, entry.next) }
        for (number, entry) in attached.enumerated() {
            if let entry { add(number, entry, nexts[number]) }
        }
        return bytes
    }

    /// Reads what `encoded` wrote; nil for anything else.
    public init?(encoded bytes: [UInt8]) {
        guard bytes.count % 88 == 0, bytes.count / 88 <= Self.dormantMax + 256 else { return nil }
        self.init()
        for start in stride(from: 0, to: bytes.count, by: 88) {
            func word(_ index: Int) -> UInt64 {
                (0..<8).reduce(0) { $0 | UInt64(bytes[start + index * 8 + $1]) << UInt64($1 * 8) }
            }
            guard word(0) <= 255,
                let name = String(
                    validating: bytes[start + 24..<start + 88].prefix { $0 != 0 }, as: UTF8.self)
            else { return nil }
            let entry = Entry(epoch: word(1), next: word(2), producer: name)
            if word(0) == 254 {
                lacksHistory = true
                continue
            }
            if word(0) == 255 { dormant.append(entry) } else { attach(Int(word(0)), entry) }
        }
    }
}
