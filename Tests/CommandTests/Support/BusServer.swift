import NATSBridge
import NATSSupport
import Testing

/// A real NATS server with the bus's three streams.
final class BusServer {
    let server: NATSServer
    let names = BusNames()
    var url: String { server.url }

    init(_ version: NATSServer.Version, settings: String = "") throws {
        server = try NATSServer(version, settings: settings)
    }

    /// Makes the streams as `pks run --nats-create` does.
    func makeStreams() throws {
        let jetStream = try jetStream()
        let subjects: [(String, [String])] = [
            (names.bookingStream, [names.booked, names.lifecycle]),
            (names.rejectStream, [names.rejected, names.deadLetter]),
            (names.positionStream, [names.position, names.lot, names.match, names.pnl, names.event]),
        ]
        for (name, templates) in subjects {
            try jetStream.makeStream(
                StreamPlan(name: name, subjects: templates.map { BusNames.subject($0, book: "*") }))
        }
    }

    func jetStream() throws -> JetStream { try JetStream(NATSConnection(NATSOptions(url))) }

    /// Stores bytes under a subject.
    func store(
        _ template: String, book: String, _ payload: [UInt8], headers: [(name: String, value: String)] = []
    ) throws {
        let connection = try NATSConnection(NATSOptions(url))
        let inbox = try connection.makeInbox()
        let answers = try NATSSubscription(connection, subject: inbox)
        // SAFETY: the bytes live for the closure.
        try unsafe payload.withUnsafeBytes { bytes in
            try unsafe connection.publish(
                BusNames.subject(template, book: book), bytes, reply: inbox,
                headers: headers + [("Pks-Test", "1")])
        }
        let payload = try answers.next(waitMs: 5000)?.payload ?? []
        #expect(String(decoding: payload, as: UTF8.self).contains("\"seq\""))
    }

    /// How many messages a stream has.
    func count(_ stream: String) throws -> UInt64 { try jetStream().stream(stream)?.messageCount ?? 0 }
}
