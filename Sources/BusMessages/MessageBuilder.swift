import Accumulator
import CBusMessages
import FixedPoint

/// Makes the bytes of one message at a time, in memory that is reserved once: texts are collected first, then the
/// message that points at them is packed.
@safe
struct MessageBuilder: ~Copyable {
    // SAFETY (both): so many bytes, allocated in init and freed in deinit. Fields of a message point into `texts` and
    // are valid until `clear`.
    private let texts: UnsafeMutablePointer<UInt8>
    private let packed: UnsafeMutablePointer<UInt8>
    private let textBytesMax: Int
    private let packedBytesMax: Int
    /// Bytes of the texts that were collected.
    private(set) var textBytes = 0
    /// Bytes of the message that was packed last.
    private(set) var count = 0
    /// A number on its way to `texts`.
    private var digits: [UInt8] = []

    /// Room for texts of so many bytes in all.
    init(textBytesMax: Int) {
        self.textBytesMax = textBytesMax
        // Each text has a tag and a length of five bytes at most each; numbers and nested messages are few beside.
        packedBytesMax = textBytesMax * 2 + 4096
        unsafe texts = .allocate(capacity: textBytesMax)
        unsafe packed = .allocate(capacity: packedBytesMax)
        digits.reserveCapacity(128)
    }

    deinit {
        unsafe texts.deallocate()
        unsafe packed.deallocate()
    }

    /// Forgets all texts.
    mutating func clear() { textBytes = 0 }

    /// The message that was packed last, valid until the next.
    var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: packed, count: count) }

    /// Room that is left for texts.
    var textRoom: Int { textBytesMax - textBytes }

    // MARK: - Texts

    /// A text of at most so many bytes; what is longer is cut, not inside a character.
    mutating func text(_ bytes: some Collection<UInt8>, bytesMax: Int = .max) -> ProtobufCBinaryData {
        let start = textBytes
        for byte in bytes {
            if textBytes - start == bytesMax {
                // SAFETY: start ..< textBytes were written.
                while textBytes > start, byte & 0xc0 == 0x80, unsafe texts[textBytes - 1] >= 0x80 {
                    textBytes -= 1
                    if unsafe texts[textBytes] >= 0xc0 { break }
                }
                break
            }
            append(byte)
        }
        // SAFETY: for a message that is packed before `clear`.
        return unsafe field(from: start)
    }

    /// The text of a field that is padded with NUL.
    mutating func text<Place: BitwiseCopyable>(padded place: Place) -> ProtobufCBinaryData {
        // SAFETY: the bytes are those of a copy that lives for the closure.
        unsafe withUnsafeBytes(of: place) { unsafe text($0.prefix { $0 != 0 }) }
    }

    mutating func text(_ id: PaddedText40) -> ProtobufCBinaryData {
        // SAFETY: for a message that is packed before `clear`.
        return unsafe text(padded: id.words)
    }

    mutating func text(_ text: StaticString) -> ProtobufCBinaryData {
        // SAFETY: a literal's bytes live for ever.
        unsafe self.text(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func number(_ units: Int64, decimals: Int) -> ProtobufCBinaryData {
        // SAFETY: for a message that is packed before `clear`.
        return unsafe number { appendDecimal(units, decimals: decimals, to: &$0) }
    }

    mutating func number(_ units: Int128, decimals: Int) -> ProtobufCBinaryData {
        // SAFETY: for a message that is packed before `clear`.
        return unsafe number { appendDecimal(units, decimals: decimals, to: &$0) }
    }

    /// What `write` appends.
    mutating func number(_ write: (inout [UInt8]) -> Void) -> ProtobufCBinaryData {
        digits.removeAll(keepingCapacity: true)
        write(&digits)
        let start = textBytes
        for index in digits.indices { append(digits[index]) }
        // SAFETY: for a message that is packed before `clear`.
        return unsafe field(from: start)
    }

    private mutating func append(_ byte: UInt8) {
        precondition(textBytes < textBytesMax, "a message's texts are bounded")
        unsafe texts[textBytes] = byte
        textBytes += 1
    }

    private func field(from start: Int) -> ProtobufCBinaryData {
        // SAFETY: start <= textBytes <= textBytesMax.
        unsafe ProtobufCBinaryData(len: textBytes - start, data: texts + start)
    }

    // MARK: - Packing

    /// Packs a message whose texts are in here, in place of the last one.
    mutating func pack(_ message: UnsafeRawPointer) {
        // SAFETY: each generated message begins with its base, and is alive with all that it points at.
        let base = unsafe message.assumingMemoryBound(to: ProtobufCMessage.self)
        let size = unsafe protobuf_c_message_get_packed_size(base)
        precondition(size <= packedBytesMax, "the message has the room that its texts are bounded for")
        count = unsafe protobuf_c_message_pack(base, packed)
    }
}
