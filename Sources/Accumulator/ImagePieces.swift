/// Gathers an image's parts into pieces for its sink. One thread; one allocation.
@safe
struct ImagePieceWriter: ~Copyable {
    // SAFETY: pieceBytes bytes, allocated in init and freed in deinit; a part is at most that long.
    private let base: UnsafeMutableRawPointer
    private var count = 0

    init() { unsafe base = .allocate(byteCount: BookImage.pieceBytes, alignment: 64) }

    deinit { unsafe base.deallocate() }

    /// Where the next part of `bytes` bytes goes: to be written before the next call.
    mutating func part<E: Error>(
        _ bytes: Int, _ sink: (UnsafeRawBufferPointer) throws(E) -> Void
    ) throws(E) -> UnsafeMutableRawPointer {
        precondition(bytes <= BookImage.pieceBytes)
        // SAFETY: count + bytes stays within the allocation.
        if count + bytes > BookImage.pieceBytes { unsafe try flush(sink) }
        defer { count += bytes }
        return unsafe base + count
    }

    mutating func flush<E: Error>(_ sink: (UnsafeRawBufferPointer) throws(E) -> Void) throws(E) {
        if count == 0 { return }
        unsafe try sink(UnsafeRawBufferPointer(start: base, count: count))
        count = 0
    }
}

/// Gives an image's parts whole, whatever pieces its source gives. One thread; one allocation.
@safe
struct ImagePieceReader: ~Copyable {
    // SAFETY: pieceBytes bytes, allocated in init and freed in deinit; first ..< end are filled.
    private let base: UnsafeMutableRawPointer
    private var first = 0
    private var end = 0
    /// Where in the image the next part begins.
    private(set) var offset = 0

    init() { unsafe base = .allocate(byteCount: BookImage.pieceBytes, alignment: 64) }

    deinit { unsafe base.deallocate() }

    /// The next `bytes` bytes, aligned to eight and valid until the next call.
    @inline(__always)
    mutating func part(
        _ bytes: Int, _ source: (UnsafeMutableRawBufferPointer) -> Int
    ) throws(BookImageError) -> UnsafeRawPointer {
        // SAFETY: first + bytes is at most end, which is inside the allocation.
        if _slowPath(end - first < bytes) { unsafe try fill(bytes, source) }
        defer {
            first += bytes
            offset += bytes
        }
        return unsafe UnsafeRawPointer(base + first)
    }

    private mutating func fill(
        _ bytes: Int, _ source: (UnsafeMutableRawBufferPointer) -> Int
    ) throws(BookImageError) {
        precondition(bytes <= BookImage.pieceBytes)
        unsafe base.copyMemory(from: base + first, byteCount: end - first)
        end -= first
        first = 0
        while end < bytes {
            let room = BookImage.pieceBytes - end
            let count = unsafe source(UnsafeMutableRawBufferPointer(start: base + end, count: room))
            guard count > 0 else { throw .wrongLength(offset: offset + end) }
            precondition(count <= room, "a source gave more than it was asked for")
            end += count
        }
    }

    /// Whether the source has nothing more.
    mutating func isAtEnd(_ source: (UnsafeMutableRawBufferPointer) -> Int) -> Bool {
        if first != end { return false }
        return unsafe source(UnsafeMutableRawBufferPointer(start: base, count: BookImage.pieceBytes)) == 0
    }
}
