import Accumulator
import CJournal
import ShmFiles

/// What a checkpoint says of itself.
public struct CheckpointInfo: Equatable, Sendable {
    /// The last record that its state covers.
    public var seq: UInt64
    /// Of the journal.
    public var epoch: UInt64
    /// The book's name.
    public var book: String
    /// `Book.digest` of the state.
    public var digest: String
    /// When it was made: for people, it decides nothing.
    public var createdRealtimeNs: Int64
    /// Size of the file.
    public var byteCount: Int
    /// Fills applied so far.
    public var fills: UInt64
    /// Keys.
    public var positions: UInt64
    /// Lots and pools that are open.
    public var openLots: UInt64
    /// Fills that are remembered.
    public var identities: UInt64

    /// The name of a checkpoint's file.
    public static func name(ofSeq seq: UInt64) -> String {
        let digits = String(seq)
        return "checkpoint-" + String(repeating: "0", count: 20 - digits.count) + digits + ".pksc"
    }

    /// The record that a file of this name is a checkpoint of; nil for other names.
    public static func seq(ofName name: String) -> UInt64? {
        guard name.hasPrefix("checkpoint-"), name.hasSuffix(".pksc"),
            let seq = UInt64(name.dropFirst(11).dropLast(5)), Self.name(ofSeq: seq) == name
        else { return nil }
        return seq
    }
}

/// A header page, apart from what everybody may know.
struct CheckpointHeader: Equatable {
    var info: CheckpointInfo
    var pages: UInt64
    var passengerBytes: Int
    var imageBytes: Int
    var bounds: Bounds
    /// The checksum, which every page repeats; 0 before it is stored.
    var crc: UInt32 = 0

    /// The bounds that the book had, as in a CONFIG record.
    struct Bounds: Equatable {
        var positionsMax: UInt64
        var lotsMax: UInt64
        var identitiesMax: UInt64
        var otherFeesMax: UInt64
        var identityWindowNs: Int64
        var lateAfterNs: Int64
    }

    static var pageBytes: Int { Int(PKS_CHECKPOINT_PAGE_BYTES) }
    static var contentBytes: Int { Int(PKS_CHECKPOINT_CONTENT_BYTES) }

    /// How many pages so much content takes: one at least.
    static func pages(ofContent bytes: Int) -> UInt64 {
        UInt64(max(1, (bytes + contentBytes - 1) / contentBytes))
    }

    /// Of a book as it is, and what travels with it.
    init(_ book: borrowing Book, epoch: UInt64, passengerBytes: Int, createdRealtimeNs: Int64) {
        imageBytes = book.imageByteCount
        self.passengerBytes = passengerBytes
        pages = Self.pages(ofContent: imageBytes + passengerBytes)
        let counters = book.counters
        let config = book.config
        info = CheckpointInfo(
            seq: book.seq, epoch: epoch, book: config.name, digest: book.digest(),
            createdRealtimeNs: createdRealtimeNs, byteCount: (1 + Int(pages)) * Self.pageBytes,
            fills: counters.fills, positions: UInt64(book.positionCount), openLots: counters.openLots,
            identities: UInt64(book.identityCount))
        bounds = Bounds(
            positionsMax: UInt64(config.positionsMax), lotsMax: UInt64(config.lotsMax),
            identitiesMax: UInt64(config.identitiesMax), otherFeesMax: UInt64(config.otherFeesMax),
            identityWindowNs: config.identityWindowNs, lateAfterNs: config.lateAfterNs)
    }

    // SAFETY (all of these): the caller's memory is a whole page, aligned to eight bytes.

    /// Writes the page. `page` is 4096 bytes of zeros, aligned to eight.
    @unsafe
    mutating func store(in page: UnsafeMutableRawPointer) {
        var header = pks_checkpoint_header()
        header.magic = UInt64(PKS_CHECKPOINT_MAGIC)
        header.version = UInt32(PKS_CHECKPOINT_VERSION)
        header.epoch = info.epoch
        header.seq = info.seq
        header.pages = pages
        header.passenger_bytes = UInt64(passengerBytes)
        header.image_bytes = UInt64(imageBytes)
        header.created_realtime_ns = info.createdRealtimeNs
        header.positions_max = bounds.positionsMax
        header.lots_max = bounds.lotsMax
        header.identities_max = bounds.identitiesMax
        header.other_fees_max = bounds.otherFeesMax
        header.identity_window_ns = bounds.identityWindowNs
        header.late_after_ns = bounds.lateAfterNs
        header.fills = info.fills
        header.positions = info.positions
        header.open_lots = info.openLots
        header.identities = info.identities
        _ = FixedText.store(info.digest, in: &header.digest)
        _ = FixedText.store(info.book, in: &header.book)
        unsafe page.storeBytes(of: header, as: pks_checkpoint_header.self)
        crc = unsafe pks_crc32c(0, page, Self.pageBytes)
        header.crc = crc
        unsafe page.storeBytes(of: header, as: pks_checkpoint_header.self)
    }

    /// Reads and checks the page; `object` is for messages.
    @unsafe
    init(_ page: UnsafeMutableRawPointer, object: String) throws(JournalError) {
        var header = unsafe page.load(as: pks_checkpoint_header.self)
        guard header.magic == UInt64(PKS_CHECKPOINT_MAGIC) else {
            throw .wrongFile(object: object, reason: "is not a checkpoint, or its first bytes are damaged")
        }
        crc = header.crc
        header.crc = 0
        unsafe page.storeBytes(of: header, as: pks_checkpoint_header.self)
        guard unsafe pks_crc32c(0, page, Self.pageBytes) == crc else {
            throw .damaged(object: object, offset: 0, reason: "the checksum of the header does not hold")
        }
        guard header.version == UInt32(PKS_CHECKPOINT_VERSION) else {
            throw .wrongFile(
                object: object,
                reason: "has version \(header.version), this program reads \(PKS_CHECKPOINT_VERSION)")
        }
        guard header.epoch != 0, header.passenger_bytes < 1 << 24, header.image_bytes < 1 << 44,
            header.pages == Self.pages(ofContent: Int(header.passenger_bytes + header.image_bytes)),
            (1...1 << 24).contains(header.positions_max), (1...1 << 30).contains(header.lots_max),
            (1...1 << 30).contains(header.identities_max), header.other_fees_max <= 1 << 30
        else { throw .wrongFile(object: object, reason: "has impossible sizes in its header") }
        pages = header.pages
        passengerBytes = Int(header.passenger_bytes)
        imageBytes = Int(header.image_bytes)
        info = CheckpointInfo(
            seq: header.seq, epoch: header.epoch, book: FixedText.load(of: header.book),
            digest: FixedText.load(of: header.digest), createdRealtimeNs: header.created_realtime_ns,
            byteCount: (1 + Int(pages)) * Self.pageBytes, fills: header.fills,
            positions: header.positions, openLots: header.open_lots, identities: header.identities)
        bounds = Bounds(
            positionsMax: header.positions_max, lotsMax: header.lots_max,
            identitiesMax: header.identities_max, otherFeesMax: header.other_fees_max,
            identityWindowNs: header.identity_window_ns, lateAfterNs: header.late_after_ns)
    }
}

extension BookConfig {
    /// This configuration under the bounds of a checkpoint.
    func with(_ bounds: CheckpointHeader.Bounds) -> BookConfig {
        var config = self
        config.positionsMax = Int(bounds.positionsMax)
        config.lotsMax = Int(bounds.lotsMax)
        config.identitiesMax = Int(bounds.identitiesMax)
        config.otherFeesMax = Int(bounds.otherFeesMax)
        config.identityWindowNs = bounds.identityWindowNs
        config.lateAfterNs = bounds.lateAfterNs
        return config
    }
}
