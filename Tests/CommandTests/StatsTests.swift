import Accumulator
import Glibc
import TestSupport
import Testing

@testable import PksCommand
@testable import Service
@testable import ShmReader
@testable import Telemetry

/// `pks stats`, asking daemons that this test plays.
@Suite struct StatsTests {
    private static func book(_ name: String) -> BookStats {
        BookStats(
            book: name, status: .degraded(reasons: 16), epoch: 1, method: "hifo", appliedSeq: 12,
            durableSeq: 0,
            hasJournal: false, heartbeatAgeNs: 12_345_678, positions: 3, positionsMax: 100,
            counters: BookCounters(
                fills: 10, duplicates: 2, conflicts: 1, rejects: 5, late: 0, matches: 4, openLots: 6,
                watermarkNs: 0, rings: 1, ringsQuarantined: 1),
            rejects: [(reason: .zeroQuantity, count: 5)],
            distinctRejects: [
                DistinctReject(
                    reason: .zeroQuantity, producer: "gw",
                    key: KeyNames(account: "acc", strategy: "\u{1b}[2J", symbol: "ES"), count: 5,
                    firstRealtimeNs: 0, lastRealtimeNs: 1_000_000_000, lastTradeID: "t9", lastSourceRef: 8)
            ],
            rejectsNotTold: 7,
            rings: [
                RingStats(
                    producer: "gw", capacity: 64,
                    status: RingStatus(
                        tail: 20, applied: 12, freed: 4, isClosed: false, quarantineReason: 2,
                        consumerEpoch: 1,
                        producerHeartbeatNs: 0, consumerHeartbeatNs: 0, fills: 10, duplicates: 2, rejects: 5),
                    lagNs: 1_500_000_000, isProducerAlive: false)
            ],
            refusedRings: [(producer: "odd", reason: "wrong magic")], bus: bus)
    }

    private static var bus: BusStatus {
        var bus = BusStatus()
        (bus.ingest.state, bus.ingest.server) = (.live, "nats://127.0.0.1:4222")
        (bus.ingest.takenSeq, bus.ingest.durableSeq, bus.ingest.pendingCount) = (51, 50, 7)
        (bus.ingest.fillCount, bus.ingest.redeliveredCount) = (49, 2)
        bus.ingest.lastAlarm = "stream \u{1b}[2JX ends at 4"
        (bus.publisher.state, bus.publisher.publishedSeq, bus.publisher.lagRecords) = (.waiting, 8, 4)
        bus.publisher.trouble = "stream P is missing"
        return bus
    }

    /// A daemon in this process that has these books.
    private static func daemon(_ scratch: borrowing Scratch, _ books: [String]) throws -> TelemetryServer {
        let stats = ServiceStats(
            pid: UInt32(getpid()), startedRealtimeNs: 0, uptimeNs: 61_500_000_000, cpuNs: 1,
            residentBytes: 5 << 20, books: books.map { book($0) })
        return try TelemetryServer(runDirectory: scratch.runDirectory, address: nil, version: "9.9") { stats }
    }

    @Test func `Books, rings, rejects by reason and distinct rejects are shown`() throws {
        let scratch = try Scratch()
        let server = try Self.daemon(scratch, ["alpha"])
        let run = try Pks.run(["stats"], in: scratch)
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
        let words = run.outputLines.map { line in line.split(separator: " ").joined(separator: " ") }
        #expect(
            words.first
                == "pks 9.9, process \(getpid()), started 1970-01-01T00:00:00.000Z, up 61.5 s, processor 0.000 s, "
                + "memory 5 MiB")
        for line in [
            "alpha degraded hifo 10 2 1 5 0 4 6 3/100 12 - 0.012s producer",
            "alpha gw quarantined no 8 1.5s 16/64 20 10 2 5 records", "alpha odd wrong magic",
            "alpha zero_quantity 5",
            "alpha zero_quantity gw acc \\u{1b}[2J ES 5 1970-01-01T00:00:00.000Z 1970-01-01T00:00:01.000Z t9 8",
            "alpha: 7 more rejects were too many to tell apart",
            "alpha live nats://127.0.0.1:4222 51 50 7 0 0 49 2 0 0", "alpha waiting 8 4 0 0 0 0 0 0 0",
            "alpha: bus, ingest: last alarm: stream \\u{1b}[2JX ends at 4",
            "alpha: bus, publisher: stream P is missing",
        ] { #expect(words.contains(line), "\(line)\n\(run.output)") }
        server.stop()
    }

    @Test func `JSON is an array of daemons, and a book can be picked out`() throws {
        let scratch = try Scratch()
        let server = try Self.daemon(scratch, ["alpha", "beta"])
        let all = try Pks.run(["stats", "--json"], in: scratch)
        #expect(all.status == 0)
        let daemons = try #require(JSONValue(Array(all.output.utf8))).elements
        #expect(daemons.count == 1)
        #expect(daemons[0]["books"]?.elements.map { $0["book"]?.plainText } == ["alpha", "beta"])
        #expect(daemons[0]["uptime_seconds"] == .number("61.5"))
        let one = try Pks.run(["stats", "--json", "--book", "beta"], in: scratch)
        let books = try #require(JSONValue(Array(one.output.utf8))).elements.first?["books"]?.elements
        #expect(books?.map { $0["book"]?.plainText } == ["beta"])
        let none = try Pks.run(["stats", "--book", "bet"], in: scratch)
        #expect(none.status == 69)
        #expect(none.errors == "pks: stats --book bet: no daemon here has that book (did you mean beta?)\n")
        server.stop()
    }

    @Test func `Without a daemon it says what to do, whatever dead ones have left`() throws {
        let scratch = try Scratch()
        let dead = try ListeningSocket.unix(path: scratch.runDirectory + "/pks-1.sock")
        dead.close()
        let run = try Pks.run(["stats"], in: scratch)
        #expect(run.status == 69)
        #expect(run.output.isEmpty)
        #expect(
            run.errors
                == "pks: stats: no daemon runs in \(scratch.runDirectory) (start one with pks run, or name its "
                + "--run-dir)\n")
    }

    @Test func `A daemon that hangs is named, and the others are shown`() throws {
        let scratch = try Scratch()
        let path = scratch.runDirectory + "/pks-1.sock"
        let stuck = try ListeningSocket.unix(path: path)
        defer { stuck.close() }
        let server = try Self.daemon(scratch, ["alpha"])
        let run = try Pks.run(["stats", "--json", "--timeout", "500ms"], in: scratch)
        #expect(run.status == 69)
        // On a machine that is busy enough the living one may be late, too; then it is named as well.
        let shown = JSONValue(Array(run.output.utf8))?.elements.count
        #expect(shown == 1 || run.errors.contains("pks: daemon \(getpid()): "))
        #expect(run.errors.hasPrefix("pks: daemon 1: \(path): no answer within 500ms (is it stopped"))
        server.stop()
    }

    @Test func `A watch goes on until it is told to end`() throws {
        let scratch = try Scratch()
        let server = try Self.daemon(scratch, ["alpha"])
        let watch = try PksProcess(["stats", "--watch", "--json", "--interval", "10ms"], in: scratch)
        #expect(watch.awaitOutput { $0.filter { $0 == "\n" }.count >= 3 })
        watch.signal(SIGTERM)
        #expect(watch.wait() == 0)
        let lines = watch.outputSoFar().split(separator: "\n")
        #expect(lines.allSatisfy { JSONValue(Array($0.utf8))?.elements.count == 1 })
        server.stop()
    }

    @Test func `A watch ends when the last daemon has gone`() throws {
        let scratch = try Scratch()
        let server = try Self.daemon(scratch, ["alpha"])
        let watch = try PksProcess(["stats", "--watch", "--interval", "10ms"], in: scratch)
        #expect(watch.awaitOutput { $0.contains("alpha") })
        server.stop()
        #expect(watch.wait() == 69)
        #expect(watch.errorsSoFar().contains("no daemon runs in"))
    }

    @Test(arguments: [
        (["stats", "--interval", "1s"], "pks: stats: --interval without --watch (add --watch)\n"),
        (["stats", "--timeout", "1ns"], "pks: stats: --timeout is out of range (from 10ms to 1h)\n"),
    ])
    func `A wrong command line is answered with one line`(words: [String], message: String) throws {
        let scratch = try Scratch()
        let run = try Pks.run(words, in: scratch)
        #expect(run.status == 64)
        #expect(run.errors == message)
    }
}
