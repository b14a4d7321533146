import CJournal

/// Where records lie. A record's place follows from its sequence number alone.
public struct JournalLayout: Equatable, Sendable {
    /// Blocks of a segment, header and tails not counted.
    public let blocksPerSegment: Int

    /// Bytes of a block.
    public static var blockBytes: Int { Int(PKS_JOURNAL_BLOCK_BYTES) }
    /// Records in a full block.
    public static var recordsPerBlock: Int { Int(PKS_JOURNAL_RECORDS) }

    /// A layout with so many blocks in a segment, at least one. The default makes files of 64 MiB.
    public init(blocksPerSegment: Int = 16_381) {
        precondition(blocksPerSegment > 0 && blocksPerSegment <= 1 << 24)
        self.blocksPerSegment = blocksPerSegment
    }

    /// Blocks before a segment's first: the header and two tails.
    public static var leadBlocks: Int { Int(PKS_JOURNAL_LEAD_BLOCKS) }

    /// Size of a segment's file.
    public var segmentBytes: Int { (blocksPerSegment + Int(PKS_JOURNAL_LEAD_BLOCKS)) * Self.blockBytes }

    /// The block of a record, from 0. `seq` counts from 1.
    public static func block(ofRecord seq: UInt64) -> UInt64 { (seq - 1) / UInt64(recordsPerBlock) }

    /// The first record of a block.
    public static func firstRecord(ofBlock number: UInt64) -> UInt64 { number * UInt64(recordsPerBlock) + 1 }

    /// The segment of a block.
    public func segment(ofBlock number: UInt64) -> UInt64 { number / UInt64(blocksPerSegment) }

    /// The first block of a segment.
    public func firstBlock(ofSegment segment: UInt64) -> UInt64 { segment * UInt64(blocksPerSegment) }

    /// Where in its segment's file a block lies.
    public func offset(ofBlock number: UInt64) -> Int {
        let place = Int(number % UInt64(blocksPerSegment))
        return (place + Int(PKS_JOURNAL_LEAD_BLOCKS)) * Self.blockBytes
    }

    /// Where a tail lies, 0 or 1.
    public static func offset(ofTail turn: Int) -> Int { (1 + turn & 1) * blockBytes }

    /// The name of a segment's file.
    public static func name(ofSegment segment: UInt64) -> String {
        let digits = String(segment)
        return "journal-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".pksj"
    }

    /// The name of the file that a record is in.
    public func name(ofRecord seq: UInt64) -> String {
        Self.name(ofSegment: segment(ofBlock: Self.block(ofRecord: seq)))
    }

    /// The segment that a name is of; nil for other names.
    public static func segment(ofName name: String) -> UInt64? {
        guard name.hasPrefix("journal-"), name.hasSuffix(".pksj"),
            let segment = UInt64(name.dropFirst(8).dropLast(5)), Self.name(ofSegment: segment) == name
        else { return nil }
        return segment
    }
}
