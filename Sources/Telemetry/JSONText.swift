/// Writes JSON. Commas are put where they belong; whoever writes opens and closes what it begins.
package struct JSONText {
    /// What is written so far.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init() {}

    package mutating func beginObject(_ name: String? = nil) { begin("{", name) }
    package mutating func endObject() { end("}") }
    package mutating func beginArray(_ name: String? = nil) { begin("[", name) }
    package mutating func endArray() { end("]") }

    /// A name's value that is a text.
    package mutating func add(_ name: String?, _ value: String) {
        separate(name)
        append(quoted: value)
    }

    package mutating func add(_ name: String?, _ value: some BinaryInteger) {
        add(name, literal: String(value))
    }

    package mutating func add(_ name: String?, _ value: Bool) {
        add(name, literal: value ? "true" : "false")
    }

    /// A length of time in seconds, exact.
    package mutating func add(_ name: String?, seconds ns: Int64) {
        add(name, literal: SecondsText.seconds(ns))
    }

    /// A number, `true`, `false` or `null` as it stands.
    package mutating func add(_ name: String?, literal: String) {
        separate(name)
        bytes.append(contentsOf: literal.utf8)
    }

    /// The line's end.
    package mutating func endLine() { bytes.append(UInt8(ascii: "\n")) }

    private mutating func begin(_ bracket: Unicode.Scalar, _ name: String?) {
        separate(name)
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    private mutating func end(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    private mutating func separate(_ name: String?) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        guard let name else { return }
        append(quoted: name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Control and format characters are spelled out, so that a terminal may show it.
    private mutating func append(quoted text: String) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": bytes.append(contentsOf: "\\\"".utf8)
            case "\\": bytes.append(contentsOf: "\\\\".utf8)
            case _
            where scalar.properties.generalCategory == .control
                || scalar.properties.generalCategory == .format:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    bytes.append(contentsOf: "\\u".utf8)
                    bytes.append(contentsOf: String(repeating: "0", count: 4 - digits.utf8.count).utf8)
                    bytes.append(contentsOf: digits.utf8)
                }
            default: bytes.append(contentsOf: String(scalar).utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
