import CSeqlock
import FixedPoint
import LotMatching

extension Book {
    /// How many fills are remembered, to tell duplicates from new ones.
    public var identityCount: Int { Int(window.next &- window.oldest) }

    /// How many bytes `writeImage` will write. Steps grow with the keys.
    public var imageByteCount: Int {
        BookImage.headBytes + positionCount * BookImage.positionBytes
            + Int(counters.openLots) * BookImage.openingBytes + otherFees.count * BookImage.otherFeeBytes
            + identityCount * BookImage.windowBytes + 8
    }

    /// Writes all state that a later record can depend on to `sink`, in pieces of up to 256 KiB, so that
    /// `init(_:effects:image:)` makes a book that will say of every future record what this one says. The
    /// form is described in BookImage.swift. An error of the sink ends the writing. Allocates; the book is
    /// only read, by the one thread that has it. Not for the hot path.
    public func writeImage<E: Error>(
        to sink: (UnsafeRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        var pieces = ImagePieceWriter()
        // SAFETY (all of this file): parts are as long as they are asked for; handles, places and references are
        // those of the book's own state; records are whole and without padding.
        unsafe try imageHead.store(at: pieces.part(BookImage.headBytes, sink))
        for handle in 0..<UInt32(positionCount) { unsafe try writePosition(handle, &pieces, sink) }
        let fees = otherFees.sorted { ($0.key.handle, $0.key.currency) < ($1.key.handle, $1.key.currency) }
        for (key, sum) in fees {
            let part = unsafe try pieces.part(BookImage.otherFeeBytes, sink)
            unsafe part.storeBytes(of: UInt64(key.handle), as: UInt64.self)
            unsafe part.storeBytes(of: key.currency, toByteOffset: 8, as: UInt64.self)
            unsafe part.storeBytes(of: sum, toByteOffset: 16, as: Int64.self)
        }
        var place = window.oldest
        while place != window.next {
            let part = unsafe try pieces.part(BookImage.windowBytes, sink)
            unsafe part.copyMemory(from: window.record(place), byteCount: 128)
            unsafe part.storeBytes(of: window.seq(place), toByteOffset: 128, as: UInt64.self)
            place &+= 1
        }
        unsafe try pieces.part(8, sink).storeBytes(of: BookImage.end, as: UInt64.self)
        unsafe try pieces.flush(sink)
    }

    private var imageHead: BookImageHead {
        var head = BookImageHead()
        head[BookImageHead.magic] = BookImage.magic
        head[BookImageHead.version] = BookImage.version
        head[BookImageHead.byteCount] = UInt64(imageByteCount)
        head[BookImageHead.seq] = seq
        head[BookImageHead.fills] = counters.fills
        head[BookImageHead.duplicates] = counters.duplicates
        head[BookImageHead.conflicts] = counters.conflicts
        head[BookImageHead.rejects] = counters.rejects
        head[BookImageHead.late] = counters.late
        head[BookImageHead.matches] = counters.matches
        head[BookImageHead.openLots] = counters.openLots
        head[BookImageHead.windowNext] = window.next
        head[BookImageHead.windowOldest] = window.oldest
        head[BookImageHead.watermarkNs] = UInt64(bitPattern: watermarkNs)
        head[BookImageHead.hasForgotten] = hasForgotten ? 1 : 0
        head[BookImageHead.forgottenThroughNs] = UInt64(bitPattern: forgottenThroughNs)
        head[BookImageHead.positions] = UInt64(positionCount)
        head[BookImageHead.otherFees] = UInt64(otherFees.count)
        for reason in 0..<64 { head[BookImageHead.rejectsByReason + reason] = rejectsByReason[reason] }
        return head
    }

    private func writePosition<E: Error>(
        _ handle: UInt32, _ pieces: inout ImagePieceWriter,
        _ sink: (UnsafeRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        let position = unsafe position(handle).pointee
        let openings = openLots(handle)
        let part = unsafe try pieces.part(BookImage.positionBytes, sink)
        var slot = position.slot
        slot.publish_ns = 0
        unsafe part.copyMemory(from: keyRecord(handle), byteCount: 128)
        unsafe withUnsafeBytes(of: slot) { slot in
            unsafe (part + 128).copyMemory(from: slot.baseAddress ?? UnsafeRawPointer(part), byteCount: 120)
        }
        unsafe part.storeBytes(of: position.multiplier, toByteOffset: 248, as: Int64.self)
        unsafe part.storeBytes(of: position.currency, toByteOffset: 256, as: UInt64.self)
        unsafe part.storeBytes(of: 0, toByteOffset: 264, as: UInt64.self)
        unsafe part.storeBytes(of: position.method.rawValue, toByteOffset: 264, as: UInt8.self)
        unsafe part.storeBytes(of: position.feeDecimals, toByteOffset: 265, as: UInt8.self)
        unsafe part.storeBytes(of: position.hasLargeLot ? 1 : 0, toByteOffset: 266, as: UInt8.self)
        unsafe part.storeBytes(of: UInt64(openings.count), toByteOffset: 272, as: UInt64.self)
        for open in openings {
            let part = unsafe try pieces.part(BookImage.openingBytes, sink)
            unsafe part.storeBytes(of: open.opening, as: OpeningFill.self)
            unsafe part.storeBytes(of: open.lot.openSeq, toByteOffset: 128, as: UInt64.self)
            unsafe part.storeBytes(of: open.lot.remaining.units, toByteOffset: 136, as: Int64.self)
        }
    }
}
