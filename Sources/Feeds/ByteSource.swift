/// Damage of a compressed file, found while reading.
struct SourceDamage: Equatable {
    var reason: FeedRejectReason
    var detail: String
}

/// The bytes of a file or of standard input, decompressed when they are gzip (one member or several). Fixed
/// buffers; nothing is mapped. One thread.
struct ByteSource: ~Copyable {
    /// The path as given; `-` is standard input.
    let path: String
    /// The size of a regular file as stored, for progress.
    let storedBytesTotal: Int?
    /// Bytes read so far, as stored.
    private(set) var storedBytesRead = 0
    /// Set when compressed data turned out to be cut or damaged; reads then say end of data.
    private(set) var damage: SourceDamage?

    private let descriptor: InputDescriptor
    private var inflater: GzipInflater?
    private var isMagicSeen = false
    private var isInsideMember = false
    private var hasFirstMember = false
    private var stored: [UInt8] = []
    private var storedNext = 0
    private var storedEnd = 0
    private var isAtEnd = false

    private static let storedCapacity = 64 * 1024

    /// Opens a file, or takes standard input for `-`; reads nothing yet.
    /// `whenWaiting` is called while there is nothing to read yet.
    init(path: String, whenWaiting: (() -> Void)? = nil) throws(FeedError) {
        self.path = path
        descriptor = try InputDescriptor(path: path, whenWaiting: whenWaiting)
        storedBytesTotal = descriptor.regularFileBytes
        stored = Array(repeating: 0, count: ByteSource.storedCapacity)
    }

    /// Reads some bytes into `buffer` from `start` on; 0 is the end of the data (or of what is undamaged).
    mutating func read(into buffer: inout [UInt8], from start: Int) throws(FeedError) -> Int {
        precondition(start < buffer.count, "room to read into")
        if !isMagicSeen { try lookForMagic() }
        if inflater != nil { return try readInflated(into: &buffer, from: start) }
        if storedNext < storedEnd {
            let count = min(storedEnd - storedNext, buffer.count - start)
            for index in 0..<count { buffer[start + index] = stored[storedNext + index] }
            storedNext += count
            return count
        }
        if isAtEnd { return 0 }
        let count = try descriptor.read(into: &buffer, from: start)
        storedBytesRead += count
        isAtEnd = count == 0
        return count
    }

    /// Tells gzip by its first two bytes, however few a pipe gives at a time.
    private mutating func lookForMagic() throws(FeedError) {
        while storedEnd < 2 && !isAtEnd { try readStored() }
        isMagicSeen = true
        if storedEnd < 2 || stored[0] != 0x1f || stored[1] != 0x8b { return }
        inflater = GzipInflater()
        if inflater == nil { throw .memory(path: path) }
        isInsideMember = true
    }

    private mutating func readInflated(into buffer: inout [UInt8], from start: Int) throws(FeedError) -> Int {
        while damage == nil {
            if storedNext == storedEnd && !isAtEnd {
                storedNext = 0
                storedEnd = 0
                try readStored()
            }
            if !isInsideMember && !beginNextMember() { return 0 }
            let produced = try inflateOnce(into: &buffer, from: start)
            if produced > 0 { return produced }
        }
        return 0
    }

    /// Zeros after a member are padding (tapes, block devices); anything else must be another member. False
    /// at the end of the data.
    private mutating func beginNextMember() -> Bool {
        while storedNext < storedEnd && stored[storedNext] == 0 { storedNext += 1 }
        if storedNext == storedEnd { return !isAtEnd }
        inflater?.reset()
        isInsideMember = true
        return true
    }

    /// One call of zlib; 0 also when it only took input, or met the end of a member or damage.
    private mutating func inflateOnce(into buffer: inout [UInt8], from start: Int) throws(FeedError) -> Int {
        if !isInsideMember { return 0 }
        let wasAtEnd = isAtEnd && storedNext == storedEnd
        let range = storedNext..<storedEnd
        let input = stored  // The same storage, so that the closure may change the inflater beside it.
        // SAFETY: both closures use their buffers only for the call, inside their bounds.
        let result = unsafe input.withUnsafeBufferPointer { input in
            unsafe buffer.withUnsafeMutableBufferPointer { output in
                unsafe inflater?.inflate(
                    UnsafeBufferPointer(rebasing: input[range]),
                    into: UnsafeMutableBufferPointer(rebasing: output[start...]))
            }
        }
        guard let result else { return 0 }
        storedNext += result.consumed
        switch result.status {
        case .noMemory: throw .memory(path: path)
        case .memberEnd:
            isInsideMember = false
            hasFirstMember = true
        case .damaged(let words): damage = describeDamage(words)
        case .more:
            if wasAtEnd && result.produced == 0 {
                damage = SourceDamage(
                    reason: .truncatedGzip,
                    detail: "the gzip data ends early, after \(storedOffset) compressed bytes")
            }
        }
        return result.produced
    }

    private func describeDamage(_ words: String) -> SourceDamage {
        if hasFirstMember && words == "incorrect header check" {
            return SourceDamage(
                reason: .corruptGzip,
                detail: "what follows the gzip data at compressed byte \(storedOffset) is not gzip")
        }
        let advice = words.hasPrefix("incorrect data") || words.hasPrefix("incorrect length")
        return SourceDamage(
            reason: .corruptGzip,
            detail: "the gzip data is damaged at compressed byte \(storedOffset): \(words)"
                + (advice ? " (any line of the file may be wrong)" : ""))
    }

    /// How many bytes of the file were used so far.
    private var storedOffset: Int { storedBytesRead - (storedEnd - storedNext) }

    private mutating func readStored() throws(FeedError) {
        let count = try descriptor.read(into: &stored, from: storedEnd)
        storedBytesRead += count
        storedEnd += count
        isAtEnd = count == 0
    }
}
