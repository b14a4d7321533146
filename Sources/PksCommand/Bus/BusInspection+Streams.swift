import NATSBridge

// What streams and consumers say of themselves, and whether a book can work with that.
extension BusInspection {
    /// A stream of the bus, and what goes into it.
    private struct Need {
        let name: String
        let what: String
        let templates: [String]
    }

    private var needs: [Need] {
        let names = bus.names
        return [
            Need(name: names.bookingStream, what: "fills", templates: [names.booked, names.lifecycle]),
            Need(name: names.rejectStream, what: "rejects", templates: [names.rejected, names.deadLetter]),
            Need(
                name: names.positionStream, what: "positions",
                templates: [names.position, names.lot, names.match, names.pnl, names.event]),
        ]
    }

    func lookAtStreams(_ connection: NATSConnection) throws(BusError) {
        let prefix = try JetStream(connection).prefix
        for need in needs {
            let name = need.what
            do throws(BusError) {
                let info = try connection.ask("\(prefix).STREAM.INFO.\(need.name)", "")
                if info["error"] == .null {
                    streams[need.name] = info
                    judge(need, info)
                } else if info["error"]["err_code"].integer == 10059 {
                    add(.fail(name, "\(need.name) is not there", fix: Self.making(need)))
                } else {
                    let words = shown(info["error"]["description"].text ?? "an answer that is none")
                    add(.fail(name, "\(need.name): \(words)", fix: "see what the server's log says"))
                }
            } catch {
                guard case .notPermitted(_, let reason) = error else { throw error }
                refuse(name, reason, fix: "let this user publish to \(prefix).STREAM.INFO.\(need.name)")
            }
        }
    }

    private static func making(_ need: Need) -> String {
        let subjects = need.templates.map { BusNames.subject($0, book: "*") }.joined(separator: ",")
        return "pks run --nats-create makes it; or: nats stream add \(need.name) --subjects '\(subjects)' "
            + "--storage file --retention limits --defaults"
    }

    private func judge(_ need: Need, _ info: JSONValue) {
        let config = info["config"]
        let name = need.what
        let filters = config["subjects"].elements.compactMap(\.text)
        for template in need.templates {
            let subject = bus.subject(template)
            if filters.contains(where: { SubjectFilter.matches($0, subject) }) { continue }
            add(
                .fail(
                    name, "\(need.name) does not take \(subject)",
                    fix: "nats stream edit \(need.name) --subjects '"
                        + shown((filters + [BusNames.subject(template, book: "*")]).joined(separator: ","))
                        + "'"))
        }
        let finding = "\(need.name): " + Self.words(info)
        if config["retention"].text != "limits" {
            add(
                .fail(
                    name, "\(finding); messages go when they are acknowledged",
                    fix: "make it anew with --retention limits: a book must be able to read messages again"))
        } else if config["storage"].text != "file" {
            add(
                .warn(
                    name, "\(finding); a restart of the server loses it",
                    fix: "make it anew with --storage file"))
        } else if (config["duplicate_window"].integer ?? 0) < 10_000_000_000 {
            add(
                .warn(
                    name, "\(finding); messages that are sent again may be stored twice",
                    fix: "nats stream edit \(need.name) --dupe-window 2m"))
        } else {
            add(.ok(name, finding))
        }
    }

    private static func words(_ info: JSONValue) -> String {
        let (config, state) = (info["config"], info["state"])
        let count = state["messages"].integer ?? 0
        var words = count == 0 ? ["empty"] : ["\(count) messages"]
        if count > 0 {
            words.append("places \(state["first_seq"].integer ?? 0) to \(state["last_seq"].integer ?? 0)")
            words.append(bytesText(Int(state["bytes"].integer ?? 0)))
        }
        words.append(config["storage"].text == "file" ? "on disk" : "in memory")
        if let limit = config["max_msgs"].integer, limit > 0 { words.append("at most \(limit) messages") }
        if let limit = config["max_bytes"].integer, limit > 0 {
            words.append("at most \(bytesText(Int(limit)))")
        }
        if let age = config["max_age"].integer, age > 0 { words.append("for \(age / 1_000_000_000) s") }
        words.append("ids for \((config["duplicate_window"].integer ?? 0) / 1_000_000_000) s")
        if let replicas = config["num_replicas"].integer, replicas > 1 {
            words.append("\(replicas) replicas")
        }
        return words.joined(separator: ", ")
    }

    // MARK: - The consumer

    /// The book's consumer of fills.
    var consumerName: String { bus.subject(bus.names.consumer) }

    func lookAtConsumer(_ connection: NATSConnection) throws(BusError) {
        let stream = bus.names.bookingStream
        guard let info = streams[stream] else { return }
        let prefix = try JetStream(connection).prefix
        let subject = "\(prefix).CONSUMER.INFO.\(stream).\(consumerName)"
        let answer: JSONValue
        do throws(BusError) { answer = try connection.ask(subject, "") } catch {
            guard case .notPermitted(_, let reason) = error else { throw error }
            return refuse("consumer", reason, fix: "let this user publish to \(subject)")
        }
        guard answer["error"] == .null else {
            let making =
                "pks run --nats-create makes it; or: nats consumer add \(stream) \(consumerName) --pull --ack explicit "
                + "--deliver all --filter '\(bus.subject(bus.names.booked))' --defaults"
            return add(.fail("consumer", "\(consumerName) is not there", fix: making))
        }
        judgeConsumer(answer, last: info["state"]["last_seq"].integer ?? 0)
    }

    private func judgeConsumer(_ info: JSONValue, last: Int64) {
        let config = info["config"]
        let delivered = info["delivered"]["stream_seq"].integer ?? 0
        let finding =
            "\(consumerName): delivered to \(delivered), acknowledged to "
            + "\(info["ack_floor"]["stream_seq"].integer ?? 0), \(info["num_ack_pending"].integer ?? 0) in between, "
            + "\(info["num_pending"].integer ?? 0) to come"
        let again = "nats consumer rm \(bus.names.bookingStream) \(consumerName), and pks run --nats-create"
        let filter = config["filter_subject"].text ?? ""
        if config["deliver_subject"].text != nil || config["ack_policy"].text != "explicit" {
            add(
                .fail("consumer", "\(finding); it is not one that is asked and acknowledges each", fix: again)
            )
        } else if filter != bus.subject(bus.names.booked) {
            add(
                .fail(
                    "consumer", "\(finding); it delivers \(filter.isEmpty ? "everything" : shown(filter))",
                    fix: again))
        } else if delivered > last {
            add(
                .warn(
                    "consumer", "\(finding); it is past the end of its stream, which has lost messages",
                    fix: "none: pks run sees this when it connects, says so, and makes the consumer anew"))
        } else {
            add(.ok("consumer", finding))
        }
    }
}
