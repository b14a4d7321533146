// What the streams have, against what is believed. Done whenever a connection is new, a message was refused, or an
// answer did not come; nothing is sent meanwhile.
extension PublisherEngine {
    /// What is wrong with a stream that had messages of ours.
    private struct Loss {
        var index: Int
        var what: String
    }

    /// Looks at the streams, and settles for each message in the window whether it is there. Where a stream has lost some
    /// that were stored, asks the owner to begin again behind what is left. Throws when a stream is missing, holds
    /// messages of another journal, or cannot be asked.
    func reconcile() throws(BusError) {
        window.rewind()
        freezeScan()
        foundAhead.removeAll()
        let states = try learnStreams()
        var losses: [Loss] = []
        for (index, state) in states.enumerated() {
            if let what = try loss(streams[index].mark, state) {
                losses.append(Loss(index: index, what: what))
            }
        }
        if !losses.isEmpty {
            // What comes again is all that is known of from now on, also when the connection goes before this is done.
            window.removeAll()
            restartAfter = min(restartAfter ?? through, through)
        }
        let lostIndexes = Set(losses.map(\.index))
        for index in streams.indices where !lostIndexes.contains(index) {
            if !losses.isEmpty {
                for topic in streams[index].topics {
                    storedThrough[topic.rawValue] = max(storedThrough[topic.rawValue], through)
                }
            }
            try findStored(index)
        }
        for loss in losses { try noteLoss(loss, states[loss.index]) }
    }

    // MARK: - Which streams there are

    /// Learns which stream takes which topic, and what each is now, in the order of `streams`.
    private func learnStreams() throws(BusError) -> [StreamState] {
        var states: [StreamState] = []
        var known: [KnownStream] = []
        for topic in PublishTopic.allCases {
            if let index = states.firstIndex(where: { $0.name == port.streamName(of: topic) }) {
                known[index].topics.append(topic)
                streamOf[topic.rawValue] = index
                continue
            }
            guard let state = try port.stream(of: topic) else {
                throw .missing(
                    what: "there is no stream \(port.streamName(of: topic)) for \(port.subject(of: topic))",
                    remedy: "make it, or start with --nats-create")
            }
            streamOf[topic.rawValue] = states.count
            states.append(state)
            let mark = mark(of: state.name)
            known.append(
                KnownStream(
                    mark: mark
                        ?? PublisherCursor.Mark(
                            stream: state.name, createdNs: 0, seq: 0, id: .none, scanFrom: 0),
                    topics: [topic]))
        }
        streams = known
        for (index, state) in states.enumerated() where streams[index].mark.createdNs == 0 {
            try meet(index, state)
        }
        oldMarks.removeAll { mark in states.contains { $0.name == mark.stream } }
        return states
    }

    private func mark(of stream: String) -> PublisherCursor.Mark? {
        streams.first { $0.mark.stream == stream }?.mark ?? oldMarks.first { $0.stream == stream }
    }

    /// A stream that nothing is known of: messages of this journal that it has were stored by a life whose cursor is
    /// lost; they lie there in order.
    private func meet(_ index: Int, _ state: StreamState) throws(BusError) {
        var last = PublishedPlace(seq: 0, id: .none)
        for topic in streams[index].topics {
            guard let found = try lastStored(topic, of: state.name) else { continue }
            storedThrough[topic.rawValue] = max(storedThrough[topic.rawValue], found.id)
            if found.seq > last.seq { last = found }
        }
        // Ours that come from now on are behind all that is there.
        streams[index].mark = PublisherCursor.Mark(
            stream: state.name, createdNs: state.createdNs, seq: last.seq, id: last.id,
            scanFrom: state.lastSequence, metSeq: state.lastSequence)
        for token in window.first..<window.end {
            let entry = window[token]
            if streamOf[entry.topic.rawValue] == index, entry.id <= storedThrough[entry.topic.rawValue] {
                window.store(token, streamSeq: 0)
            }
        }
    }

    // MARK: - What they have

    /// Whether a stream has lost what was stored in it, in words; nil when it has not.
    private func loss(
        _ mark: PublisherCursor.Mark, _ state: StreamState
    ) throws(BusError) -> String? {
        if mark.createdNs != state.createdNs { return "was made anew" }
        if state.lastSequence < mark.seq {
            return "ends at \(state.lastSequence), and message \(mark.seq) was stored in it"
        }
        guard mark.id != .none, let found = try port.message(mark.seq, of: mark.stream) else { return nil }
        if found.messageID == mark.id.text(book: book) && found.journal == journalText { return nil }
        return "has another message at \(mark.seq), where \(mark.id.text(book: book)) was stored"
    }

    /// Settles what a stream has of ours behind its mark.
    private func findStored(_ index: Int) throws(BusError) {
        let (name, fromSeq) = (streams[index].mark.stream, streams[index].mark.scanFrom + 1)
        for topic in streams[index].topics {
            var next = fromSeq
            while let found = try port.nextMessage(topic, of: name, from: next) {
                next = found.seq + 1
                guard let id = try ours(found, topic, name) else { continue }
                if let token = window.token(of: id) {
                    window.store(token, streamSeq: found.seq)
                    status.foundCount += 1
                } else if id > through {
                    foundAhead[id] = found.seq
                }
            }
        }
    }

    /// The newest message of a topic that is of this journal. Others may put messages under its subject: then all of them
    /// are looked at, which only happens where nothing is known of the stream.
    private func lastStored(
        _ topic: PublishTopic, of stream: String
    ) throws(BusError) -> PublishedPlace? {
        guard let last = try port.lastMessage(topic, of: stream) else { return nil }
        if let id = try ours(last, topic, stream) { return PublishedPlace(seq: last.seq, id: id) }
        var newest: PublishedPlace?
        var next: UInt64 = 1
        while next <= last.seq, let found = try port.nextMessage(topic, of: stream, from: next) {
            next = found.seq + 1
            if let id = try ours(found, topic, stream) { newest = PublishedPlace(seq: found.seq, id: id) }
        }
        return newest
    }

    /// A message of ours, and where it lies.
    private struct PublishedPlace {
        var seq: UInt64
        var id: MessageID
    }

    /// Which message of this journal it is; nil for what others have put there. Throws when it is of another journal of
    /// this book, whose numbers would be taken for ours.
    private func ours(
        _ found: PublishedMark, _ topic: PublishTopic, _ stream: String
    ) throws(BusError) -> MessageID? {
        guard let text = found.messageID, let id = MessageID(text, book: book) else { return nil }
        if found.journal == journalText {
            if id.seq <= knownSeq { return id }
            throw noteMisfit(id.seq)
        }
        throw .missing(
            what:
                "stream \(stream) has messages of another journal of book \(book), such as \(text) at \(found.seq), "
                + "and the numbers of both are the same",
            remedy: "purge subject \(port.subject(of: topic)) of that stream, or give the book another name")
    }

    /// A stream has lost messages: all of ours that it still has are before some message, and those after it are sent
    /// again.
    private func noteLoss(_ loss: Loss, _ state: StreamState) throws(BusError) {
        let stream = streams[loss.index]
        var last = PublishedPlace(seq: 0, id: .none)
        var newest = MessageID.none
        for topic in stream.topics {
            guard let found = try lastStored(topic, of: state.name) else { continue }
            newest = max(newest, found.id)
            if found.seq > last.seq { last = found }
        }
        for topic in stream.topics { storedThrough[topic.rawValue] = newest }
        let isSame = stream.mark.createdNs == state.createdNs
        streams[loss.index].mark = PublisherCursor.Mark(
            stream: state.name, createdNs: state.createdNs, seq: last.seq, id: last.id,
            scanFrom: state.lastSequence, metSeq: isSame ? min(stream.mark.metSeq, state.lastSequence) : 0)
        // Other streams may still be getting what they had lost before.
        restartAfter = min(restartAfter ?? through, newest)
        alarm(
            "stream \(state.name) \(loss.what): messages after \(newest) of book \(book) are published again"
        )
    }

    /// Messages of records were published that the journal does not have.
    func noteMisfit(_ seq: UInt64) -> BusError {
        let found = PublisherCursor.Misfit(seq: seq, lastSeq: knownSeq)
        let error = misfitError(found)
        if misfit == nil { alarm(error.description) }
        misfit = error
        keptMisfit = found
        return error
    }

    func misfitError(_ misfit: PublisherCursor.Misfit) -> BusError {
        .missing(
            what:
                "the journal of book \(book) ended at record \(misfit.lastSeq) when it was opened, and messages of "
                + "record \(misfit.seq) were published from it: it is an older copy",
            remedy:
                "restore the newer one whole, \(PublisherCursor.fileName) with it, or begin a new journal and purge "
                + "the book's subjects")
    }

    /// Messages that were found and whose records have been replayed without them are not this journal's, whatever they
    /// say; and so is what was found behind the last durable record, when nothing more is there to be replayed.
    func dropForeign(through seq: UInt64, durableSeq: UInt64) {
        let foreign = foundAhead.filter { $0.key.seq <= seq || seq >= durableSeq }
        guard let first = foreign.min(by: { $0.key < $1.key }) else { return }
        for id in foreign.keys { foundAhead.removeValue(forKey: id) }
        alarm(
            "\(foreign.count) messages under subjects of book \(book) have ids that this journal did not give, such as "
                + "\(first.key.text(book: book)) at \(first.value); they are left where they are")
    }

    /// Notes what should not happen.
    func alarm(_ text: String) {
        status.alarmCount += 1
        status.lastAlarm = text
        status.recentAlarms = status.recentAlarms.suffix(BusIngestStatus.recentAlarmsMax - 1) + [text]
    }
}
