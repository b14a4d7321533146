/// What a NATS server says about itself, its streams and its consumers, read from its JSON. For answers to questions, not
/// for messages: everything is allocated.
public enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// A number as it stands there: whole ones are exact.
    case number(String)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    /// Deeper answers are none that a server gives.
    private static let depthMax = 32

    /// Reads one value; nil for anything that is not JSON.
    public init?(_ bytes: [UInt8]) {
        var parser = Parser(bytes: bytes)
        guard let value = parser.value(depth: 0) else { return nil }
        parser.skipBlanks()
        guard parser.place == bytes.count else { return nil }
        self = value
    }

    /// A member of an object; `null` when there is none.
    public subscript(name: String) -> JSONValue {
        guard case .object(let members) = self else { return .null }
        return members[name] ?? .null
    }

    /// Its text; nil for anything else.
    public var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// Its whole number; nil for anything else.
    public var integer: Int64? {
        guard case .number(let digits) = self else { return nil }
        return Int64(digits)
    }

    /// Whether it says true.
    public var isTrue: Bool { self == .bool(true) }

    /// Its elements; none for anything else.
    public var elements: [JSONValue] {
        guard case .list(let elements) = self else { return [] }
        return elements
    }

    private struct Parser {
        let bytes: [UInt8]
        var place = 0

        private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

        mutating func skipBlanks() {
            while let byte = next, byte == 0x20 || (byte >= 0x09 && byte <= 0x0d) { place += 1 }
        }

        private mutating func take(_ byte: Character) -> Bool {
            skipBlanks()
            guard next == byte.asciiValue else { return false }
            place += 1
            return true
        }

        mutating func value(depth: Int) -> JSONValue? {
            if depth > depthMax { return nil }
            skipBlanks()
            switch next {
            case UInt8(ascii: "{"): return object(depth)
            case UInt8(ascii: "["): return list(depth)
            case UInt8(ascii: "\""): return string().map { .text($0) }
            case UInt8(ascii: "t"): return word("true", .bool(true))
            case UInt8(ascii: "f"): return word("false", .bool(false))
            case UInt8(ascii: "n"): return word("null", .null)
            default: return number()
            }
        }

        private mutating func word(_ word: String, _ value: JSONValue) -> JSONValue? {
            let end = place + word.utf8.count
            guard end <= bytes.count, bytes[place..<end].elementsEqual(word.utf8) else { return nil }
            place = end
            return value
        }

        private mutating func number() -> JSONValue? {
            let start = place
            while let byte = next, (byte >= 0x30 && byte <= 0x39) || "+-.eE".utf8.contains(byte) {
                place += 1
            }
            return place == start ? nil : .number(String(decoding: bytes[start..<place], as: UTF8.self))
        }

        private mutating func object(_ depth: Int) -> JSONValue? {
            place += 1
            var members: [String: JSONValue] = [:]
            if take("}") { return .object(members) }
            repeat {
                skipBlanks()
                guard next == UInt8(ascii: "\""), let name = string(), take(":"),
                    let value = value(depth: depth + 1)
                else { return nil }
                members[name] = value
            } while take(",")
            return take("}") ? .object(members) : nil
        }

        private mutating func list(_ depth: Int) -> JSONValue? {
            place += 1
            var elements: [JSONValue] = []
            if take("]") { return .list(elements) }
            repeat {
                guard let value = value(depth: depth + 1) else { return nil }
                elements.append(value)
            } while take(",")
            return take("]") ? .list(elements) : nil
        }

        private mutating func string() -> String? {
            place += 1
            var units: [UInt16] = []
            var plain: [UInt8] = []
            var text = ""
            while let byte = next {
                place += 1
                if byte == UInt8(ascii: "\"") {
                    return text + String(decoding: units, as: UTF16.self)
                        + String(decoding: plain, as: UTF8.self)
                }
                if byte != UInt8(ascii: "\\") {
                    text += String(decoding: units, as: UTF16.self)
                    units = []
                    plain.append(byte)
                    continue
                }
                text += String(decoding: plain, as: UTF8.self)
                plain = []
                guard let unit = escaped() else { return nil }
                units.append(unit)
            }
            return nil
        }

        private mutating func escaped() -> UInt16? {
            guard let byte = next else { return nil }
            place += 1
            switch byte {
            case UInt8(ascii: "n"): return 0x0a
            case UInt8(ascii: "t"): return 0x09
            case UInt8(ascii: "r"): return 0x0d
            case UInt8(ascii: "b"): return 0x08
            case UInt8(ascii: "f"): return 0x0c
            case UInt8(ascii: "u"):
                guard place + 4 <= bytes.count else { return nil }
                defer { place += 4 }
                return UInt16(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
            default: return UInt16(byte)
            }
        }
    }
}
