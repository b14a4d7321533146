/// What JetStream answers, read from its JSON without a parser: a field's name in quotes and a colon cannot occur inside a
/// text, where every quote has a backslash before it. SAFETY (all of this file): reads stay within the buffers' counts.
enum PublishAnswerText {
    /// What became of a message, and in which stream it is; refused when the answer makes no sense.
    static func outcome(
        _ text: UnsafeRawBufferPointer, expectedStream: [UInt8]
    ) -> PublishAnswer.Outcome {
        // An answer that begins with its stream is no error: those say so first.
        if unsafe !begins(text, with: expectedStream) {
            if unsafe find("\"error\":", text) != nil {
                let reason =
                    unsafe string("\"description\":", text) ?? "the stream refused it and gave no reason"
                return .refused(NATSText.harmless(reason))
            }
            guard let other = unsafe string("\"stream\":", text) else {
                return .refused("the answer of the server makes no sense")
            }
            if !other.utf8.elementsEqual(expectedStream) {
                return .refused(
                    "it went into stream \(NATSText.harmless(other)) instead of "
                        + "\(String(decoding: expectedStream, as: UTF8.self)) (one subject goes into one stream)"
                )
            }
        }
        guard let seq = unsafe number("\"seq\":", text), seq > 0 else {
            return .refused("the answer of the server makes no sense")
        }
        let isDuplicate = unsafe find("\"duplicate\":", text).map { place in
            unsafe text[place...].first { $0 != 0x20 } == 0x74
        }
        return .stored(seq: seq, isDuplicate: isDuplicate ?? false)
    }

    /// What a stored message says of itself; nil when the answer is an error or makes no sense.
    static func mark(_ text: UnsafeRawBufferPointer) -> PublishedMark? {
        guard unsafe find("\"error\":", text) == nil, let seq = unsafe number("\"seq\":", text) else {
            return nil
        }
        var mark = PublishedMark(seq: seq, messageID: nil, journal: nil)
        if let encoded = unsafe string("\"hdrs\":", text) {
            let lines = String(decoding: base64(encoded), as: UTF8.self).split(separator: "\r\n")
            for line in lines {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                if line[..<colon] == PublishHeader.messageID { mark.messageID = String(value) }
                if line[..<colon] == PublishHeader.journal { mark.journal = String(value) }
            }
        }
        return mark
    }

    /// The error's own number and words; nil when it is none.
    static func error(_ text: UnsafeRawBufferPointer) -> (code: Int, reason: String)? {
        guard unsafe find("\"error\":", text) != nil else { return nil }
        let code = unsafe number("\"err_code\":", text).map { Int(clamping: $0) } ?? 0
        return (code, NATSText.harmless(unsafe string("\"description\":", text) ?? "no reason given"))
    }

    // MARK: - Pieces

    /// Whether it begins as an answer of this stream does.
    private static func begins(_ text: UnsafeRawBufferPointer, with stream: [UInt8]) -> Bool {
        let start = 11
        guard text.count > start + stream.count, unsafe text[start + stream.count] == 0x22 else {
            return false
        }
        let head: StaticString = "{\"stream\":\""
        for place in 0..<start where unsafe text[place] != head.utf8Start[place] { return false }
        for place in stream.indices where unsafe text[start + place] != stream[place] { return false }
        return true
    }

    /// The place behind a text; nil when it does not occur.
    private static func find(_ name: StaticString, _ text: UnsafeRawBufferPointer) -> Int? {
        let count = name.utf8CodeUnitCount
        guard text.count >= count else { return nil }
        for start in 0...text.count - count {
            var index = 0
            while index < count, unsafe text[start + index] == name.utf8Start[index] { index += 1 }
            if index == count { return start + count }
        }
        return nil
    }

    /// The place behind the next quote, with nothing but blanks before it.
    private static func quote(_ start: Int, _ text: UnsafeRawBufferPointer) -> Int? {
        var place = start
        while place < text.count, unsafe text[place] == 0x20 { place += 1 }
        return unsafe place < text.count && text[place] == 0x22 ? place + 1 : nil
    }

    private static func number(_ name: StaticString, _ text: UnsafeRawBufferPointer) -> UInt64? {
        guard var place = unsafe find(name, text) else { return nil }
        while place < text.count, unsafe text[place] == 0x20 { place += 1 }
        var (value, digits) = (UInt64(0), 0)
        while place < text.count, unsafe text[place] >= 0x30 && text[place] <= 0x39, digits < 20 {
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = unsafe shifted.addingReportingOverflow(UInt64(text[place] - 0x30))
            if overflow || carry { return nil }
            (value, digits, place) = (sum, digits + 1, place + 1)
        }
        return digits > 0 ? value : nil
    }

    private static func string(_ name: StaticString, _ text: UnsafeRawBufferPointer) -> String? {
        guard let start = unsafe find(name, text).flatMap({ unsafe quote($0, text) }) else { return nil }
        var end = start
        while end < text.count, unsafe text[end] != 0x22 || (end > start && text[end - 1] == 0x5c) {
            end += 1
        }
        return unsafe String(decoding: text[start..<end], as: UTF8.self)
    }

    private static func base64(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for letter in text.utf8 {
            let value: UInt32
            switch letter {
            case 0x41...0x5a: value = UInt32(letter) - 0x41
            case 0x61...0x7a: value = UInt32(letter) - 0x61 + 26
            case 0x30...0x39: value = UInt32(letter) - 0x30 + 52
            case 0x2b: value = 62
            case 0x2f: value = 63
            default: continue
            }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}

/// The headers of a published message.
enum PublishHeader {
    /// Under which a stream knows it again.
    static let messageID = "Nats-Msg-Id"
    /// The epoch of the journal that its numbers are of, in hexadecimal.
    static let journal = "Pks-Journal"
}
