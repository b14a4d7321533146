import BenchModel
import BusMessages
import CBusLimits
import CSeqlock
import Foundation
import NATSBridge
import NATSSupport
import Service
import ShmReader

/// P12: fills out of JetStream into a journaled book, and what the book does back onto it, against a plain C client that
/// pulls and acknowledges, or publishes and reads acknowledgements, at the same server. Ours does its whole work
/// meanwhile: messages are read and checked, fills matched, slots published, every record made durable before its message
/// is acknowledged, and every effect derived from the durable records.
///
/// Once for each server that is here: Debian's, and a current one. Both sides are timed until the server says that
/// everything is acknowledged, and the C client publishes the very messages that ours did, with headers as long.
struct BusBench {
    var repetitions: Int
    var keyCount = 100
    /// So many that what a start takes, finding the ring and the first connection, does not show.
    var messageCount = 300_000
    /// Messages that are published, of those that the fills make.
    private static let publishedCount = 400_000
    /// Messages of ours that the C client publishes again and again, from this one of the stream on.
    private static let traceFrom: UInt64 = 20_000
    private static let traceCount: UInt64 = 2000
    private let path = NSTemporaryDirectory() + "pks-bench-bus-\(getpid())"

    /// Messages a second.
    private struct Sample {
        var ingest = 0.0
        var ingestLimit = 0.0
        var publish = 0.0
        var publishLimit = 0.0
        var messagesPerFill = 0.0
        var payloadBytes = 0.0
        // For each message.
        var ingestEffort = BusEffort()
        var ingestLimitEffort = BusEffort()
        var publishEffort = BusEffort()
        var publishLimitEffort = BusEffort()
    }

    func run(_ progress: Progress) throws -> [Goal] {
        let versions = NATSServer.Version.here
        if versions.isEmpty {
            throw BenchError("P12: there is no nats-server here (./run setup installs Debian's)")
        }
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return try versions.flatMap { version in
            progress.say("P12 with \(version.title)")
            return try goals(version, isFirst: version == versions.first, progress)
        }
    }

    private func goals(
        _ version: NATSServer.Version, isFirst: Bool, _ progress: Progress
    ) throws -> [Goal] {
        let trace = try Trace()
        let runs = try GuardedRuns(repetitions, progress) { try sample(version, $0, trace) }
        let figures = [
            ("messages", Double(messageCount)), ("published", Double(Self.publishedCount)),
            ("messages_per_fill", runs.median(\.messagesPerFill)),
            ("server_is_current", version == .current ? 1.0 : 0.0),
        ]
        let suffix = isFirst ? "" : ".\(version.rawValue)"
        return [
            runs.goal(
                "P12" + suffix,
                "messages pulled, applied, made durable and acknowledged a second / pulled by plain C,"
                    + " \(version.title)",
                0.9, .atLeast, value: { $0.ingest / $0.ingestLimit },
                detail: [
                    ("messages_per_second", runs.median(\.ingest)),
                    ("limit_messages_per_second", runs.median(\.ingestLimit)),
                ] + efforts(runs, \.ingestEffort, \.ingestLimitEffort) + figures),
            runs.goal(
                "P12.publish" + suffix,
                "effects published and acknowledged a second / the same by plain C, \(version.title)",
                0.9, .atLeast, value: { $0.publish / $0.publishLimit },
                detail: [
                    ("messages_per_second", runs.median(\.publish)),
                    ("limit_messages_per_second", runs.median(\.publishLimit)),
                    ("payload_bytes", runs.median(\.payloadBytes)),
                ] + efforts(runs, \.publishEffort, \.publishLimitEffort) + figures),
        ]
    }

    private func efforts(
        _ runs: GuardedRuns<Sample>, _ ours: KeyPath<Sample, BusEffort>, _ limit: KeyPath<Sample, BusEffort>
    ) -> [(name: String, value: Double)] {
        [("", ours), ("limit_", limit)].flatMap { prefix, effort in
            [
                (prefix + "cpu_ns_per_message", runs.median { $0[keyPath: effort].ownNs }),
                (prefix + "server_cpu_ns_per_message", runs.median { $0[keyPath: effort].serverNs }),
                (prefix + "sleeps_per_message", runs.median { $0[keyPath: effort].sleeps }),
            ]
        }
    }

    // MARK: - One repetition

    // SAFETY: the list is this object's own until it goes.
    /// What the C client publishes: messages of ours, taken from the stream once they are there.
    @safe
    private final class Trace {
        let list: OpaquePointer
        private(set) var count: UInt64 = 0
        private(set) var byteCount = 0

        init() throws {
            guard let list = unsafe limit_bus_trace_new() else { throw BenchError("P12: no memory") }
            unsafe self.list = list
        }

        deinit { unsafe limit_bus_trace_free(list) }

        var payloadBytes: Double { Double(byteCount) / Double(max(1, count)) }

        /// Takes them from a stream, unless they are there from an earlier repetition.
        func fill(_ jetStream: JetStream, _ stream: String) throws {
            if count > 0 { return }
            for sequence in BusBench.traceFrom..<BusBench.traceFrom + BusBench.traceCount {
                guard let message = try jetStream.message(sequence, of: stream),
                    let kind = message.subject.split(separator: ".").dropLast().last
                else { throw BenchError("P12: message \(sequence) of \(stream) is not there") }
                // SAFETY: text and bytes live for the call, which copies them.
                let code = unsafe message.payload.withUnsafeBytes { bytes in
                    unsafe limit_bus_trace_add(list, "limit.out.\(kind)", bytes.baseAddress, bytes.count)
                }
                if code != 0 { throw BenchError("P12: no memory") }
                count += 1
                byteCount += message.payload.count
            }
        }
    }

    /// A server, a stream and a book of its own; whoever comes first changes from one to the next.
    private func sample(_ version: NATSServer.Version, _ number: Int, _ trace: Trace) throws -> Sample {
        let server = try NATSServer(version)
        let book = "bench-bus-\(getpid())-\(number)"
        let names = BusNames()
        let jetStream = try JetStream(NATSConnection(NATSOptions(server.url)))
        try prepare(jetStream, names, book: book)
        var sample = Sample()
        // The first repetition has nothing to publish again before ours.
        let limitsFirst = number % 2 == 1 && trace.count > 0
        if limitsFirst { try measureLimits(&sample, server, jetStream, trace, number) }
        try measureOurs(&sample, server, jetStream, book: book, trace)
        if !limitsFirst { try measureLimits(&sample, server, jetStream, trace, number) }
        sample.payloadBytes = trace.payloadBytes
        return sample
    }

    private func measureLimits(
        _ sample: inout Sample, _ server: NATSServer, _ jetStream: JetStream, _ trace: Trace, _ number: Int
    ) throws {
        var ns: Int64 = 0
        let names = BusNames()
        let start = pks_monotonic_ns()
        var effort = BusEffort.now(server)
        // SAFETY (all of this function): texts live for the calls; what comes back are the library's constants.
        if let failure = unsafe limit_bus_pull(
            server.url, names.bookingStream, "limit", UInt64(messageCount), 1000, &ns)
        {
            throw BenchError("P12: the C client's pull failed: \(unsafe String(cString: failure))")
        }
        try awaitAcknowledged(jetStream, names.bookingStream, "limit") { "the C client's acknowledgements" }
        sample.ingestLimit = Double(messageCount) / (Double(pks_monotonic_ns() - start) / 1e9)
        sample.ingestLimitEffort = BusEffort.now(server).since(effort, per: Double(messageCount))
        let count = Self.publishedCount
        effort = BusEffort.now(server)
        if let failure = unsafe limit_bus_publish(
            server.url, trace.list, "bench-bus-limit-\(number)", UInt64(count), 4096, &ns)
        {
            throw BenchError("P12: the C client's publishing failed: \(unsafe String(cString: failure))")
        }
        sample.publishLimit = Double(count) / (Double(ns) / 1e9)
        sample.publishLimitEffort = BusEffort.now(server).since(effort, per: Double(count))
    }

    private func measureOurs(
        _ sample: inout Sample, _ server: NATSServer, _ jetStream: JetStream, book: String, _ trace: Trace
    ) throws {
        let rig = try BusRig(book: book, nats: try NATSOptions(server.url), folder: path + "/" + book)
        defer { rig.end() }
        let names = BusNames()
        let ingest = try rig.makeIngest()
        defer { ingest.stop() }
        var start = pks_monotonic_ns()
        var effort = BusEffort.now(server)
        try ingest.start()
        let last = UInt64(messageCount)
        try BusRig.wait("the ingest", { ingest.status.lastError }) {
            ingest.status.keptSequence >= last && ingest.status.unacknowledgedCount == 0
        }
        let consumer = BusNames.subject(names.consumer, book: book)
        try awaitAcknowledged(jetStream, names.bookingStream, consumer) { ingest.status.lastError }
        let counters = rig.service.stats().books.first { $0.book == book }?.counters
        guard counters?.fills == last, counters?.rejects == 0, ingest.status.fillCount == last else {
            throw BenchError(
                "P12: the book has not applied each of \(last) fills: \(String(describing: counters))")
        }
        sample.ingest = Double(messageCount) / (Double(pks_monotonic_ns() - start) / 1e9)
        sample.ingestEffort = BusEffort.now(server).since(effort, per: Double(messageCount))

        let publisher = try rig.makePublisher()
        defer { publisher.stop() }
        start = pks_monotonic_ns()
        effort = BusEffort.now(server)
        try publisher.start()
        let wanted = UInt64(Self.publishedCount)
        try BusRig.wait("the publisher", { publisher.status.trouble ?? "" }) {
            publisher.status.storedCount >= wanted
        }
        let status = publisher.status
        sample.publish = Double(status.storedCount) / (Double(pks_monotonic_ns() - start) / 1e9)
        sample.publishEffort = BusEffort.now(server).since(effort, per: Double(status.storedCount))
        sample.messagesPerFill = Double(status.storedCount) / Double(max(1, status.publishedSeq))
        try trace.fill(jetStream, names.positionStream)
    }

    private func awaitAcknowledged(
        _ jetStream: JetStream, _ stream: String, _ consumer: String, _ error: () -> String
    ) throws {
        let last = UInt64(messageCount)
        try BusRig.wait("what consumer \(consumer) was to have acknowledged", error) {
            try jetStream.consumer(consumer, of: stream)?.ackedStreamSequence ?? 0 >= last
        }
    }

    /// Streams, the C client's consumer, and the fills, one in a message.
    private func prepare(_ jetStream: JetStream, _ names: BusNames, book: String) throws {
        let booked = BusNames.subject(names.booked, book: book)
        let incoming = [names.booked, names.lifecycle].map { BusNames.subject($0, book: "*") }
        try jetStream.makeStream(StreamPlan(name: names.bookingStream, subjects: incoming))
        try jetStream.makeStream(StreamPlan(name: "LIMIT-OUT", subjects: ["limit.out.*"]))
        try jetStream.makeConsumer(ConsumerPlan(name: "limit", filter: booked), of: names.bookingStream)
        var encoder = TradeBookedEncoder(book: book)
        var fills = BusFills(keyCount: keyCount)
        for number in 1...messageCount {
            let (fill, key) = fills.next()
            _ = encoder.add(fill, extension: nil, key: key)
            // SAFETY: the bytes are the encoder's until its next message; the call copies them.
            try unsafe jetStream.connection.publish(booked, encoder.finish())
            // A server drops what comes faster than it stores and is not to be acknowledged: a current one as soon as
            // 10,000 messages wait, without a word to the client.
            guard number % 5000 == 0 || number == messageCount else { continue }
            try jetStream.connection.flush()
            var stored: UInt64 = 0
            try BusRig.wait(
                "storing \(number) messages", { "the stream has \(stored) (the server's log says why)" },
                until: {
                    stored = try jetStream.stream(names.bookingStream)?.messageCount ?? 0
                    return stored >= UInt64(number)
                })
        }
    }
}

extension NATSServer.Version {
    /// For people.
    var title: String { self == .current ? "a current server" : "Debian's server" }
}
