import PositionText

extension DecodedMessage {
    /// The message as one JSON object without a line end: `message` with its name, then the fields by their names in
    /// the proto. Numbers are strings, because they are exact and most JSON readers are not. Control characters and
    /// those that turn the direction of text are escaped. Allocates.
    public var json: String {
        var text = "{\"message\":\"\(kind.rawValue)\""
        for field in fields {
            text += ",\"\(field.name)\":"
            Self.append(field.value, to: &text)
        }
        return text + "}"
    }

    private static func append(_ value: Value, to text: inout String) {
        switch value {
        case .text(let string), .name(let string): append(string, to: &text)
        case .integer(let number): text += "\"\(number)\""
        case .message(let fields):
            text += "{"
            for (index, field) in fields.enumerated() {
                text += index > 0 ? ",\"\(field.name)\":" : "\"\(field.name)\":"
                append(field.value, to: &text)
            }
            text += "}"
        case .list(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                append(value, to: &text)
            }
            text += "]"
        }
    }

    private static func append(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                text += "\\"
                text.unicodeScalars.append(scalar)
            case _ where isHidden(scalar):
                for unit in UTF16.encode(scalar) ?? UTF16.encode("\u{fffd}") ?? .init() {
                    let digits = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        let category = scalar.properties.generalCategory
        return category == .control || category == .format
    }

    /// The message as one line for a person, without a line end: what happened first, then the fields that say
    /// something, by name. Safe on a terminal whatever the message held. Allocates.
    public var line: String {
        let head = [text("seq"), text("n")].compactMap(\.self).joined(separator: ":")
        var words = [kind.rawValue]
        if !head.isEmpty { words.append(head) }
        let shownAlready: Set<String> = ["seq", "n"]
        for field in fields where !shownAlready.contains(field.name) && !field.value.isEmpty {
            words.append(field.name + "=" + Self.shown(field.value))
        }
        return words.joined(separator: " ")
    }

    private static func shown(_ value: Value) -> String {
        switch value {
        case .text(let string), .name(let string):
            let text = visible(string)
            return text.contains(" ") ? "\"\(text)\"" : text
        case .integer(let number): return "\(number)"
        case .message(let fields):
            let words = fields.filter { !$0.value.isEmpty }.map { $0.name + "=" + shown($0.value) }
            return "{" + words.joined(separator: " ") + "}"
        case .list(let values): return "[" + values.map { shown($0) }.joined(separator: " ") + "]"
        }
    }
}
