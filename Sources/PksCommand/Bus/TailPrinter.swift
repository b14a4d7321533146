import BusMessages
import NATSBridge
import PositionText

/// Messages of the bus as lines: for a person with what they have in common in columns, for a program as JSON.
struct TailPrinter: ~Copyable {
    private let isJSON: Bool
    private var inspector = MessageInspector()
    private static let kindWidth = 18
    private static let placeWidth = 8
    private static let shownBytesMax = 32

    init(isJSON: Bool) { self.isJSON = isJSON }

    /// The line of a message of a stream, with its line end.
    mutating func line(
        _ delivery: borrowing StreamDelivery, _ subject: TailSubject, stream: String
    ) -> String {
        let words: Words
        switch subject.kind {
        case .some(let kind): words = decoded(delivery.message, kind)
        case nil: words = deadLetter(delivery.message)
        }
        if isJSON {
            var head: [UInt8] = []
            head.append(static: "{\"stream\":")
            head.append(json: stream)
            head.append(
                text:
                    ",\"stream_seq\":\"\(delivery.sequence)\",\"stored_ns\":\"\(delivery.storedNs)\",\"subject\":"
            )
            head.append(json: harmless(delivery.message.subject))
            if let id = delivery.message.header("Nats-Msg-Id") {
                head.append(static: ",\"id\":")
                head.append(json: harmless(id))
            }
            return String(decoding: head, as: UTF8.self) + "," + words.json.dropFirst() + "\n"
        }
        let parts = words.line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let kind = parts.first.map { String($0) } ?? ""
        let rest = parts.count > 1 ? String(parts[1]) : ""
        let place = Self.padded("\(delivery.sequence)", to: Self.placeWidth, isNumber: true)
        let time = Self.timeOfDay(delivery.storedNs)
        return "\(place)  \(time)  \(Self.padded(kind, to: Self.kindWidth, isNumber: false)) \(rest)\n"
    }

    private static func padded(_ text: String, to width: Int, isNumber: Bool) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return isNumber ? blanks + text : text + blanks
    }

    private struct Words {
        let line: String
        let json: String
    }

    private mutating func decoded(_ message: borrowing NATSMessage, _ kind: MessageKind) -> Words {
        let payload = message.payload
        do throws(Poison) {
            // SAFETY: the bytes live for the closure; a typed throw leaves through a result.
            let decoded = try unsafe payload.withUnsafeBytes { bytes in
                Result { () throws(Poison) in try unsafe inspector.decode(kind, bytes) }
            }.get()
            return Words(line: decoded.line, json: decoded.json)
        } catch {
            return unreadable(
                "Unreadable", ["as": kind.rawValue, "reason": error.reason.rawValue], error.detail, payload)
        }
    }

    /// The dead letters have what was sent, and why it was not used in headers.
    private func deadLetter(_ message: borrowing NATSMessage) -> Words {
        var fields: [String: String] = [:]
        for (name, header) in [("of", "Pks-Stream"), ("of_seq", "Pks-Stream-Seq")] {
            if let value = message.header(header) { fields[name] = harmless(value) }
        }
        return unreadable("DeadLetter", fields, harmless(message.header("Pks-Reason") ?? ""), message.payload)
    }

    private func unreadable(
        _ name: String, _ fields: [String: String], _ detail: String, _ payload: [UInt8]
    ) -> Words {
        let sorted = fields.sorted { $0.key < $1.key }
        let shown = payload.prefix(Self.shownBytesMax).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        let rest = payload.count > Self.shownBytesMax ? "..." : ""
        let line =
            name + " " + sorted.map { "\($0)=\(visible($1)) " }.joined()
            + "\(payload.count) bytes \(shown)\(rest)"
            + (detail.isEmpty ? "" : ": \(visible(detail))")
        var json: [UInt8] = []
        json.append(static: "{\"message\":")
        json.append(json: name)
        for (key, value) in sorted {
            json.append(text: ",\"\(key)\":")
            json.append(json: value)
        }
        json.append(static: ",\"detail\":")
        json.append(json: detail)
        json.append(text: ",\"byte_count\":\(payload.count),\"bytes\":\"\(shown)\"}")
        return Words(line: line, json: String(decoding: json, as: UTF8.self))
    }

    /// Text of a stranger's as JSON may have it on a terminal: what is invisible is spelled out.
    private func harmless(_ text: String) -> String { visible(text) }

    /// Hours, minutes, seconds and milliseconds of a day, UTC.
    static func timeOfDay(_ ns: Int64) -> String {
        let ms = (ns / 1_000_000) % 86_400_000
        let positive = ms < 0 ? ms + 86_400_000 : ms
        func digits(_ value: Int64, _ count: Int) -> String {
            let text = "\(value)"
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return digits(positive / 3_600_000, 2) + ":" + digits(positive / 60_000 % 60, 2) + ":"
            + digits(positive / 1000 % 60, 2) + "." + digits(positive % 1000, 3)
    }
}
