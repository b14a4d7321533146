import TestSupport
import Testing

@testable import NATSBridge

/// What streams must hold in the end.
enum PublishedCheck {
    /// A message as a stream has it.
    struct Stored {
        var topic: PublishTopic
        var id: String
        var bytes: [UInt8]
    }

    /// What is wrong with the content of streams: every message must be there once, with its bytes and, unless streams
    /// have refused some, in order per key; of positions the newest must be the last.
    static func faults(
        _ streams: [[Stored]], _ expected: [PublisherRun.Message], inOrder: Bool = true
    ) -> [String] {
        var found: [MessageID: Int] = [:]
        var order: [PublishTopic: [UInt32: MessageID]] = [:]
        let byID = Dictionary(uniqueKeysWithValues: expected.map { ($0.id, $0) })
        var faults: [String] = []
        for stored in streams.joined() {
            guard let id = MessageID(stored.id, book: "main"), let message = byID[id],
                message.topic == stored.topic, message.bytes == stored.bytes
            else {
                faults.append("\(stored.id) is not what was to be published")
                continue
            }
            found[id, default: 0] += 1
            if let before = order[stored.topic]?[message.handle], before >= id,
                inOrder || stored.topic == .position
            {
                faults.append("\(stored.topic) \(id) lies behind \(before)")
            }
            order[stored.topic, default: [:]][message.handle] = id
        }
        var newest: [UInt32: MessageID] = [:]
        for message in expected {
            let count = found[message.id, default: 0]
            if message.topic == .position {
                newest[message.handle] = message.id
                if count > 1 { faults.append("\(message.id) is there \(count) times") }
            } else if count != 1 {
                faults.append("\(message.topic) \(message.id) is there \(count) times")
            }
        }
        for (handle, id) in newest where order[.position]?[handle] != id {
            faults.append("the position of \(handle) is not the last one")
        }
        return faults
    }
}
