import BusMessages
import Glibc
import NATSBridge

/// One run of `pks tail`: a reader a stream, anew after each loss of the connection. One thread.
final class TailRun {
    /// Where to begin.
    enum Beginning: Equatable {
        case sequence(UInt64)
        case first
        case now
    }

    /// What is read of one stream.
    private final class Lane {
        let stream: String
        let subjects: [String: TailSubject]
        var nextSequence: UInt64 = 0
        var createdNs: Int64 = 0
        var reader: StreamReader?

        init(_ stream: String, _ subjects: [String: TailSubject]) {
            self.stream = stream
            self.subjects = subjects
        }
    }

    private let bus: BusOptions
    private let beginning: Beginning
    private let lanes: [Lane]
    private var remaining: Int
    private var printer: TailPrinter
    private let output = ByteWriter.standardOutput()
    private var connection: NATSConnection?
    /// What is wrong with the bus; nil while nothing is.
    private var trouble: String?

    private static let burst = 512
    private static let retryMs: Int32 = 250

    init(_ options: ParsedOptions) throws(CommandError) {
        let bus = try BusOptions(options)
        self.bus = bus
        remaining = options.count("count") ?? Int.max
        printer = TailPrinter(isJSON: options.flag("json"))
        let subjects = try Self.subjects(options)
        var grouped: [String: [String: TailSubject]] = [:]
        for subject in subjects {
            grouped[subject.stream(bus.names), default: [:]][bus.subject(subject.template(bus.names))] =
                subject
        }
        lanes = grouped.sorted { $0.key < $1.key }.map { Lane($0.key, $0.value) }
        beginning = try Self.beginning(options)
        if case .sequence = beginning, lanes.count > 1 {
            throw .failed(
                .usage, what: "tail --from",
                why: "these subjects are in \(lanes.count) streams, each with its own places",
                advice: "write first or now, or one tail for each stream")
        }
    }

    private static func subjects(_ options: ParsedOptions) throws(CommandError) -> [TailSubject] {
        var subjects: [TailSubject] = []
        for word in options.texts("subject") {
            guard let subject = TailSubject(rawValue: word) else {
                throw .failed(
                    .usage, what: "tail --subject \(shown(word))", why: "no such choice",
                    advice: "one of \(TailSubject.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            subjects.append(subject)
        }
        return subjects.isEmpty ? TailSubject.published : subjects
    }

    private static func beginning(_ options: ParsedOptions) throws(CommandError) -> Beginning {
        switch options.text("from") {
        case nil, "now": return .now
        case "first": return .first
        case .some(let text):
            guard let sequence = UInt64(text), sequence > 0 else {
                throw .failed(
                    .usage, what: "tail --from \(shown(text))", why: "no place in a stream",
                    advice: "a number from 1, first or now")
            }
            return .sequence(sequence)
        }
    }

    /// Prints until it is told to end.
    func run() throws(CommandError) -> ExitStatus {
        do throws(BusError) { try connect(isFirst: true) } catch { throw CommandError(error) }
        while !isDone {
            try pass()
            try output.flush()
        }
        close()
        return .success
    }

    /// Leaves nothing behind at the server.
    func close() {
        for lane in lanes {
            lane.reader?.close()
            lane.reader = nil
        }
        connection?.close()
    }

    private var isDone: Bool { remaining <= 0 || StopSignal.number != nil || output.isAbandoned }

    /// Prints what there is, and after trouble begins anew.
    private func pass() throws(CommandError) {
        do throws(BusError) {
            if connection == nil { try connect(isFirst: false) }
            for lane in lanes { try read(lane) }
        } catch {
            lose(error)
            try output.flush()
            _ = poll(nil, 0, Self.retryMs)
        }
        if let failure {
            self.failure = nil
            throw failure
        }
    }

    /// What happened to the output while the bus was read.
    private var failure: CommandError?

    private func read(_ lane: Lane) throws(BusError) {
        guard let reader = lane.reader else { return }
        // One who waits for several streams looks at them in turn.
        var waitMs: Int64 = lanes.count == 1 ? 100 : 20
        for _ in 0..<Self.burst where remaining > 0 && failure == nil {
            guard let delivery = try reader.next(waitMs: waitMs) else { break }
            waitMs = 0
            lane.nextSequence = delivery.sequence + 1
            guard let subject = lane.subjects[delivery.message.subject] else { continue }
            remaining -= 1
            let line = printer.line(delivery, subject, stream: lane.stream)
            do throws(CommandError) { try output.write(line) } catch { failure = error }
        }
        lane.nextSequence = max(lane.nextSequence, reader.nextSequence)
    }

    // MARK: - Connections

    private func connect(isFirst: Bool) throws(BusError) {
        let made = try NATSConnection(bus.nats)
        let jetStream = try JetStream(made)
        for lane in lanes {
            guard let state = try jetStream.stream(lane.stream) else {
                throw .missing(
                    what: "there is no stream \(lane.stream)", remedy: "pks run --nats --nats-create makes it"
                )
            }
            isFirst ? begin(lane, state) : compare(lane, state)
            lane.reader = try StreamReader(
                jetStream, stream: lane.stream, subjects: lane.subjects.keys.sorted(), from: lane.nextSequence
            )
        }
        connection = made
        if trouble != nil { say("pks: tail: connected again") }
        trouble = nil
    }

    private func begin(_ lane: Lane, _ state: StreamState) {
        lane.createdNs = state.createdNs
        lane.nextSequence =
            switch beginning {
            case .sequence(let sequence): sequence
            case .first: max(1, state.firstSequence)
            case .now: state.lastSequence + 1
            }
    }

    /// A stream can be another after a loss of the connection, or have lost its end.
    private func compare(_ lane: Lane, _ state: StreamState) {
        if state.createdNs != lane.createdNs {
            say("pks: tail: stream \(lane.stream) was made anew; reading on from its first message")
            lane.createdNs = state.createdNs
            lane.nextSequence = max(1, state.firstSequence)
        } else if state.lastSequence + 1 < lane.nextSequence, beginning != .sequence(lane.nextSequence) {
            say(
                "pks: tail: stream \(lane.stream) has lost its messages from \(state.lastSequence + 1) to "
                    + "\(lane.nextSequence - 1), which were printed; their places are given again")
            lane.nextSequence = state.lastSequence + 1
        }
    }

    private func lose(_ error: BusError) {
        for lane in lanes { lane.reader = nil }
        connection?.close()
        connection = nil
        let words = error.description
        if trouble == nil { say("pks: tail: \(words); waiting for it") }
        trouble = words
    }
}
