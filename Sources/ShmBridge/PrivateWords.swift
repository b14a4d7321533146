import Glibc

// SAFETY: `words` is mapped in init, has `count` words until deinit, and never leaves the module.
/// Words of this process's own memory, zero at first, freed with their owner: counters and marks that the
/// writer keeps so that it never has to read shared memory back. Pages that nobody writes take no memory.
@safe
struct PrivateWords: ~Copyable {
    let words: UnsafeMutablePointer<UInt64>
    let count: Int

    /// Memory is asked for here. Running out of address space is not an operating condition on 64 bits, so
    /// failure stops the program.
    init(count: Int) {
        precondition(count > 0)
        // SAFETY: a new anonymous mapping, which nothing else refers to; the kernel fills it with zeros.
        let mapping = unsafe mmap(
            nil, count * 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let mapping = unsafe mapping, unsafe mapping != MAP_FAILED else {
            preconditionFailure("cannot reserve \(count * 8) bytes of memory: errno \(errno)")
        }
        unsafe words = mapping.assumingMemoryBound(to: UInt64.self)
        self.count = count
    }

    deinit {
        // SAFETY: mapped in init with this length.
        let result = unsafe munmap(words, count * 8)
        precondition(result == 0)
    }
}
