import CSeqlock
import FixedPoint
import LotMatching

// Reading an image believes nothing: every count, reference and sum is checked against the rest, so that no bytes
// whatever can make a book that later stops the program. A wrong number inside the bounds of what is possible is
// for the checksums of whoever kept the image, and for the digest.
extension Book {
    /// A book as `writeImage` has seen it, in a configuration whose bounds it fits into: the same digest, and
    /// the same answer to every future record. `source` fills the memory that it is given, as far as it
    /// likes, and says with how many bytes; 0 is the end. Throws when the bytes are no image that this
    /// program writes, or when a bound is too small. Reserves the memory of `init(_:effects:)`.
    public init(
        _ config: BookConfig, effects: consuming EffectLog = EffectLog(),
        image source: (UnsafeMutableRawBufferPointer) -> Int
    ) throws(BookImageError) {
        self.init(config, effects: effects)
        var reader = ImagePieceReader()
        // SAFETY (all of this file): a part is as long as it was asked for, aligned to eight bytes, and read before
        // the next one is asked for; places of the window are masked into its ring.
        let head = unsafe try BookImageHead(at: reader.part(BookImage.headBytes, source))
        let counts = try Self.checked(head, config)
        restore(head)
        for _ in 0..<counts.positions { unsafe try restorePosition(head, &reader, source) }
        guard counters.openLots == head[BookImageHead.openLots] else {
            throw .impossible(offset: 0, reason: "the head counts other lots than there are")
        }
        unsafe try restoreOtherFees(counts.otherFees, &reader, source)
        unsafe try restoreWindow(head, counts.window, &reader, source)
        let end = unsafe try reader.part(8, source).load(as: UInt64.self)
        guard end == BookImage.end, UInt64(reader.offset) == head[BookImageHead.byteCount],
            unsafe reader.isAtEnd(source)
        else { throw .wrongLength(offset: reader.offset) }
    }

    /// The same book under other bounds: what a CONFIG record asks for. Throws, and changes nothing, when
    /// the book does not fit into them. Allocates the whole image.
    public mutating func rebuild(_ config: BookConfig) throws(BookImageError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(imageByteCount)
        // The pieces are copied; reading stays inside the array, which outlives it.
        unsafe writeImage { (piece) throws(Never) in unsafe bytes.append(contentsOf: piece) }
        var offset = 0
        var other = unsafe try Book(config) { room in
            let count = min(room.count, bytes.count - offset)
            unsafe room.copyBytes(from: bytes[offset..<offset + count])
            offset += count
            return count
        }
        swap(&other.effects, &effects)
        swap(&other, &self)
    }

    // MARK: - Head

    private static func checked(
        _ head: BookImageHead, _ config: BookConfig
    ) throws(BookImageError) -> (positions: Int, otherFees: Int, window: Int) {
        guard head[BookImageHead.magic] == BookImage.magic else { throw .notAnImage }
        guard head[BookImageHead.version] == BookImage.version else {
            throw .otherVersion(head[BookImageHead.version])
        }
        let (next, oldest) = (head[BookImageHead.windowNext], head[BookImageHead.windowOldest])
        let hasForgotten = head[BookImageHead.hasForgotten]
        // Places of the window have 48 bits in the table of identities.
        guard head.isClean, head[BookImageHead.seq] < 1 << 62, next < 1 << 47, oldest <= next,
            next == head[BookImageHead.fills], hasForgotten == (oldest > 0 ? 1 : 0),
            hasForgotten == 1
                || Int64(bitPattern: head[BookImageHead.forgottenThroughNs]) == Int64.min,
            let positions = head.count(BookImageHead.positions),
            let lots = head.count(BookImageHead.openLots),
            let otherFees = head.count(BookImageHead.otherFees)
        else { throw .impossible(offset: 0, reason: "the head's counts contradict each other") }
        func require(_ needed: Int, _ allowed: Int, _ bound: String) throws(BookImageError) {
            if needed > allowed { throw .tooSmall(bound: bound, needed: needed, allowed: allowed) }
        }
        try require(positions, config.positionsMax, "positionsMax")
        try require(lots, config.lotsMax, "lotsMax")
        try require(Int(next - oldest), config.identitiesMax, "identitiesMax")
        try require(otherFees, config.otherFeesMax, "otherFeesMax")
        return (positions, otherFees, Int(next - oldest))
    }

    private mutating func restore(_ head: BookImageHead) {
        seq = head[BookImageHead.seq]
        counters.fills = head[BookImageHead.fills]
        counters.duplicates = head[BookImageHead.duplicates]
        counters.conflicts = head[BookImageHead.conflicts]
        counters.rejects = head[BookImageHead.rejects]
        counters.late = head[BookImageHead.late]
        counters.matches = head[BookImageHead.matches]
        for reason in 0..<64 { rejectsByReason[reason] = head[BookImageHead.rejectsByReason + reason] }
        watermarkNs = Int64(bitPattern: head[BookImageHead.watermarkNs])
        let (bound, wrapped) = watermarkNs.subtractingReportingOverflow(config.lateAfterNs)
        lateBeforeNs = wrapped || counters.fills == 0 ? Int64.min : bound
        hasForgotten = head[BookImageHead.hasForgotten] != 0
        forgottenThroughNs = Int64(bitPattern: head[BookImageHead.forgottenThroughNs])
        window.next = head[BookImageHead.windowOldest]
        window.oldest = window.next
    }

    // MARK: - Fees and window

    private mutating func restoreOtherFees(
        _ count: Int, _ reader: inout ImagePieceReader, _ source: (UnsafeMutableRawBufferPointer) -> Int
    ) throws(BookImageError) {
        var last: OtherFeeKey?
        for _ in 0..<count {
            let offset = reader.offset
            let part = unsafe try reader.part(BookImage.otherFeeBytes, source)
            let handle = unsafe part.load(as: UInt64.self)
            let currency = unsafe part.load(fromByteOffset: 8, as: UInt64.self)
            let sum = unsafe part.load(fromByteOffset: 16, as: Int64.self)
            guard handle < UInt64(positionCount), currency & 0xff != 0, PaddedText40.isPadded(currency)
            else { throw .impossible(offset: offset, reason: "a fee of no key or in no currency") }
            let key = OtherFeeKey(handle: UInt32(handle), currency: currency)
            if let last, (last.handle, last.currency) >= (key.handle, key.currency) {
                throw .impossible(offset: offset, reason: "fees that do not rise by key and currency")
            }
            last = key
            otherFees[key] = sum
        }
    }

    /// Fills whose identity has been asked for and not been entered yet: the table is far away in memory.
    private static var identitiesAhead: UInt64 { 16 }

    private mutating func restoreWindow(
        _ head: BookImageHead, _ count: Int, _ reader: inout ImagePieceReader,
        _ source: (UnsafeMutableRawBufferPointer) -> Int
    ) throws(BookImageError) {
        var hashes = InlineArray<16, UInt64>(repeating: 0)
        var lastSeq: UInt64 = 0
        let end = window.next + UInt64(count)
        var staged = window.next
        while window.next != end {
            while staged != end && staged - window.next < Self.identitiesAhead {
                let part = unsafe try reader.part(BookImage.windowBytes, source)
                let fillSeq = unsafe part.load(fromByteOffset: 128, as: UInt64.self)
                let place = unsafe window.place(ahead: staged - window.next)
                unsafe UnsafeMutableRawPointer(place).copyMemory(from: part, byteCount: 128)
                let fill = unsafe stage(place)
                guard fill.isGood, fillSeq > lastSeq, fillSeq <= seq else {
                    throw .impossible(
                        offset: reader.offset - BookImage.windowBytes,
                        reason: "a remembered fill that is none, or out of order")
                }
                lastSeq = fillSeq
                unsafe window.seqs[Int(truncatingIfNeeded: staged & window.mask)] = fillSeq
                unsafe pks_prefetch_write(identities.address(fill.hash))
                hashes[Int(staged & 15)] = fill.hash
                staged += 1
            }
            let record = unsafe window.place(ahead: 0)
            let hash = hashes[Int(window.next & 15)]
            let (known, lane) = unsafe identities.find(hash, record, in: window.stored)
            guard known == nil else {
                throw .impossible(
                    offset: reader.offset - Int(staged - window.next) * BookImage.windowBytes,
                    reason: "an identity that is remembered twice")
            }
            identities.insert(hash, place: window.next, at: lane)
            identityFilter.add(hash)
            window.next += 1
        }
    }
}
