import Accumulator
import BusMessages
import CSeqlock

/// Makes the messages that travel on the bus.
final class BusEffectEncoder: EffectEncoding {
    private var encoder: EffectEncoder

    init(book: String) { encoder = EffectEncoder(book: book) }

    func learnKeys(of book: borrowing Book) { encoder.learnKeys(of: book) }

    func noteKey(_ key: pks_key_record, seq: UInt64) { encoder.noteKey(key, seq: seq) }

    func encode(_ effect: Effect, n: UInt32) { _ = encoder.encode(effect, n: n) }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        // SAFETY: the bytes stay until the next message is made.
        unsafe body(encoder.bytes)
    }
}
