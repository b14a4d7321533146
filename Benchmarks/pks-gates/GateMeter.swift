import CGateMarks
import CMallocCount

/// What is counted while a gate's operations run: instructions, by callgrind, or calls that ask for memory. One thread.
struct GateMeter {
    enum Kind {
        case instructions
        case allocations
    }

    let kind: Kind
    /// Calls that asked for memory, and that gave some back, since the last `finish`.
    private(set) var taken: UInt64 = 0
    private(set) var given: UInt64 = 0
    private var takenBefore: UInt64 = 0
    private var givenBefore: UInt64 = 0

    init(_ kind: Kind) { self.kind = kind }

    /// Counting begins.
    mutating func begin() {
        switch kind {
        case .instructions: gate_begin()
        case .allocations: (takenBefore, givenBefore) = (malloc_count_taken(), malloc_count_given())
        }
    }

    /// Counting pauses until the next `begin`.
    mutating func end() {
        switch kind {
        case .instructions: gate_end()
        case .allocations:
            let (taken, given) = (malloc_count_taken(), malloc_count_given())
            self.taken += taken - takenBefore
            self.given += given - givenBefore
        }
    }

    /// Forgets what was counted so far: it was warming up.
    mutating func forget() { (taken, given) = (0, 0) }
}
