import CZlib

/// Owner of one zlib stream that inflates gzip members. The stream stays at one address because zlib's state
/// points back at it. One thread.
@safe
struct GzipInflater: ~Copyable {
    enum Status: Equatable {
        /// More input or more room for output is needed.
        case more
        /// The member ended and its checksum was right.
        case memberEnd
        /// Damage, in zlib's words.
        case damaged(String)
        case noMemory
    }

    // SAFETY: one stream, allocated in init and freed in deinit; no pointer to it is handed out.
    private let stream: UnsafeMutablePointer<z_stream>

    /// Nil when there is no memory.
    init?() {
        // SAFETY: allocated here, owned until deinit, initialised before zlib sees it.
        unsafe stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // 15 + 16: the largest window, and a gzip header is required.
        let status = unsafe inflateInit2_(
            stream, 15 + 16, zlibVersion(), CInt(MemoryLayout<z_stream>.size))
        if status != Z_OK {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        // SAFETY: initialised in init, and nothing else frees it.
        _ = unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Makes ready for another member. The window stays allocated.
    mutating func reset() {
        // SAFETY: the stream lives as long as self.
        _ = unsafe inflateReset(stream)
    }

    /// Inflates from `input` into `output`; says how much of each was used.
    mutating func inflate(
        _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>
    ) -> (consumed: Int, produced: Int, status: Status) {
        // SAFETY: zlib reads and writes only inside the two buffers, which outlive the call; the pointers are
        // cleared before it returns.
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.pointee.avail_in = UInt32(input.count)
        unsafe stream.pointee.next_out = output.baseAddress
        unsafe stream.pointee.avail_out = UInt32(output.count)
        let code = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
        let consumed = unsafe input.count - Int(stream.pointee.avail_in)
        let produced = unsafe output.count - Int(stream.pointee.avail_out)
        unsafe stream.pointee.next_in = nil
        unsafe stream.pointee.next_out = nil
        let status: Status =
            switch code {
            case Z_OK, Z_BUF_ERROR: .more
            case Z_STREAM_END: .memberEnd
            case Z_MEM_ERROR: .noMemory
            default:
                .damaged(unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "unknown damage")
            }
        return (consumed, produced, status)
    }
}
