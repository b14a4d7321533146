/// How far a book is in its stream: everything of it up to `sequence` is in the book's journal, or in the dead letters.
/// What the server believes about that is compared with this and gives way to it.
public struct IngestPosition: Equatable, Sendable {
    /// The stream's name.
    public var stream: String
    /// When the stream was made; another value is another stream of that name.
    public var createdNs: Int64
    /// The last message that is taken; 0: none.
    public var sequence: UInt64
    /// No message up to here was for this book, after `sequence`. Streams may hold those of other books.
    public var scannedThrough: UInt64
    /// Messages by which the stream is known again, oldest first; the newest is the one at `sequence`.
    public private(set) var anchors: [IngestAnchor]

    /// The most anchors that are kept.
    public static let anchorsMax = 64

    /// A position of these parts.
    public init(
        stream: String, createdNs: Int64, sequence: UInt64 = 0, scannedThrough: UInt64 = 0,
        anchors: [IngestAnchor] = []
    ) {
        self.stream = stream
        self.createdNs = createdNs
        self.sequence = sequence
        self.scannedThrough = max(sequence, scannedThrough)
        self.anchors = anchors
    }

    /// Moves on to a message. When there are too many anchors, the one goes that is missed least: they stand ever
    /// further apart the older they are.
    public mutating func advance(to anchor: IngestAnchor) {
        precondition(anchor.sequence > sequence, "a position moves forward")
        sequence = anchor.sequence
        scannedThrough = max(scannedThrough, sequence)
        anchors.append(anchor)
        if anchors.count <= Self.anchorsMax { return }
        var least = 1
        var leastCost = Double.infinity
        for index in 1..<anchors.count - 1 {
            let gap = Double(anchors[index + 1].sequence - anchors[index - 1].sequence)
            let age = Double(sequence - anchors[index].sequence) + 1
            if gap / age < leastCost { (least, leastCost) = (index, gap / age) }
        }
        anchors.remove(at: least)
    }

    /// The same position without its anchors above a sequence.
    func rewound(to sequence: UInt64) -> IngestPosition {
        IngestPosition(
            stream: stream, createdNs: createdNs, sequence: sequence, scannedThrough: sequence,
            anchors: anchors.filter { $0.sequence <= sequence })
    }
}
