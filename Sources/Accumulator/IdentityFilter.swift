import CSeqlock

/// Tells that an identity is certainly not remembered, from memory small enough to stay in a core's own
/// cache. The identity table of a busy book is too large for that: a lookup there waits for main memory, which
/// takes longer than everything else that a fill needs.
///
/// Two bits of one word for each identity ever applied, set for good: "certainly new" is always right, and
/// what is not certain is for the table to decide. At most 2^21 bits; after half a million fills one new
/// identity in six has to ask the table, after a million two in five, after four million nearly all do, until
/// the book starts anew.
///
/// Source: B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors", CACM 13 (1970), with
/// both bits in one word. One thread at a time.
// SAFETY: its pointer is to its own mapping, and every index is masked.
@safe
struct IdentityFilter: ~Copyable {
    // SAFETY (all of this type): (mask + 1) words, mapped and zeroed in init, unmapped in deinit, indexed masked.
    private let words: UnsafeMutablePointer<UInt64>
    private let mask: UInt64
    private var warmed: UInt64 = 0

    private static var wordsMax: Int { 1 << 15 }

    /// Four bits for each of `entriesMax` entries, a power of two, up to the size that a cache holds.
    init(entriesMax: Int) {
        let count = min(max(entriesMax / 16, 1), Self.wordsMax)
        precondition(count & (count - 1) == 0)
        mask = UInt64(count - 1)
        unsafe words = HugePages.allocateZeroed(bytes: count * 8).assumingMemoryBound(to: UInt64.self)
    }

    deinit { unsafe HugePages.free(UnsafeMutableRawPointer(words), bytes: Int(mask + 1) * 8) }

    func prefault() { unsafe HugePages.prefault(UnsafeMutableRawPointer(words), bytes: Int(mask + 1) * 8) }

    /// Whether no identity of this hash was ever added.
    @inline(__always)
    func isCertainlyNew(_ hash: UInt64) -> Bool {
        let bits = Self.bits(hash)
        return unsafe word(hash).pointee & bits != bits
    }

    @inline(__always)
    func add(_ hash: UInt64) {
        unsafe word(hash).pointee |= Self.bits(hash)
    }

    /// Asks the cache for the word of a hash. A hint.
    @inline(__always)
    func prefetch(_ hash: UInt64) { unsafe pks_prefetch_write(word(hash)) }

    /// Asks for one line after the other, so that what others did to this core's cache does not last. For
    /// when there is nothing to do.
    @inline(__always)
    mutating func keepWarm() {
        warmed &+= 8
        unsafe pks_prefetch_read(words + Int(truncatingIfNeeded: warmed & mask))
    }

    @inline(__always)
    private func word(_ hash: UInt64) -> UnsafeMutablePointer<UInt64> {
        // SAFETY: the mask keeps the index inside.
        unsafe words + Int(truncatingIfNeeded: (hash >> 24) & mask)
    }

    @inline(__always)
    private static func bits(_ hash: UInt64) -> UInt64 { 1 &<< (hash >> 42) | 1 &<< (hash >> 50) }
}
