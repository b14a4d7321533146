import FillProducer
import Foundation
import Glibc
import NATSSupport
import Testing

@testable import NATSBridge

@Suite struct IngestTests {
    @Test(arguments: NATSServer.Version.here)
    func everyFillComesOnceAndInOrder(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version)
        try desk.makeStreams()
        try desk.publish(500)
        try desk.start()
        #expect(desk.awaitAll(), "\(desk.status)")
        try desk.publish(1000)
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(desk.seen == desk.published)
        #expect(try desk.awaitAcknowledged())
        #expect(desk.status.alarmCount == 0, "\(desk.status)")
        #expect(desk.status.messageCount == 1500)
        #expect(desk.status.connection == .reading)
        desk.stop()
        try desk.publish(100)
        try desk.start()
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(desk.seen == desk.published)
        #expect(desk.status.alarmCount == 0, "\(desk.status)")
    }

    @Test(arguments: NATSServer.Version.here)
    func nothingIsAcknowledgedBeforeItIsDurable(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version)
        try desk.makeStreams()
        try desk.publish(200)
        desk.frees = false
        try desk.start()
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(try desk.await { try desk.consumerState()?.unacknowledgedCount == 200 })
        #expect(desk.status.durableSequence == 0)
        #expect(try desk.consumerState()?.ackedStreamSequence == 0)
        desk.frees = true
        #expect(try desk.awaitAcknowledged())
        #expect(desk.await { desk.status.keptSequence == 200 })
    }

    @Test func aRequestThatWasServedWholeIsFollowedByTheNextAtOnce() {
        #expect(PullEnd(status: 409, words: "Batch Completed") == .ordinary)
        #expect(PullEnd(status: 409, words: "Message Size Exceeds MaxBytes") == .ordinary)
        #expect(PullEnd(status: 408, words: "Request Timeout") == .ordinary)
        #expect(PullEnd(status: 409, words: "Exceeded MaxWaiting") == .later)
        #expect(PullEnd(status: 409, words: "Exceeded MaxAckPending") == .later)
        #expect(PullEnd(status: 409, words: "Consumer Deleted") == .changed)
        #expect(PullEnd(status: 503, words: "") == .unknown)
    }

    @Test(arguments: NATSServer.Version.here)
    func messagesAreTakenWhileTheDiskKeepsThePositionWaiting(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version)
        try desk.makeStreams()
        try desk.publish(100)
        try desk.start()
        #expect(try desk.awaitAcknowledged())
        // Opening a pipe to write into it takes until somebody reads: a disk that takes as long as the test likes.
        let building = desk.positions + "/" + IngestPositionFile.fileName + ".new"
        // SAFETY: the names live for the calls.
        #expect(unsafe mkfifo(building, 0o600) == 0)
        try desk.publish(5000)
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(desk.await { desk.status.durableSequence == 5100 }, "\(desk.status)")
        #expect(desk.status.keptSequence == 100 && desk.status.unacknowledgedCount == 5000, "\(desk.status)")
        #expect(try desk.consumerState()?.ackedStreamSequence == 100)
        let reader = unsafe open(building, O_RDONLY | O_NONBLOCK)
        defer { _ = close(reader) }
        #expect(unsafe reader >= 0 && unlink(building) == 0)
        #expect(desk.await { desk.status.keptSequence == 5100 }, "\(desk.status)")
        #expect(try desk.awaitAcknowledged())
        #expect(desk.seen == desk.published)
        #expect(desk.status.alarmCount == 0, "\(desk.status)")
    }

    @Test(arguments: NATSServer.Version.here)
    func aServerKilledAgainAndAgainLosesAndDoublesNothing(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version)
        try desk.makeStreams()
        try desk.publish(300)
        try desk.start {
            $0.batch = 32
            $0.acknowledgeMs = 500
        }
        for round in 1...4 {
            #expect(desk.await { desk.seen.count >= desk.published.count / 2 })
            desk.server.kill()
            desk.readRing()
            try desk.server.start()
            try desk.publish(100 * round)
        }
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(desk.seen == desk.published)
        #expect(try desk.awaitAcknowledged())
        #expect(desk.status.alarmCount == 0, "\(desk.status)")
        #expect(desk.status.connectCount >= 2)
    }

    @Test(arguments: NATSServer.Version.here)
    func aStoppedServerIsLeftAndFoundAgain(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version)
        try desk.makeStreams()
        try desk.publish(100)
        try desk.start()
        #expect(desk.awaitAll(), "\(desk.status)")
        desk.server.pause()
        #expect(desk.await { desk.status.connection == .connecting })
        desk.server.resume()
        try desk.publish(100)
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(desk.seen == desk.published)
        #expect(desk.status.alarmCount == 0, "\(desk.status)")
    }

    @Test(arguments: NATSServer.Version.here)
    func lostAcknowledgementsLeadToRedeliveriesAndToNothingElse(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version)
        try desk.makeStreams()
        try desk.publish(4000)
        try desk.start { $0.acknowledgeMs = 1000 }
        #expect(desk.await { desk.status.keptSequence == 4000 })
        desk.server.kill()
        try desk.server.start()
        try desk.publish(10)
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(desk.seen == desk.published)
        #expect(try desk.awaitAcknowledged())
    }

    @Test(arguments: NATSServer.Version.here)
    func messagesAcknowledgedButForgottenAreTakenOnce(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version)
        try desk.start { $0.acknowledgeMs = 500 }
        #expect(desk.await { desk.status.connection == .reading })
        desk.frees = false
        try desk.publish(300)
        #expect(desk.awaitAll(), "\(desk.status)")
        // Nothing is durable, so everything is delivered again and again.
        #expect(desk.await { desk.status.redeliveredCount >= 600 })
        desk.frees = true
        #expect(try desk.awaitAcknowledged())
        #expect(desk.seen == desk.published)
        #expect(desk.status.alarmCount == 0, "\(desk.status)")
    }

    @Test(arguments: NATSServer.Version.here)
    func aFullRingHoldsUpAndLosesNothing(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version)
        try desk.makeStreams()
        try desk.publish(500)
        try desk.start {
            $0.ring.recordCapacity = 64
            $0.batch = 100
        }
        // Nobody reads the ring: it fills, and what was asked for waits.
        let isFull = (0..<100_000).contains { _ in
            _ = sched_yield()
            return desk.status.fillCount >= 60
        }
        #expect(isFull)
        #expect(desk.status.fillCount <= 64)
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(desk.seen == desk.published)
        #expect(try desk.awaitAcknowledged())
    }

    @Test(arguments: NATSServer.Version.here)
    func aCrashRepeatsAtMostWhatTheFileDidNotSay(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version, taken: 100)
        let file = desk.positions + "/nats-ingest"
        let old = try Data(contentsOf: URL(fileURLWithPath: file))
        try desk.publish(100)
        #expect(desk.await { desk.status.keptSequence == 200 })
        #expect(try desk.awaitAcknowledged())
        desk.stop()
        try old.write(to: URL(fileURLWithPath: file))
        try desk.publish(50)
        try desk.start()
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(desk.firsts == desk.published)
        // The server was told more than the file says: somebody else's file, or somebody else acknowledged.
        #expect(desk.status.alarmCounts == [.consumerAhead: 1], "\(desk.status)")
    }

    @Test func whatIsMissingIsNamedAndMadeOnlyWhenAskedFor() throws {
        let desk = try BusDesk(.debian)
        try desk.start { $0.createsMissing = false }
        #expect(desk.await { desk.status.lastError.contains("no stream PKS-BOOKING") })
        #expect(desk.status.connection == .waiting)
        try desk.makeStreams()
        #expect(desk.await { desk.status.lastError.contains("no consumer pks-\(desk.book)") })
        #expect(try desk.consumerState() == nil)
        desk.stop()
        try desk.start()
        #expect(desk.await { desk.status.connection == .reading })
        #expect(desk.status.lastError == "")
        desk.stop()
        // From now on the consumer is known as this book's own.
        #expect(try desk.jetStream().deleteConsumer("pks-" + desk.book, of: "PKS-BOOKING"))
        try desk.start { $0.createsMissing = false }
        #expect(desk.await { desk.status.connection == .reading })
        #expect(desk.status.alarmCounts == [.consumerMissing: 1])
    }

    @Test func aBookWhoseNameWouldSplitSubjectsIsRefused() throws {
        let desk = try BusDesk(.debian)
        var options = try desk.options()
        options.book = "a.b"
        #expect(throws: BusError.self) { _ = try BusIngest(options) }
    }
}
