/// A value of JSON as it was read. Numbers keep their text, so that none loses a digit.
package enum JSONValue: Equatable, Sendable {
    case null
    case flag(Bool)
    case number(String)
    case text(String)
    case array([JSONValue])
    case object([JSONField])

    /// A field of an object; nil when this is none or has no such field.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let fields) = self else { return nil }
        return fields.first { $0.name == name }?.value
    }

    /// The elements of an array; none when this is none.
    package var elements: [JSONValue] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    /// The fields of an object; none when this is none.
    package var fields: [JSONField] {
        guard case .object(let fields) = self else { return [] }
        return fields
    }

    /// The text of a text, the digits of a number, `true` or `false`; empty for what has none.
    package var plainText: String {
        switch self {
        case .text(let text), .number(let text): text
        case .flag(let isTrue): isTrue ? "true" : "false"
        case .null, .array, .object: ""
        }
    }

    /// Writes the value as it was read.
    package func append(_ name: String?, to json: inout JSONText) {
        switch self {
        case .null: json.add(name, literal: "null")
        case .flag(let isTrue): json.add(name, isTrue)
        case .number(let digits): json.add(name, literal: digits)
        case .text(let text): json.add(name, text)
        case .array(let elements):
            json.beginArray(name)
            for element in elements { element.append(nil, to: &json) }
            json.endArray()
        case .object(let fields):
            json.beginObject(name)
            for field in fields { field.value.append(field.name, to: &json) }
            json.endObject()
        }
    }
}

/// A name and a value of an object.
package struct JSONField: Equatable, Sendable {
    package let name: String
    package let value: JSONValue

    package init(name: String, value: JSONValue) {
        self.name = name
        self.value = value
    }
}

extension JSONValue {
    /// Reads a whole text of JSON (RFC 8259), nested at most 32 deep; nil when it is none. Names that stand in an
    /// object twice are refused. Allocates.
    package init?(_ text: [UInt8]) {
        guard String(validating: text, as: UTF8.self) != nil else { return nil }
        var reader = JSONReader(text: text)
        do throws(JSONReader.Fault) {
            self = try reader.whole()
        } catch {
            return nil
        }
    }
}

/// A text of JSON on its way into a value.
private struct JSONReader {
    struct Fault: Error {}

    private static let depthMax = 32

    let text: [UInt8]
    private var offset = 0

    init(text: [UInt8]) { self.text = text }

    mutating func whole() throws(Fault) -> JSONValue {
        let value = try value(depth: 0)
        skipBlanks()
        if offset != text.count { throw Fault() }
        return value
    }

    private mutating func skipBlanks() {
        while offset < text.count, [0x20, 0x09, 0x0a, 0x0d].contains(text[offset]) { offset += 1 }
    }

    private mutating func takes(_ byte: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard offset < text.count, text[offset] == UInt8(ascii: byte) else { return false }
        offset += 1
        return true
    }

    private mutating func expect(_ byte: Unicode.Scalar) throws(Fault) {
        if !takes(byte) { throw Fault() }
    }

    private mutating func value(depth: Int) throws(Fault) -> JSONValue {
        if depth > Self.depthMax { throw Fault() }
        skipBlanks()
        guard offset < text.count else { throw Fault() }
        switch text[offset] {
        case UInt8(ascii: "{"): return .object(try fields(depth: depth))
        case UInt8(ascii: "["): return .array(try elements(depth: depth))
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .flag(true))
        case UInt8(ascii: "f"): return try word("false", .flag(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(Fault) -> JSONValue {
        guard text[offset...].starts(with: word.utf8) else { throw Fault() }
        offset += word.utf8.count
        return value
    }

    private mutating func fields(depth: Int) throws(Fault) -> [JSONField] {
        try expect("{")
        var fields: [JSONField] = []
        var names: Set<String> = []
        if takes("}") { return fields }
        repeat {
            skipBlanks()
            let name = try string()
            try expect(":")
            fields.append(JSONField(name: name, value: try value(depth: depth + 1)))
            if !names.insert(name).inserted { throw Fault() }
        } while takes(",")
        try expect("}")
        return fields
    }

    private mutating func elements(depth: Int) throws(Fault) -> [JSONValue] {
        try expect("[")
        var elements: [JSONValue] = []
        if takes("]") { return elements }
        repeat { elements.append(try value(depth: depth + 1)) } while takes(",")
        try expect("]")
        return elements
    }

    private mutating func digits() throws(Fault) {
        let start = offset
        while offset < text.count, (0x30...0x39).contains(text[offset]) { offset += 1 }
        if offset == start { throw Fault() }
    }

    private mutating func number() throws(Fault) -> String {
        let start = offset
        if text[offset] == UInt8(ascii: "-") { offset += 1 }
        let first = offset
        try digits()
        if text[first] == UInt8(ascii: "0") && offset > first + 1 { throw Fault() }
        if offset < text.count, text[offset] == UInt8(ascii: ".") {
            offset += 1
            try digits()
        }
        if offset < text.count, text[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < text.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(text[offset]) {
                offset += 1
            }
            try digits()
        }
        return String(decoding: text[start..<offset], as: UTF8.self)
    }

    private mutating func string() throws(Fault) -> String {
        guard offset < text.count, text[offset] == UInt8(ascii: "\"") else { throw Fault() }
        offset += 1
        var bytes: [UInt8] = []
        while offset < text.count {
            let byte = text[offset]
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"): bytes.append(contentsOf: String(try escaped()).utf8)
            case 0..<0x20: throw Fault()
            default: bytes.append(byte)
            }
        }
        throw Fault()
    }

    private mutating func escaped() throws(Fault) -> Unicode.Scalar {
        guard offset < text.count else { throw Fault() }
        let byte = text[offset]
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw Fault()
        }
        let unit = try hexUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        // The first half of a pair.
        guard unit < 0xdc00, text[offset...].starts(with: [0x5c, 0x75]) else { throw Fault() }
        offset += 2
        let second = try hexUnit()
        guard (0xdc00..<0xe000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (second - 0xdc00))
        else { throw Fault() }
        return scalar
    }

    private mutating func hexUnit() throws(Fault) -> UInt32 {
        guard offset + 4 <= text.count else { throw Fault() }
        var unit: UInt32 = 0
        for byte in text[offset..<offset + 4] {
            switch byte {
            case 0x30...0x39: unit = unit << 4 | UInt32(byte - 0x30)
            case 0x61...0x66: unit = unit << 4 | UInt32(byte - 0x57)
            case 0x41...0x46: unit = unit << 4 | UInt32(byte - 0x37)
            default: throw Fault()
            }
        }
        offset += 4
        return unit
    }
}
