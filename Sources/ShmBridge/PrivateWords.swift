// SAFETY: `words` is allocated in init, has `count` words until deinit, and never leaves the module.
/// Words of this process's own memory, zero at first, freed with their owner: counters and mirrors that the
/// writer keeps so that it never has to read shared memory back.
@safe
struct PrivateWords: ~Copyable {
    let words: UnsafeMutablePointer<UInt64>
    let count: Int

    init(count: Int) {
        // SAFETY: initialized in full before anyone can see it.
        unsafe words = .allocate(capacity: count)
        unsafe words.initialize(repeating: 0, count: count)
        self.count = count
    }

    deinit {
        // SAFETY: allocated in init with this count; words are trivial.
        unsafe words.deallocate()
    }
}
