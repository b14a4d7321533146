import Accumulator
import CSeqlock
import Testing

/// What a producer that breaks the rules can put on its own ring, and what must come of it.
@Suite struct HostileRecordTests {
    static let config = BookConfig(name: "hostile", positionsMax: 4, lotsMax: 64, identitiesMax: 64)

    @Test(
        arguments: [
            [0x1b, 0x5b, 0x33, 0x31, 0x6d], [0x41, 0x0a], [0x7f], [0xc2, 0x9b], [0xff, 0xfe], [0xc3],
            [0xed, 0xa0, 0x80],
        ] as [[UInt8]])
    func aKeyWhoseNameIsNoPlainTextIsRefused(name: [UInt8]) throws {
        var book = Book(Self.config)
        for offset in [16, 48, 80] {
            var key = Records.key()
            // SAFETY: the name is shorter than any of the fields, which begin at these offsets.
            unsafe withUnsafeMutableBytes(of: &key) { bytes in
                for index in 0..<32 { unsafe bytes[offset + index] = index < name.count ? name[index] : 0 }
            }
            // SAFETY: the key lives for the call.
            #expect(unsafe book.define(&key) == .refused(.malformedText))
        }
        #expect(book.positionCount == 0)
        #expect(book.counters.rejects == 3)
    }

    @Test func aKeyInAnyScriptIsTaken() {
        var book = Book(Self.config)
        #expect(book.handle(Records.key(account: "Zürich", strategy: "套利", symbol: "ЮГ/€")) == 0)
    }
}
