import CSeqlock

// The state of a book as bytes, version 1. Little-endian, no padding, every part a multiple of eight bytes:
//
//   head       1024   words, as `BookImageHead` names them
//   position    280   once a key, in the order of handles; behind each its openings
//     0    128  the KEY record that defined it
//     128  120  what readers see (pks_position), with publish_ns 0
//     248    8  multiplier
//     256    8  currency, as in an INSTRUMENT record
//     264    1  method; 265 decimals of fees; 266 1 when a large lot was opened; 267...271 zero
//     272    8  how many openings follow: open lots, or 1 for an open pool
//   opening     144   in the order of opening
//     0    128  the opening fill (OpeningFill)
//     128    8  its sequence number
//     136    8  what is still open of it
//   other fee    24   rising by (handle, currency): handle, currency, sum
//   window      136   the remembered fills, oldest first: the record, its sequence number
//   end           8   "PKSIMGEN"
//
// What can be computed from the rest is not in it: the tables of keys and identities, which are built again
// and so are checked by the way; the filter; the bound of late fills.

/// Names and sizes of the form.
enum BookImage {
    static var version: UInt64 { 1 }
    static var magic: UInt64 { 0x3130_474d_4953_4b50 }  // "PKSIMG01"
    static var end: UInt64 { 0x4e45_474d_4953_4b50 }  // "PKSIMGEN"
    static var headBytes: Int { 1024 }
    static var positionBytes: Int { 280 }
    static var openingBytes: Int { 144 }
    static var otherFeeBytes: Int { 24 }
    static var windowBytes: Int { 136 }
    /// A sink gets pieces of up to so many bytes.
    static var pieceBytes: Int { 1 << 18 }
}

/// The head of an image: 128 words. Those not named are zero.
struct BookImageHead {
    static var words: Int { BookImage.headBytes / 8 }
    static var magic: Int { 0 }
    static var version: Int { 1 }
    static var byteCount: Int { 2 }
    static var seq: Int { 3 }
    static var fills: Int { 4 }
    static var duplicates: Int { 5 }
    static var conflicts: Int { 6 }
    static var rejects: Int { 7 }
    static var late: Int { 8 }
    static var matches: Int { 9 }
    /// Open lots and pools: the openings of all positions together.
    static var openLots: Int { 10 }
    static var windowNext: Int { 11 }
    static var windowOldest: Int { 12 }
    static var watermarkNs: Int { 13 }
    static var hasForgotten: Int { 14 }
    static var forgottenThroughNs: Int { 15 }
    static var positions: Int { 16 }
    static var otherFees: Int { 17 }
    /// 64 counts, by the raw value of the reason.
    static var rejectsByReason: Int { 64 }

    private var values = InlineArray<128, UInt64>(repeating: 0)

    init() {}

    /// Copies `words` words.
    init(at start: UnsafeRawPointer) {
        // SAFETY: the caller holds a whole head, aligned to eight bytes.
        for word in 0..<Self.words {
            values[word] = unsafe UInt64(
                littleEndian: start.load(fromByteOffset: word * 8, as: UInt64.self))
        }
    }

    func store(at start: UnsafeMutableRawPointer) {
        // SAFETY: as above.
        for word in 0..<Self.words {
            unsafe start.storeBytes(
                of: values[word].littleEndian, toByteOffset: word * 8, as: UInt64.self)
        }
    }

    subscript(_ word: Int) -> UInt64 {
        get { values[word] }
        set { values[word] = newValue }
    }

    /// A count that indexes memory; nil when it is beyond anything.
    func count(_ word: Int) -> Int? { values[word] < 1 << 40 ? Int(values[word]) : nil }

    /// Whether the words without a name are zero.
    var isClean: Bool { (18..<64).allSatisfy { values[$0] == 0 } }
}
