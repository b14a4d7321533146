/// How long the old segments of a journal are kept. Whatever the rules say, the segment that is written to stays, and so
/// does all that a kept checkpoint still needs.
public struct SegmentRetention: Sendable, Equatable {
    /// The oldest segment goes while all of them together are larger than this, bytes; 0: size never matters.
    public var bytesMax = 0
    /// A segment goes when its last record is older than this, in ns of the journal's running time; 0: age never
    /// matters. No wall clock has a say.
    public var ageNsMax: Int64 = 0

    /// Everything is kept.
    public init() {}

    /// Whether anything may ever go.
    public var isOn: Bool { bytesMax > 0 || ageNsMax > 0 }
}

extension SegmentRetention {
    /// What a look at a journal's segments came to.
    struct Outcome: Equatable {
        /// The segments that there are now.
        var segments: ClosedRange<UInt64>
        /// How many went.
        var removedCount = 0
        /// One should go, and may not: no checkpoint has made it dispensable yet.
        var isHeld = false
    }

    /// Removes what may go, the oldest first and each durably before the next, so that wherever this is interrupted
    /// the rest has no gap. Records from `neededFromSeq` on stay. Nil when there are no segments. `elapsedNs`: the
    /// journal's running time now.
    func apply(
        to directory: any JournalDirectory, layout: JournalLayout, neededFromSeq: UInt64, elapsedNs: Int64,
        isStopped: () -> Bool = { false }
    ) throws(JournalError) -> Outcome? {
        let numbers = try directory.names().compactMap { JournalLayout.segment(ofName: $0) }
        guard let low = numbers.min(), let high = numbers.max() else { return nil }
        var outcome = Outcome(segments: low...high)
        for segment in low..<high where !isStopped() {
            guard
                try mustGo(
                    segment, of: low + UInt64(outcome.removedCount)...high, directory, layout, elapsedNs)
            else { break }
            let next = JournalLayout.firstRecord(ofBlock: layout.firstBlock(ofSegment: segment + 1))
            guard next <= neededFromSeq else {
                outcome.isHeld = true
                break
            }
            try directory.remove(JournalLayout.name(ofSegment: segment))
            outcome.removedCount += 1
            outcome.segments = segment + 1...high
        }
        return outcome
    }

    /// Whether the rules want the oldest segment gone. A segment is as old as the one after it.
    private func mustGo(
        _ segment: UInt64, of segments: ClosedRange<UInt64>, _ directory: any JournalDirectory,
        _ layout: JournalLayout, _ elapsedNs: Int64
    ) throws(JournalError) -> Bool {
        if bytesMax > 0 && segments.count * layout.segmentBytes > bytesMax { return true }
        if ageNsMax == 0 { return false }
        let next = try SegmentHeader(of: segment + 1, in: directory)
        return elapsedNs - next.createdElapsedNs > ageNsMax
    }
}

extension SegmentHeader {
    /// Reads and checks the header of a segment.
    init(of segment: UInt64, in directory: any JournalDirectory) throws(JournalError) {
        let name = JournalLayout.name(ofSegment: segment)
        let object = "\(directory.path)/\(name)"
        let file = try directory.open(name)
        let buffer = BlockBuffer(count: 1)
        // SAFETY (all of this function): the one block of the buffer.
        let count = unsafe try file.read(at: 0, into: buffer.bytes(0..<1))
        guard count == JournalLayout.blockBytes else {
            throw .damaged(object: object, offset: count, reason: "the file ends inside its header")
        }
        self = unsafe try SegmentHeader(buffer.block(0), object: object)
        guard self.segment == segment else {
            throw .wrongFile(object: object, reason: "is segment \(self.segment) under another name")
        }
    }
}
