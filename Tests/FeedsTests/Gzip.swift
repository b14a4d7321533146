import CZlib
import Testing

/// One gzip member of `bytes`. Level 0 stores them as they are.
func gzipped(_ bytes: [UInt8], level: Int32 = 6) throws -> [UInt8] {
    // SAFETY: zlib works inside both arrays, which live for the closures, and on a local stream that stays put.
    var stream = unsafe z_stream()
    let begun = unsafe deflateInit2_(
        &stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
        CInt(MemoryLayout<z_stream>.size))
    try #require(begun == Z_OK)
    defer { _ = unsafe deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: Int(unsafe deflateBound(&stream, UInt(bytes.count))) + 64)
    let status = unsafe input.withUnsafeMutableBufferPointer { input in
        unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe stream.next_in = input.baseAddress
            unsafe stream.avail_in = UInt32(input.count)
            unsafe stream.next_out = output.baseAddress
            unsafe stream.avail_out = UInt32(output.count)
            return unsafe deflate(&stream, Z_FINISH)
        }
    }
    try #require(status == Z_STREAM_END)
    return Array(output.prefix(Int(unsafe stream.total_out)))
}
