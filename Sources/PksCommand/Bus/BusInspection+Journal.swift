import NATSBridge

// Whether what a book has on disk agrees with the streams.
extension BusInspection {
    func lookAtJournal(_ connection: NATSConnection) throws(BusError) {
        guard let journal else { return }
        let path = "\(journal)/\(bus.book)"
        let marks: BookMarks
        do throws(BusError) { marks = try BookMarks(journal: path) } catch {
            return add(
                .fail(
                    "journal", error.description,
                    fix: "look at \(shown(path)): is it the directory of a journal?"))
        }
        let jetStream = try JetStream(connection)
        if let taken = marks.taken {
            try judge(marks, taken, jetStream)
        } else {
            add(.ok("position", "none yet: fills are taken from the first one in the stream"))
        }
        guard let published = marks.published else {
            return add(.ok("cursor", "none yet: the book is published from its first record"))
        }
        add(.ok("cursor", "published to record \(published.through)"))
        for mark in published.marks { add(judge(mark, try jetStream.stream(mark.stream))) }
    }

    /// Judges as the daemon does at each connect, so that it is told beforehand what it would find.
    private func judge(_ marks: BookMarks, _ taken: IngestPosition, _ jetStream: JetStream) throws(BusError) {
        let name = "position"
        let words = "\(taken.stream) is taken to \(taken.sequence)"
        guard let state = try jetStream.stream(bus.names.bookingStream) else {
            return add(
                .fail(
                    name, "\(words), and there is no \(bus.names.bookingStream)",
                    fix: "restore the stream, or pks run --nats-create"))
        }
        let alarms = try marks.disagreements(book: bus.book, names: bus.names, jetStream)
        for alarm in alarms {
            let finding = "\(words): \(alarm.text)"
            switch alarm.kind {
            case .messagesRemoved:
                add(
                    .fail(
                        name, finding,
                        fix:
                            "publish those fills again; give the stream limits that a stopped daemon does not reach"
                    ))
            default:
                add(
                    .warn(
                        name, finding,
                        fix: "none: pks run does that when it connects, and what the book has is a duplicate")
                )
            }
        }
        if alarms.isEmpty { add(.ok(name, "\(words) of \(state.lastSequence)")) }
    }

    private func judge(_ mark: PublisherCursor.Mark, _ state: StreamState?) -> Check {
        let name = "cursor"
        let words = "\(mark.stream) has message \(mark.id) of the book at \(mark.seq)"
        let later = "none: pks run sees this when it connects, says so, and sends again what is missing"
        guard let state else { return .warn(name, "\(words), and is not there any more", fix: later) }
        if mark.createdNs != state.createdNs {
            return .warn(name, "\(words), and was made anew since", fix: later)
        }
        if mark.seq > state.lastSequence {
            return .warn(name, "\(words), and ends at \(state.lastSequence): it has lost its end", fix: later)
        }
        return .ok(name, "\(words) of \(state.lastSequence)")
    }
}
