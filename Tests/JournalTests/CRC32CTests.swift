import CJournal
import TestSupport
import Testing

/// The checksum of everything on disk: by instructions and by tables, whole and in pieces, always the same.
@Suite struct CRC32CTests {
    private func sum(_ bytes: [UInt8], from start: UInt32 = 0) -> (UInt32, UInt32) {
        // SAFETY: the array lives through the calls.
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe (
                pks_crc32c(start, bytes.baseAddress, bytes.count),
                pks_crc32c_portable(start, bytes.baseAddress, bytes.count)
            )
        }
    }

    /// RFC 3720, appendix B.4, and the check value of the catalogue.
    @Test func knownBytesHaveKnownSums() {
        let known: [([UInt8], UInt32)] = [
            (Array("123456789".utf8), 0xe306_9283), ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
            ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43), (Array(0..<32), 0x46dd_794e),
        ]
        for (bytes, expected) in known { #expect(sum(bytes) == (expected, expected)) }
    }

    @Test func bothWaysAndAllPiecesAgree() {
        var random = SeededRandom(seed: TestSeed.base)
        let bytes = (0..<10_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for count in Array(0..<80) + [4031, 4032, 4033, 4095, 4096, 4097, 8064, 8192, 10_000] {
            let whole = sum(Array(bytes.prefix(count)))
            #expect(whole.0 == whole.1, "\(count) bytes, seed \(TestSeed.base)")
            let cut = Int.random(in: 0...count, using: &random)
            let first = sum(Array(bytes.prefix(cut)))
            let rest = sum(Array(bytes[cut..<count]), from: first.0)
            #expect(rest == whole, "\(count) bytes cut at \(cut), seed \(TestSeed.base)")
        }
    }
}
