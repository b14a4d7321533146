import Accumulator
import FixedPoint
import LotMatching
import NATSBridge
import Service

extension ServiceConfiguration {
    /// Everything that is in force as a configuration of its own, each value with its origin in a comment. Read
    /// again it gives the same, wherever that file lies: paths are absolute. Allocates.
    public var toml: String {
        var text = TOMLText()
        text.append("# Every value in force, and where it comes from. This is a configuration itself.")
        text.append("")
        text.append("[service]")
        for key in ServiceKey.allCases {
            let setting = self[key]
            text.append(key.rawValue, TOMLText.value(setting.value, key.kind), setting.origin)
        }
        text.append("")
        text.append("[nats]")
        for key in NATSKey.allCases {
            let setting = self[key]
            text.append(key.rawValue, TOMLText.value(setting.value, key.kind), setting.origin)
        }
        for book in books { text.append(book) }
        return text.text
    }
}

extension ConfigurationValue {
    /// A length of time, a size, permission bits, a method, a wait strategy or an address as a file spells it, without
    /// quotes; empty for other values. Allocates.
    public var fileText: String {
        switch self {
        case .durationNs(let ns): DurationText.text(ns)
        case .bytes(let bytes): SizeText.text(bytes)
        case .mode(let mode): TOMLText.modeText(mode)
        case .method(let method): method.name
        case .wait(let wait): wait.rawValue
        case .address(let address): address.description
        case .none, .text, .count, .flag, .users, .servers: ""
        }
    }
}

extension InstrumentValue {
    /// The value as a file spells it, without quotes. Allocates.
    public var text: String {
        switch self {
        case .count(let count): "\(count)"
        case .multiplier(let units, let decimals): decimalText(units, decimals: decimals)
        case .text(let text): text
        case .method(let method): method.name
        }
    }
}

/// Lines of TOML.
struct TOMLText {
    private(set) var text = ""
    private static let commentColumn = 40

    mutating func append(_ line: String) { text += line + "\n" }

    mutating func append(_ key: String, _ value: String, _ origin: Origin) {
        let line = "\(TOMLText.key(key)) = \(value)"
        let padding = String(repeating: " ", count: max(2, Self.commentColumn - line.count))
        append(line + padding + "# " + Self.plain(origin.description))
    }

    mutating func append(_ book: BookConfiguration) {
        append("")
        append("[[book]]")
        for key in BookKey.allCases {
            append(key.rawValue, Self.value(book[key].value, key.kind), book[key].origin)
        }
        if !book.classMethods.isEmpty {
            append("")
            append("[book.\(BookTable.classMethods.rawValue)]")
            for item in book.classMethods {
                append(item.name, Self.quoted(item.method.value.name), item.method.origin)
            }
        }
        for override in book.instruments {
            append("")
            append("[book.\(BookTable.instrument.rawValue).\(Self.key(override.symbol))]")
            for key in InstrumentKey.allCases {
                guard let setting = override.values[key] else { continue }
                append(key.rawValue, Self.value(setting.value), setting.origin)
            }
        }
    }

    /// A value as a file spells it.
    static func value(_ value: ConfigurationValue, _ kind: ValueKind) -> String {
        switch value {
        case .none:
            switch kind {
            case .cpu: quoted("none")
            case .address: quoted("off")
            default: quoted("")
            }
        case .text(let text): quoted(kind.isPath ? ServiceConfiguration.absolute(text) : text)
        case .count(let count): "\(count)"
        case .flag(let isOn): "\(isOn)"
        case .durationNs, .bytes, .mode, .method, .wait, .address: quoted(value.fileText)
        case .users(let users):
            "[" + users.map { $0.text == "\($0.uid)" ? $0.text : quoted($0.text) }.joined(separator: ", ")
                + "]"
        // Without what is secret in them.
        case .servers(let servers):
            "[" + servers.map { quoted($0.description) }.joined(separator: ", ") + "]"
        }
    }

    private static func value(_ value: InstrumentValue) -> String {
        if case .count(let count) = value { return "\(count)" }
        return quoted(value.text)
    }

    /// Permission bits as `0640`.
    static func modeText(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }

    private static func key(_ name: String) -> String {
        !name.isEmpty && name.utf8.allSatisfy { isBare($0) } ? name : quoted(name)
    }

    /// A basic string; what a terminal should not see is spelled out.
    private static func quoted(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": escaped += "\\\""
            case "\\": escaped += "\\\\"
            case _ where isHidden(scalar):
                let digits = String(scalar.value, radix: 16)
                escaped += "\\U" + String(repeating: "0", count: 8 - digits.utf8.count) + digits
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return "\"\(escaped)\""
    }

    /// A comment on one line.
    private static func plain(_ text: String) -> String {
        var safe = ""
        for scalar in text.unicodeScalars {
            if isHidden(scalar) { safe += "?" } else { safe.unicodeScalars.append(scalar) }
        }
        return safe
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
