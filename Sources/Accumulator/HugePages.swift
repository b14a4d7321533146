import Glibc

/// Large private memory that is touched at random: zeroed, page-aligned, on huge pages where the kernel
/// gives them, so that a lookup does not miss the TLB as well as the cache.
enum HugePages {
    /// Reserves `bytes`; pages are taken when first touched. Running out of address space is not an
    /// operating condition on 64 bits, so failure stops the program.
    static func allocateZeroed(bytes: Int) -> UnsafeMutableRawPointer {
        let length = roundedUp(bytes)
        // SAFETY: a new anonymous mapping, which nothing else refers to.
        let mapping = unsafe mmap(
            nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let mapping = unsafe mapping, unsafe mapping != MAP_FAILED else {
            preconditionFailure("cannot reserve \(length) bytes of memory: errno \(errno)")
        }
        // A hint: where huge pages are off, ordinary pages serve.
        if length >= 1 << 21 { _ = unsafe madvise(mapping, length, MADV_HUGEPAGE) }
        return unsafe mapping
    }

    /// Asks for huge pages under memory that somebody else reserved: a hint, for its whole pages.
    static func advise(_ memory: UnsafeRawBufferPointer) {
        guard let base = memory.baseAddress, memory.count >= 1 << 21 else { return }
        let start = (UInt(bitPattern: base) + 4095) & ~4095
        let end = (UInt(bitPattern: base) + UInt(memory.count)) & ~4095
        // SAFETY: whole pages inside the caller's memory; advice changes no content.
        _ = unsafe madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_HUGEPAGE)
    }

    /// Gives the memory back.
    static func free(_ base: UnsafeMutableRawPointer, bytes: Int) {
        // SAFETY: base and length are those of the mapping above.
        let result = unsafe munmap(base, roundedUp(bytes))
        precondition(result == 0)
    }

    /// Takes all pages of the first `bytes` now. Off the hot path.
    static func prefault(_ base: UnsafeMutableRawPointer, bytes: Int) {
        // SAFETY: inside the mapping. Where the kernel is too old for it, pages come when first touched.
        _ = unsafe madvise(base, roundedUp(bytes), populateWrite)
    }

    /// MADV_POPULATE_WRITE, which Debian 12's headers do not state.
    private static var populateWrite: CInt { 23 }

    private static func roundedUp(_ bytes: Int) -> Int { (bytes + 4095) & ~4095 }
}
