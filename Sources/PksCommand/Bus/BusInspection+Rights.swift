import NATSBridge

// What this user may do: tried, subject by subject.
extension BusInspection {
    /// Something that is sent to a subject, and what for.
    private struct Use {
        let subject: String
        let what: String
        /// What the subject's listener takes for nothing; empty: a message that no stream stores.
        var text = ""
        /// Without it a daemon works, or works as long as nothing goes wrong.
        var isOptional = false
    }

    /// What JetStream answers with a complaint: JSON that ends in the middle. (What is no JSON at all asks for a message.)
    private static let nonsense = "{"

    private func uses(_ prefix: String) -> [Use] {
        let names = bus.names
        let (stream, consumer) = (names.bookingStream, consumerName)
        var uses: [Use] = []
        for (template, what) in [
            (names.rejected, "rejects"), (names.deadLetter, "dead letters"), (names.position, "positions"),
            (names.lot, "lots"), (names.match, "matches"), (names.pnl, "P&L"), (names.event, "events"),
        ] { uses.append(Use(subject: bus.subject(template), what: "publish \(what)")) }
        uses.append(
            Use(
                subject: "\(prefix).CONSUMER.MSG.NEXT.\(stream).\(consumer)", what: "ask for fills",
                text: Self.nonsense))
        uses.append(
            Use(subject: "$JS.ACK.\(stream).\(consumer).1.0.0.0.0", what: "acknowledge fills", text: "+WPI"))
        for name in [stream, names.rejectStream, names.positionStream] {
            uses.append(
                Use(
                    subject: "\(prefix).STREAM.MSG.GET.\(name)", what: "read from \(name)",
                    text: Self.nonsense))
        }
        uses.append(
            Use(
                subject: "\(prefix).CONSUMER.DURABLE.CREATE.\(stream).\(consumer)", what: "make the consumer",
                text: Self.nonsense, isOptional: true))
        uses.append(
            Use(
                subject: "\(prefix).CONSUMER.DELETE.\(stream).\(consumer)-none", what: "remove the consumer",
                text: Self.nonsense, isOptional: true))
        uses.append(
            Use(subject: bus.subject(names.booked), what: "publish fills", isOptional: true))
        return uses
    }

    func lookAtRights(_ connection: NATSConnection) throws(BusError) {
        let prefix = try JetStream(connection).prefix
        var allowed: [String] = []
        for use in uses(prefix) {
            switch try connection.tryToSend(use.subject, use.text) {
            // A refusal is always said, so that silence is none.
            case .allowed, .unknown: allowed.append(use.what)
            case .refused(let reason) where use.isOptional:
                let when =
                    use.subject == bus.subject(bus.names.booked)
                    ? "only pks publish as this user needs it" : "needed after trouble with the stream"
                add(
                    .warn(
                        "rights", "may not \(use.what) (\(when)): \(reason)",
                        fix: "let this user publish to \(use.subject)"))
            case .refused(let reason):
                refuse(
                    "rights", "may not \(use.what): \(reason)", fix: "let this user publish to \(use.subject)"
                )
            }
        }
        if !allowed.isEmpty { add(.ok("rights", "may " + allowed.joined(separator: ", "))) }
    }
}
