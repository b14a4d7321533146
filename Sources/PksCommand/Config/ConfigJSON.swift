import Configuration
import LotMatching
import NATSBridge
import Telemetry

/// What is in force as JSON: every value is an object of `value` and `origin`, under the key that a file has for it.
enum ConfigJSON {
    static func render(_ configuration: ServiceConfiguration) -> [UInt8] {
        var json = JSONText()
        json.beginObject()
        json.beginObject("service")
        for key in ServiceKey.allCases { append(key.rawValue, configuration[key], to: &json) }
        json.endObject()
        json.beginObject("nats")
        for key in NATSKey.allCases { append(key.rawValue, configuration[key], to: &json) }
        json.endObject()
        json.beginArray("books")
        for book in configuration.books { append(book, to: &json) }
        json.endArray()
        json.beginArray("warnings")
        for warning in configuration.warnings { json.add(nil, warning) }
        json.endArray()
        json.endObject()
        json.endLine()
        return json.bytes
    }

    private static func append(_ book: BookConfiguration, to json: inout JSONText) {
        json.beginObject()
        for key in BookKey.allCases { append(key.rawValue, book[key], to: &json) }
        json.beginObject("class_methods")
        for item in book.classMethods {
            append(item.name, item.method.origin, to: &json) { $0.add($1, item.method.value.name) }
        }
        json.endObject()
        json.beginObject("instrument")
        for override in book.instruments {
            json.beginObject(override.symbol)
            for key in InstrumentKey.allCases {
                guard let setting = override.values[key] else { continue }
                append(key.rawValue, setting.origin, to: &json) { json, name in
                    switch setting.value {
                    case .count(let count): json.add(name, count)
                    default: json.add(name, setting.value.text)
                    }
                }
            }
            json.endObject()
        }
        json.endObject()
        json.endObject()
    }

    private static func append(
        _ name: String, _ setting: Setting<ConfigurationValue>, to json: inout JSONText
    ) {
        append(name, setting.origin, to: &json) { json, name in
            switch setting.value {
            case .none: json.add(name, literal: "null")
            case .text(let text): json.add(name, text)
            case .count(let count): json.add(name, count)
            case .flag(let isOn): json.add(name, isOn)
            case .users(let users):
                json.beginArray(name)
                for user in users { json.add(nil, user.text) }
                json.endArray()
            case .servers(let servers):
                json.beginArray(name)
                for server in servers { json.add(nil, server.description) }
                json.endArray()
            case .durationNs, .bytes, .mode, .method, .wait, .address: json.add(name, setting.value.fileText)
            }
        }
    }

    private static func append(
        _ name: String, _ origin: Origin, to json: inout JSONText, _ value: (inout JSONText, String) -> Void
    ) {
        json.beginObject(name)
        value(&json, "value")
        json.add("origin", origin.description)
        json.endObject()
    }
}
