import Accumulator
import CBusMessages
import FillRecords
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

    mutating func text(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        let start = textBytes
        for index in bytes.indices { append(bytes[index]) }
        // SAFETY: for a message that is packed before `clear`.
        return unsafe field(from: start)
    }

    /// A text of at most so many bytes; what is longer is cut, not inside a character.
    mutating func text(_ string: String, bytesMax: Int = .max) -> ProtobufCBinaryData {
        let start = textBytes
        let utf8 = string.utf8
        var index = utf8.startIndex
        while index != utf8.endIndex && textBytes - start < bytesMax {
            append(utf8[index])
            index = utf8.index(after: index)
        }
        if index != utf8.endIndex { cutCharacter(from: start, before: utf8[index]) }
        // SAFETY: for a message that is packed before `clear`.
        return unsafe field(from: start)
    }

    /// The same for bytes of UTF-8.
    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>, bytesMax: Int) -> ProtobufCBinaryData {
        let start = textBytes
        let count = min(bytes.count, bytesMax)
        // SAFETY: below the count of bytes, which the caller lends.
        for index in 0..<count { append(unsafe bytes[index]) }
        if count < bytes.count { cutCharacter(from: start, before: unsafe bytes[count]) }
        // SAFETY: for a message that is packed before `clear`.
        return unsafe field(from: start)
    }

    /// Takes back the beginning of a character that `next` goes on with.
    private mutating func cutCharacter(from start: Int, before next: UInt8) {
        if next & 0xc0 != 0x80 { return }
        // SAFETY: start ..< textBytes were written.
        while textBytes > start {
            textBytes -= 1
            if unsafe texts[textBytes] & 0xc0 != 0x80 { return }
        }
    }

    /// The text of a field that is padded with NUL. A gateway may have put anything there: what is not UTF-8 without
    /// control characters, which readers of messages rely on, is replaced by U+FFFD.
    mutating func text<Place: BitwiseCopyable>(padded place: Place) -> ProtobufCBinaryData {
        let start = textBytes
        // SAFETY: the bytes are those of a copy that lives for the closure.
        unsafe withUnsafeBytes(of: place) { bytes in
            var isPlain = true
            for index in bytes.indices {
                let byte = unsafe bytes[index]
                if byte == 0 { break }
                isPlain = isPlain && byte >= 0x20 && byte < 0x7f
                append(byte)
            }
            if !isPlain { repair(from: start) }
        }
        // SAFETY: for a message that is packed before `clear`.
        return unsafe field(from: start)
    }

    /// Makes the text that begins at `start` readable. Allocates when it is not.
    private mutating func repair(from start: Int) {
        // SAFETY: start ..< textBytes were written, and are copied before they are written again.
        let bytes = unsafe UnsafeBufferPointer(start: texts + start, count: textBytes - start)
        if isPrintable(unsafe bytes.span) { return }
        let repaired = unsafe String(decoding: bytes, as: UTF8.self)
        textBytes = start
        for scalar in repaired.unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control
            for byte in UTF8.encode(isControl ? "\u{fffd}" : scalar) ?? .init() { append(byte) }
        }
    }

    mutating func text(_ id: PaddedText40) -> ProtobufCBinaryData {
        // SAFETY: for a message that is packed before `clear`.
        return unsafe text(padded: id.words)
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
