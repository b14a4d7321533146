import CJournal
import TestSupport
import Testing

@testable import Accumulator

/// The vectors of FIPS 180-2, appendix B, and of the NIST's example collection.
@Suite struct SHA256Tests {
    private func digest(_ bytes: [UInt8], piece: Int) -> String {
        var hash = SHA256()
        for start in stride(from: 0, to: bytes.count, by: piece) {
            let end = min(start + piece, bytes.count)
            // SAFETY: the array lives through the call.
            unsafe bytes[start..<end].withUnsafeBytes { unsafe hash.update(bytes: $0) }
        }
        return hash.finish().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
                + "nopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ])
    func knownTextsHaveKnownDigests(text: String, expected: String) {
        for piece in [1, 3, 7, 64, 1000] { #expect(digest(Array(text.utf8), piece: piece) == expected) }
    }

    @Test func aMillionLettersHaveTheKnownDigest() {
        let letters = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        #expect(
            digest(letters, piece: 9973)
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    /// Every length around one and two blocks, where the padding changes; the pieces must not matter.
    @Test func thePiecesOfTheInputDoNotMatter() {
        var seen: Set<String> = []
        for count in 0...130 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let whole = digest(bytes, piece: 1000)
            #expect(digest(bytes, piece: 1) == whole && digest(bytes, piece: 13) == whole)
            seen.insert(whole)
        }
        #expect(seen.count == 131)
    }

    /// The processor's instructions, where it has them, against plain C.
    @Test func bothWaysToCompressAgree() {
        var random = SeededRandom(seed: TestSeed.base)
        var (one, other) = ([UInt32](repeating: 1, count: 8), [UInt32](repeating: 1, count: 8))
        for count in [1, 2, 3, 17] {
            let bytes = (0..<count * 64 + 1).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            // SAFETY: whole blocks of the array, at an odd address; eight words each.
            unsafe bytes.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                unsafe pks_sha256_blocks(&one, base + 1, count)
                unsafe pks_sha256_blocks_portable(&other, base + 1, count)
            }
            #expect(one == other, "seed \(TestSeed.base)")
        }
    }
}
