import TestSupport

@testable import NATSBridge

/// Streams in memory with a clock of their own, that lose, double, delay and refuse as real ones do. They outlive the
/// connections and lives of those who publish.
final class SimulatedBus {
    struct Stored: Equatable {
        var seq: UInt64
        var topic: PublishTopic?
        var id: String
        var journal: String
        var bytes: [UInt8]
    }

    struct Stream {
        var createdNs: Int64
        var first: UInt64 = 1
        var messages: [Stored] = []
        /// Ids that are remembered, with their place and when they came.
        var remembered: [String: (seq: UInt64, atNs: Int64)] = [:]
        var last: UInt64 { first + UInt64(messages.count) - 1 }
        /// The messages from a place on.
        func from(_ seq: UInt64) -> ArraySlice<Stored> {
            messages.dropFirst(Int(max(seq, first) - first))
        }
    }

    /// How often things go wrong, out of a thousand.
    struct Weather {
        var lostAnswers = 0
        var refusals = 0
        var disconnects = 0
        var truncations = 0
        var recreations = 0
        var unreachable = 0
    }

    /// What was sent on a connection and not read by the server yet.
    struct Pipe {
        var sent: [(topic: PublishTopic, token: UInt64, id: String, journal: String, bytes: [UInt8])] = []
        var isOpen = true
    }

    var streams: [String: Stream]
    var weather: Weather
    var random: SeededRandom
    var nowNs: Int64 = 1_000
    let rememberedNs: Int64
    var pipes: [Pipe] = []
    private var pipesDone = 0
    /// Refusals come in spells.
    private var refusesUntilNs: Int64 = 0
    private(set) var lossCount = 0
    /// What was sent on a connection and not read is gone with it.
    var forgetsClosedPipes = false

    init(seed: UInt64, weather: Weather, rememberedNs: Int64 = 120_000_000_000) {
        random = SeededRandom(seed: seed)
        self.weather = weather
        self.rememberedNs = rememberedNs
        streams = ["POSITIONS": Stream(createdNs: 10), "REJECTS": Stream(createdNs: 11)]
    }

    static func stream(of topic: PublishTopic) -> String { topic == .reject ? "REJECTS" : "POSITIONS" }

    func happens(_ perMille: Int) -> Bool {
        perMille > 0 && Int.random(in: 0..<1000, using: &random) < perMille
    }

    /// The server reads some of what was sent, on any connection, the closed ones too. `answer` gets what the open one
    /// is told.
    func work(_ open: Int, _ answer: (PublishAnswer) -> Void) {
        nowNs += 1_000
        // Those that were read to their ends need not be looked at again.
        while pipesDone < pipes.count, !pipes[pipesDone].isOpen, pipes[pipesDone].sent.isEmpty {
            pipesDone += 1
        }
        for index in pipesDone..<pipes.count where !pipes[index].sent.isEmpty {
            if index != open && (forgetsClosedPipes || happens(2)) { pipes[index].sent.removeAll() }
            for _ in 0..<Int.random(in: 0...6, using: &random) where !pipes[index].sent.isEmpty {
                let message = pipes[index].sent.removeFirst()
                let outcome = store(message.topic, message.id, message.journal, message.bytes)
                if index == open && !happens(weather.lostAnswers) {
                    answer(PublishAnswer(token: message.token, outcome: outcome))
                }
            }
        }
    }

    private func store(
        _ topic: PublishTopic, _ id: String, _ journal: String, _ bytes: [UInt8]
    ) -> PublishAnswer.Outcome {
        if happens(weather.refusals) { refusesUntilNs = nowNs + Int64.random(in: 1...30_000, using: &random) }
        if nowNs < refusesUntilNs { return .refused("the stream is full") }
        let name = Self.stream(of: topic)
        guard let last = streams[name]?.last else { return .refused("there is no stream") }
        if let known = streams[name]?.remembered[id], nowNs - known.atNs < rememberedNs {
            return .stored(seq: known.seq, isDuplicate: true)
        }
        let seq = last + 1
        streams[name]?.messages.append(Stored(seq: seq, topic: topic, id: id, journal: journal, bytes: bytes))
        streams[name]?.remembered[id] = (seq, nowNs)
        return .stored(seq: seq, isDuplicate: false)
    }

    /// A server that starts again may have lost the end of a stream, or a stream. Others may use the numbers again.
    func restart() {
        for name in streams.keys.sorted() {
            guard var stream = streams[name] else { continue }
            if happens(weather.recreations) {
                stream = Stream(createdNs: stream.createdNs + 5)
                lossCount += 1
            } else if happens(weather.truncations), !stream.messages.isEmpty {
                stream.messages.removeLast(Int.random(in: 1...min(40, stream.messages.count), using: &random))
                lossCount += 1
            } else {
                continue
            }
            // What was under way is gone, too.
            for index in pipes.indices { pipes[index].sent.removeAll() }
            stream.remembered = [:]
            for message in stream.messages { stream.remembered[message.id] = (message.seq, nowNs) }
            for _ in 0..<Int.random(in: 0...60, using: &random) {
                let seq = stream.last + 1
                stream.messages.append(
                    Stored(seq: seq, topic: nil, id: "other:\(seq)", journal: "", bytes: []))
            }
            streams[name] = stream
        }
    }
}

/// One process's way to the simulated bus.
final class SimulatedPort: PublishPort {
    private let bus: SimulatedBus
    private var pipe: Int?
    private var answers: [PublishAnswer] = []
    /// The process was killed: nothing it does has an effect any more.
    var isDead = false
    let journal: String

    init(_ bus: SimulatedBus, epoch: UInt64) {
        self.bus = bus
        journal = String(epoch, radix: 16)
    }

    var nowNs: Int64 { bus.nowNs }
    func pause(ns: Int64) {
        bus.nowNs += ns
        if let pipe { bus.work(pipe) { answers.append($0) } }
    }

    var server: String { pipe == nil ? "" : "simulated" }

    func connect() throws(BusError) {
        disconnect()
        if isDead || bus.happens(bus.weather.unreachable) {
            throw .unreachable(servers: "simulated", reason: "nobody is there", isRefused: false)
        }
        bus.restart()
        pipe = bus.pipes.count
        bus.pipes.append(SimulatedBus.Pipe())
    }

    func disconnect() {
        if let pipe { bus.pipes[pipe].isOpen = false }
        pipe = nil
        answers = []
    }

    private func check() throws(BusError) -> Int {
        if !isDead, let pipe, !bus.happens(bus.weather.disconnects) { return pipe }
        throw .disconnected(reason: "the line is cut")
    }

    func send(
        _ topic: PublishTopic, token: UInt64, id: MessageID, _ bytes: UnsafeRawBufferPointer
    ) throws(BusError) {
        let pipe = try check()
        // SAFETY: the bytes are copied.
        let copy = unsafe Array(bytes)
        bus.pipes[pipe].sent.append((topic, token, id.text(book: "main"), journal, copy))
    }

    func flush() throws(BusError) { _ = try check() }

    func nextAnswer(waitMs: Int64) throws(BusError) -> PublishAnswer? {
        let pipe = try check()
        bus.nowNs += waitMs * 1_000_000
        bus.work(pipe) { answers.append($0) }
        return answers.isEmpty ? nil : answers.removeFirst()
    }

    func streamName(of topic: PublishTopic) -> String { SimulatedBus.stream(of: topic) }
    func subject(of topic: PublishTopic) -> String { "subject-\(topic)" }

    func stream(of topic: PublishTopic) throws(BusError) -> StreamState? {
        _ = try check()
        let name = streamName(of: topic)
        return bus.streams[name].map {
            StreamState(
                name: name, createdNs: $0.createdNs, firstSequence: $0.first, lastSequence: $0.last)
        }
    }

    private func mark(_ stored: SimulatedBus.Stored?) -> PublishedMark? {
        stored.map { PublishedMark(seq: $0.seq, messageID: $0.id, journal: $0.journal) }
    }

    func message(_ seq: UInt64, of stream: String) throws(BusError) -> PublishedMark? {
        _ = try check()
        return mark(bus.streams[stream]?.from(seq).first { $0.seq == seq })
    }

    func lastMessage(_ topic: PublishTopic, of stream: String) throws(BusError) -> PublishedMark? {
        _ = try check()
        return mark(bus.streams[stream]?.messages.last { $0.topic == topic })
    }

    func nextMessage(
        _ topic: PublishTopic, of stream: String, from seq: UInt64
    ) throws(BusError) -> PublishedMark? {
        _ = try check()
        return mark(bus.streams[stream]?.from(seq).first { $0.topic == topic })
    }
}
