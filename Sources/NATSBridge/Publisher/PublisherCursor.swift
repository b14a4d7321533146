import CJournal

/// How far a book's messages are known to be on the bus: everything up to `through` is stored, or gave way to a newer
/// state of its position that comes after. Kept in a file beside the journal, so that a new life goes on from there.
///
/// It may be behind the truth and never before it: what lies between is looked up in the streams.
public struct PublisherCursor: Equatable, Sendable {
    /// The message of ours that lies furthest back in a stream, of those that are done: a stream that has lost any of
    /// them has lost this one first.
    public struct Mark: Equatable, Sendable {
        /// The stream's name.
        public var stream: String
        /// When the stream was made, ns since 1970: another value is another stream.
        public var createdNs: Int64
        /// The message's place in it; 0: none of ours is known to be there.
        public var seq: UInt64
        /// Which message that is.
        public var id: MessageID
        /// Messages of ours that are not done lie behind this place, if they are in the stream.
        public var scanFrom: UInt64
        /// Where the stream ended when this journal met it: nothing at or before this place is this journal's.
        public var metSeq: UInt64

        /// A mark of these parts.
        public init(
            stream: String, createdNs: Int64, seq: UInt64, id: MessageID, scanFrom: UInt64, metSeq: UInt64 = 0
        ) {
            self.stream = stream
            self.createdNs = createdNs
            self.seq = seq
            self.id = id
            self.scanFrom = scanFrom
            self.metSeq = metSeq
        }
    }

    /// The journal that sequence numbers are of.
    public var epoch: UInt64
    /// Everything up to here is done.
    public var through: MessageID
    /// One a stream, in the order of their names.
    public var marks: [Mark]
    /// The journal was found to be an older copy: record `seq` was published and it ended at `lastSeq`. Kept, because
    /// a journal that goes on after that has other records under the same numbers.
    public struct Misfit: Equatable, Sendable {
        /// The record that the journal did not have.
        public var seq: UInt64
        /// Its last record then.
        public var lastSeq: UInt64
    }

    /// Nothing is published with this journal any more; nil when nothing is wrong.
    public var misfit: Misfit?
    /// By topic: messages up to here are stored, also where that is behind `through`.
    public var storedThrough: [MessageID]

    /// A cursor of these parts.
    public init(epoch: UInt64, through: MessageID = .none, marks: [Mark] = []) {
        self.epoch = epoch
        self.through = through
        self.marks = marks
        storedThrough = [MessageID](repeating: .none, count: PublishTopic.allCases.count)
    }

    /// The first record that a new life has to read.
    public var neededFromSeq: UInt64 { through.n == .max ? through.seq + 1 : max(1, through.seq) }

    /// The mark of a stream.
    func mark(_ stream: String) -> Mark? { marks.first { $0.stream == stream } }

    /// Puts a mark in place of the stream's old one.
    mutating func set(_ mark: Mark) {
        if let index = marks.firstIndex(where: { $0.stream == mark.stream }) {
            marks[index] = mark
        } else {
            marks.append(mark)
            marks.sort { $0.stream < $1.stream }
        }
    }

    // MARK: - The file

    /// The name of the file in a book's journal directory.
    public static let fileName = "nats-publisher"

    /// The text of the file: lines of words, the last one a checksum of the others.
    var text: String {
        var lines = "pks-publisher 1\njournal \(epoch)\nthrough \(through.seq) \(through.n)\n"
        for mark in marks {
            lines += "stream \(mark.stream) \(mark.createdNs) \(mark.seq) \(mark.id.seq) \(mark.id.n)"
            lines += " \(mark.scanFrom) \(mark.metSeq)\n"
        }
        if let misfit { lines += "misfit \(misfit.seq) \(misfit.lastSeq)\n" }
        for topic in PublishTopic.allCases {
            let id = storedThrough[topic.rawValue]
            if id != .none { lines += "topic \(topic.rawValue) \(id.seq) \(id.n)\n" }
        }
        return lines + "crc \(Self.checksum(lines))\n"
    }

    /// Reads what `text` gives; nil for anything else.
    init?(text: String) {
        guard text.hasSuffix("\n"), let end = text.dropLast().lastIndex(of: "\n") else { return nil }
        let body = String(text[...end])
        guard text[text.index(after: end)...] == "crc \(Self.checksum(body))\n" else { return nil }
        let lines = body.split(separator: "\n").map { $0.split(separator: " ") }
        guard lines.count >= 3, lines[0] == ["pks-publisher", "1"], lines[1].count == 2, lines[2].count == 3,
            let epoch = UInt64(lines[1][1]), let seq = UInt64(lines[2][1]), let n = UInt32(lines[2][2])
        else { return nil }
        self.init(epoch: epoch, through: MessageID(seq: seq, n: n))
        for line in lines.dropFirst(3) {
            let numbers = line.dropFirst(2).map { UInt64($0) ?? .max }
            if line[0] == "topic", line.count == 4, let topic = Int(line[1]),
                storedThrough.indices.contains(topic)
            {
                storedThrough[topic] = MessageID(seq: numbers[0], n: UInt32(clamping: numbers[1]))
            } else if line[0] == "misfit", line.count == 3, let seq = UInt64(line[1]) {
                misfit = Misfit(seq: seq, lastSeq: numbers[0])
            } else if line[0] == "stream", line.count == 7 || line.count == 8, let createdNs = Int64(line[2])
            {
                marks.append(
                    Mark(
                        stream: String(line[1]), createdNs: createdNs, seq: numbers[1],
                        id: MessageID(seq: numbers[2], n: UInt32(clamping: numbers[3])), scanFrom: numbers[4],
                        metSeq: numbers.count > 5 ? numbers[5] : 0)
                )
            } else {
                return nil
            }
        }
    }

    private static func checksum(_ text: String) -> UInt32 {
        let bytes = Array(text.utf8)
        // SAFETY: the array's own memory, for the call.
        return unsafe bytes.withUnsafeBytes { unsafe pks_crc32c(0, $0.baseAddress, $0.count) }
    }
}
