internal import CNATS
import CSeqlock
import Glibc

// SAFETY (all of this file): texts and bytes live for the calls that are given them, which copy them; a message is
// destroyed on every way out.
/// The bus itself, as a publisher needs it. Everything on the way of a message lies in memory of its own; the library
/// allocates for each message. One thread.
@safe
final class NATSPublishPort: PublishPort {
    /// How long a look at whether the server has read everything may take.
    private static let flushMs: Int64 = 5

    private let options: NATSOptions
    private let names: BusNames
    private let book: String
    private let creates: Bool
    private let journal: [CChar]
    private let idPrefix: [UInt8]
    private let subjects: [String]
    private let subjectTexts: [[CChar]]
    private let streamNames: [String]
    private let streamBytes: [[UInt8]]
    private var link: Link?
    /// What was sent: the library has copied it.
    private let sent = MessageBin()
    private var replyText: [CChar] = []
    private var idText = [CChar](repeating: 0, count: 160)

    /// What a connection has.
    private final class Link {
        let connection: NATSConnection
        let jetStream: JetStream
        let answers: NATSSubscription
        let inboxCount: Int

        init(_ connection: NATSConnection, _ inbox: String) throws(BusError) {
            self.connection = connection
            jetStream = try JetStream(connection)
            answers = try NATSSubscription(connection, subject: inbox + ".*")
            inboxCount = inbox.utf8.count
            try connection.flush()
        }
    }

    /// A port for one book of the journal `epoch`. `creates`: streams that are missing are made.
    init(_ options: NATSOptions, _ names: BusNames, book: String, epoch: UInt64, creates: Bool) {
        self.options = options
        self.names = names
        self.book = book
        self.creates = creates
        journal = Array(String(epoch, radix: 16).utf8CString)
        idPrefix = Array((book + ":").utf8)
        subjects = PublishTopic.allCases.map { BusNames.subject($0.template(names), book: book) }
        subjectTexts = subjects.map { Array($0.utf8CString) }
        streamNames = PublishTopic.allCases.map { $0 == .reject ? names.rejectStream : names.positionStream }
        streamBytes = streamNames.map { Array($0.utf8) }
    }

    var nowNs: Int64 { Int64(pks_monotonic_ns()) }

    func pause(ns: Int64) {
        var time = timespec(tv_sec: 0, tv_nsec: Int(min(ns, 999_999_999)))
        _ = unsafe nanosleep(&time, nil)
    }

    // MARK: - Connections

    var server: String { link?.connection.server.description ?? "" }

    func connect() throws(BusError) {
        link = nil
        let connection = try NATSConnection(options)
        let inbox = try connection.makeInbox()
        let made = try Link(connection, inbox)
        if creates { try makeStreams(made.jetStream) }
        replyText = Array((inbox + ".").utf8.map { CChar(bitPattern: $0) }) + [CChar](repeating: 0, count: 24)
        link = made
    }

    func disconnect() {
        sent.empty()
        link?.connection.close()
        link = nil
    }

    private func makeStreams(_ jetStream: JetStream) throws(BusError) {
        let plans = [
            StreamPlan(
                name: names.positionStream,
                subjects: [names.position, names.lot, names.match, names.pnl, names.event].map(
                    BusNames.wildcard)),
            StreamPlan(
                name: names.rejectStream, subjects: [names.rejected, names.deadLetter].map(BusNames.wildcard)),
        ]
        for plan in plans where try jetStream.stream(plan.name) == nil { try jetStream.makeStream(plan) }
    }

    private func current() throws(BusError) -> Link {
        guard let link else { throw .disconnected(reason: "there is no connection") }
        return link
    }

    // MARK: - Messages

    func send(
        _ topic: PublishTopic, token: UInt64, id: MessageID, _ bytes: UnsafeRawBufferPointer
    ) throws(BusError) {
        let link = try current()
        putReply(token << 3 | UInt64(topic.rawValue), link.inboxCount + 1)
        putID(id)
        var message: OpaquePointer?
        var status = unsafe natsMsg_Create(
            &message, subjectTexts[topic.rawValue], replyText,
            bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
        if status == NATS_OK {
            status = unsafe natsMsgHeader_Set(message, PublishHeader.messageID, idText)
        }
        if status == NATS_OK { status = unsafe natsMsgHeader_Set(message, PublishHeader.journal, journal) }
        if status == NATS_OK { status = unsafe natsConnection_PublishMsg(link.connection.handle, message) }
        if let message = unsafe message { unsafe sent.add(message) }
        if status == NATS_OK { return }
        // A write that was stuck leaves half of something sent.
        if status == NATS_TIMEOUT {
            throw .disconnected(reason: "a write was stuck for \(options.writeMs) ms")
        }
        throw BusError(
            status, "sending to \(subjects[topic.rawValue])", detail: link.connection.lastComplaint)
    }

    private func putReply(_ number: UInt64, _ start: Int) {
        var place = start
        Self.put(number, &replyText, &place)
        replyText[place] = 0
    }

    private func putID(_ id: MessageID) {
        var place = 0
        for byte in idPrefix {
            idText[place] = CChar(bitPattern: byte)
            place += 1
        }
        Self.put(id.seq, &idText, &place)
        idText[place] = CChar(bitPattern: UInt8(ascii: ":"))
        place += 1
        Self.put(UInt64(id.n), &idText, &place)
        idText[place] = 0
    }

    private static func put(_ number: UInt64, _ text: inout [CChar], _ place: inout Int) {
        var digits = 1
        var rest = number / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        rest = number
        for index in stride(from: place + digits - 1, through: place, by: -1) {
            text[index] = CChar(bitPattern: UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        place += digits
    }

    func flush() throws(BusError) {
        sent.empty()
        let connection = try current().connection
        let status = unsafe natsConnection_FlushTimeout(connection.handle, Self.flushMs)
        // A server that is slow to answer has its bytes all the same.
        if status == NATS_OK || status == NATS_TIMEOUT { return }
        throw BusError(status, "flushing", detail: connection.lastComplaint)
    }

    func nextAnswer(waitMs: Int64) throws(BusError) -> PublishAnswer? {
        let link = try current()
        while let message = try link.answers.next(waitMs: waitMs) {
            let number = unsafe message.withSubject { subject in
                unsafe Self.number(subject, from: link.inboxCount + 1)
            }
            guard let number, number & 7 < UInt64(streamBytes.count) else { continue }
            if message.byteCount == 0 {
                return PublishAnswer(
                    token: number >> 3,
                    outcome: .refused("no stream takes what is published (is JetStream running?)"))
            }
            let outcome = unsafe message.withPayload { text in
                unsafe PublishAnswerText.outcome(text, expectedStream: streamBytes[Int(number & 7)])
            }
            return PublishAnswer(token: number >> 3, outcome: outcome)
        }
        return nil
    }

    /// The number at the end of an answer's subject.
    private static func number(_ subject: UnsafeRawBufferPointer, from start: Int) -> UInt64? {
        guard start < subject.count, subject.count - start < 20 else { return nil }
        var number: UInt64 = 0
        for place in start..<subject.count {
            let byte = unsafe subject[place]
            guard byte >= 0x30 && byte <= 0x39 else { return nil }
            number = number &* 10 &+ UInt64(byte - 0x30)
        }
        return number
    }

    // MARK: - Streams

    func subject(of topic: PublishTopic) -> String { subjects[topic.rawValue] }

    func streamName(of topic: PublishTopic) -> String { streamNames[topic.rawValue] }

    func stream(of topic: PublishTopic) throws(BusError) -> StreamState? {
        try current().jetStream.stream(streamNames[topic.rawValue])
    }

    func message(_ seq: UInt64, of stream: String) throws(BusError) -> PublishedMark? {
        try get(stream, "{\"seq\":\(seq)}")
    }

    func lastMessage(_ topic: PublishTopic, of stream: String) throws(BusError) -> PublishedMark? {
        try get(stream, "{\"last_by_subj\":\"\(subjects[topic.rawValue])\"}")
    }

    func nextMessage(
        _ topic: PublishTopic, of stream: String, from seq: UInt64
    ) throws(BusError) -> PublishedMark? {
        try get(stream, "{\"seq\":\(seq),\"next_by_subj\":\"\(subjects[topic.rawValue])\"}")
    }

    /// Asks for a message. The library's own call gives no header but the id.
    private func get(_ stream: String, _ question: String) throws(BusError) -> PublishedMark? {
        let link = try current()
        let operation = "reading stream \(stream)"
        let bytes = Array(question.utf8)
        let answer = try Self.ask(link, link.jetStream.prefix + ".STREAM.MSG.GET." + stream, bytes)
        let found: Result<PublishedMark?, BusError> = unsafe answer.withPayload { text in
            if let mark = unsafe PublishAnswerText.mark(text) { return .success(mark) }
            guard let error = unsafe PublishAnswerText.error(text) else {
                return .failure(.library(operation: operation, reason: "the answer makes no sense"))
            }
            if error.code == Self.noMessage { return .success(nil) }
            return .failure(.jetStream(operation: operation, code: error.code, reason: error.reason))
        }
        return try found.get()
    }

    /// JetStream's code for a message that is not there.
    private static let noMessage = 10037

    private static func ask(_ link: Link, _ subject: String, _ bytes: [UInt8]) throws(BusError) -> NATSMessage
    {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { unsafe copy.deallocate() }
        unsafe copy.copyBytes(from: bytes)
        return unsafe try link.connection.request(subject, UnsafeRawBufferPointer(copy))
    }
}
