import CJournal

/// SHA-256 (FIPS 180-4), for digests of state. Not for secrets, and not on the hot path.
struct SHA256 {
    private var state: InlineArray<8, UInt32> = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
        0x5be0_cd19,
    ]
    /// What of the input has not been compressed yet.
    private var buffer = InlineArray<1024, UInt8>(repeating: 0)
    private var count = 0
    private var byteCount: UInt64 = 0

    mutating func update(_ value: some FixedWidthInteger) {
        // SAFETY: the number's own bytes.
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe update(bytes: $0) }
    }

    mutating func update(bytes: UnsafeRawBufferPointer) {
        // SAFETY (all of this function): the caller's bytes; `taken` is at most what the buffer has room for and
        // the input's rest.
        byteCount += UInt64(bytes.count)
        var done = 0
        while done < bytes.count {
            let taken = min(buffer.count - count, bytes.count - done)
            let start = count
            unsafe withUnsafeMutableBytes(of: &buffer) { buffer in
                unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + taken])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[done..<done + taken]))
            }
            done += taken
            count += taken
            if count == buffer.count { compress(blocks: buffer.count / 64) }
        }
    }

    mutating func finish() -> [UInt8] {
        let bitCount = byteCount * 8
        update(0x80 as UInt8)
        while count % 64 != 56 { update(0 as UInt8) }
        update(bitCount.byteSwapped)
        compress(blocks: count / 64)
        var digest: [UInt8] = []
        for index in 0..<8 {
            for shift in [24, 16, 8, 0] {
                digest.append(UInt8(truncatingIfNeeded: state[index] >> UInt32(shift)))
            }
        }
        return digest
    }

    /// Compresses the first blocks of the buffer, which are all that is in it.
    private mutating func compress(blocks: Int) {
        // SAFETY: eight words, and whole blocks of the buffer.
        unsafe withUnsafeMutableBytes(of: &state) { state in
            unsafe withUnsafeBytes(of: buffer) { buffer in
                unsafe pks_sha256_blocks(
                    state.assumingMemoryBound(to: UInt32.self).baseAddress, buffer.baseAddress, blocks)
            }
        }
        count = 0
    }
}
