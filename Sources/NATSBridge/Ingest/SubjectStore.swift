/// Subjects of acknowledgements to come, first in, first out, in memory that is reserved once. Each ends in NUL.
struct SubjectStore {
    /// Where a subject is; `end` counts all bytes ever added.
    struct Place: Equatable {
        var offset: Int
        var count: Int
        var end: UInt64
    }

    private var bytes: [CChar]
    private var used: (from: UInt64, to: UInt64) = (0, 0)

    /// Room for so many bytes.
    init(byteCount: Int) { bytes = Array(repeating: 0, count: byteCount) }

    /// Whether a subject of `count` bytes can be added, wherever it comes to lie.
    func hasRoom(for count: Int) -> Bool { Int(used.to - used.from) + 2 * (count + 1) <= bytes.count }

    /// Adds one, for which there must be room.
    mutating func add(_ subject: UnsafeRawBufferPointer) -> Place {
        // SAFETY: reads within the subject's count.
        let count = subject.count
        precondition(hasRoom(for: count), "asked before")
        var offset = Int(used.to % UInt64(bytes.count))
        if offset + count + 1 > bytes.count {
            used.to += UInt64(bytes.count - offset)
            offset = 0
        }
        for index in 0..<count { bytes[offset + index] = unsafe CChar(bitPattern: subject[index]) }
        bytes[offset + count] = 0
        used.to += UInt64(count + 1)
        return Place(offset: offset, count: count, end: used.to)
    }

    /// Gives back the room up to and with a subject, the oldest that is there. Its bytes stay until others are added.
    mutating func dropFirst(through place: Place) { used.from = place.end }

    /// Lends a subject that was not overwritten since.
    func withSubject<Result>(_ place: Place, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        // SAFETY: the place lies inside the bytes and ends in NUL.
        unsafe bytes.withUnsafeBufferPointer { all in
            guard let base = all.baseAddress else { preconditionFailure("the store has room") }
            return unsafe body(base + place.offset)
        }
    }
}
