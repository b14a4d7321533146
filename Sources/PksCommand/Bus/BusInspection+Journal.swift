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
            add(judge(taken, try jetStream.stream(taken.stream)))
        } else {
            add(.ok("position", "none yet: fills are taken from the first one in the stream"))
        }
        guard let published = marks.published else {
            return add(.ok("cursor", "none yet: the book is published from its first record"))
        }
        add(.ok("cursor", "published to record \(published.through)"))
        for mark in published.marks { add(judge(mark, try jetStream.stream(mark.stream))) }
    }

    private func judge(_ taken: IngestPosition, _ state: StreamState?) -> Check {
        let name = "position"
        let words = "\(taken.stream) is taken to \(taken.sequence)"
        guard let state else {
            return .fail(
                name, "\(words), and is not there any more",
                fix: "restore the stream, or pks run --nats-create")
        }
        let later =
            "none: pks run sees this when it connects, says so, and reads what is there; what it has is a duplicate"
        if taken.stream != bus.names.bookingStream {
            return .warn(name, "\(words); now fills are to come from \(bus.names.bookingStream)", fix: later)
        }
        if taken.createdNs != state.createdNs {
            return .warn(name, "\(words), and was made anew since", fix: later)
        }
        if taken.scannedThrough > state.lastSequence {
            return .warn(
                name,
                "\(words), and ends at \(state.lastSequence): it has lost its end, and numbers are given again",
                fix: later)
        }
        if state.firstSequence > taken.scannedThrough + 1 {
            return .fail(
                name,
                "\(words), and begins at \(state.firstSequence): \(taken.scannedThrough + 1) to "
                    + "\(state.firstSequence - 1) were removed before they were taken",
                fix: "publish those fills again; give the stream limits that a stopped daemon does not reach")
        }
        return .ok(name, "\(words) of \(state.lastSequence)")
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
