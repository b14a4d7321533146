import Accumulator
import CSeqlock
import TestSupport

extension Book {
    /// The image as bytes.
    var image: [UInt8] {
        var bytes: [UInt8] = []
        // SAFETY: the pieces are copied.
        unsafe writeImage { (piece) throws(Never) in unsafe bytes.append(contentsOf: piece) }
        return bytes
    }

    /// A book from bytes, given in pieces of random sizes up to `pieceMax`.
    init(
        _ config: BookConfig, effects: consuming EffectLog = EffectLog(), bytes: [UInt8],
        pieceMax: Int = 1 << 20, seed: UInt64 = 1
    ) throws(BookImageError) {
        var random = SeededRandom(seed: seed)
        var offset = 0
        // SAFETY: no more is copied than there is room for.
        unsafe try self.init(config, effects: effects) { room in
            let wanted = Int.random(in: 1...pieceMax, using: &random)
            let count = min(room.count, bytes.count - offset, wanted)
            unsafe room.copyBytes(from: bytes[offset..<offset + count])
            offset += count
            return count
        }
    }
}
