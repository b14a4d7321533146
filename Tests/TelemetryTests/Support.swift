import Accumulator
import CSeqlock
import Glibc
import Journal
import Testing

@testable import Service
@testable import ShmReader
@testable import Telemetry

/// Figures that no daemon had, with a bit of everything.
enum Sample {
    static func ring(
        _ producer: String = "gateway", tail: UInt64 = 1000, applied: UInt64 = 990, isClosed: Bool = false,
        quarantine: UInt64? = nil
    ) -> RingStats {
        RingStats(
            producer: producer, capacity: 4096,
            status: RingStatus(
                tail: tail, applied: applied, freed: 100, isClosed: isClosed, quarantineReason: quarantine,
                consumerEpoch: 7, producerHeartbeatNs: 1, consumerHeartbeatNs: 2, fills: 900, duplicates: 50,
                rejects: 40),
            lagNs: 1_250_000, isProducerAlive: true)
    }

    static func book(
        _ name: String = "alpha", status: WriterStatus = .live, hasJournal: Bool = false,
        rings: [RingStats] = [ring()]
    ) -> BookStats {
        BookStats(
            book: name, status: status, epoch: 0xfeed, method: "fifo", appliedSeq: 990,
            durableSeq: hasJournal ? 900 : 0, hasJournal: hasJournal, heartbeatAgeNs: 50_000_001,
            positions: 12,
            positionsMax: 16384,
            counters: BookCounters(
                fills: 900, duplicates: 50, conflicts: 2, rejects: 40, late: 3, matches: 400, openLots: 77,
                watermarkNs: 5, rings: 1, ringsQuarantined: 0),
            rejects: [(reason: .conflict, count: 2), (reason: .zeroQuantity, count: 38)],
            distinctRejects: [
                DistinctReject(
                    reason: .zeroQuantity, producer: "gateway",
                    key: KeyNames(account: "a\"b", strategy: "s\\", symbol: "\u{1b}[2JX"), count: 38,
                    firstRealtimeNs: 1_732_153_598_123_456_789, lastRealtimeNs: 1_732_153_599_000_000_000,
                    lastTradeID: "t\n1", lastSourceRef: 17),
                DistinctReject(
                    reason: .conflict, producer: "gateway", key: nil, count: 2, firstRealtimeNs: 0,
                    lastRealtimeNs: 1, lastTradeID: "", lastSourceRef: 0),
            ],
            rejectsNotTold: 4, rings: rings, refusedRings: [(producer: "odd", reason: "not a ring")],
            journal: hasJournal ? journal : nil, bus: hasJournal ? bus : nil)
    }

    private static var bus: BusStatus {
        var bus = BusStatus()
        bus.ingest.state = .live
        bus.ingest.server = "nats://***@127.0.0.1:4222"
        (bus.ingest.takenSeq, bus.ingest.durableSeq, bus.ingest.pendingCount) = (5000, 4990, 17)
        (bus.ingest.unacknowledgedCount, bus.ingest.messageCount, bus.ingest.fillCount) = (10, 4000, 4200)
        (bus.ingest.redeliveredCount, bus.ingest.poisonCount, bus.ingest.rejectCount) = (21, 2, 3)
        (bus.ingest.connectCount, bus.ingest.lifecycleCount, bus.ingest.unstoredCount) = (4, 5, 1)
        bus.ingest.alarms = [
            .init(kind: "stream_truncated", count: 2), .init(kind: "delivery_lost", count: 0),
        ]
        bus.ingest.lastAlarm = "stream \u{1b}[2J ends at 4"
        bus.publisher.state = .waiting
        (bus.publisher.publishedSeq, bus.publisher.lagRecords, bus.publisher.storedCount) = (700, 200, 900)
        (bus.publisher.foundCount, bus.publisher.underWayCount, bus.publisher.unsentCount) = (6, 7, 8)
        (bus.publisher.resentCount, bus.publisher.conflatedCount, bus.publisher.refusedCount) = (31, 32, 33)
        (bus.publisher.connectCount, bus.publisher.alarmCount, bus.publisher.replicaBytes) = (9, 1, 1 << 20)
        bus.publisher.trouble = "stream PKS-POSITIONS is missing"
        return bus
    }

    private static var journal: JournalStats {
        var commits = CommitFigures()
        commits.commits = 31
        commits.longestNs = 2_500_000
        commits.retries = 3
        commits.trouble = "no space left"
        var files = SegmentKeeperFigures()
        (files.byteCount, files.removed) = (3 << 20, 5)
        return JournalStats(
            path: "/j/beta", writePath: "pwrite", commits: commits, checkpoints: nil, files: files,
            freeBytes: 7 << 30)
    }

    static func service(_ books: [BookStats] = [book()]) -> ServiceStats {
        ServiceStats(
            pid: 4711, startedRealtimeNs: 1_732_153_500_000_000_000, uptimeNs: 3_661_000_000_000,
            cpuNs: 12_345_678_901, residentBytes: 200 << 20, books: books)
    }
}

/// A plain TCP or unix client that says exactly what it is told to say.
struct RawClient: ~Copyable {
    let descriptor: Int32

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var raw = sockaddr_in()
        raw.sin_family = sa_family_t(AF_INET)
        raw.sin_port = port.bigEndian
        raw.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        // SAFETY: the address lives for the call, is as long as stated and begins like a sockaddr.
        let result = unsafe withUnsafePointer(to: raw) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
    }

    func say(_ text: String) {
        let bytes = Array(text.utf8)
        // SAFETY: the array's storage lives for the call.
        _ = unsafe bytes.withUnsafeBytes {
            unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }

    /// Everything until the other side closes.
    func hear() -> String {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            // SAFETY: the array's storage lives for the call, which stays inside it.
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
            }
            if count <= 0 { return String(decoding: all, as: UTF8.self) }
            all.append(contentsOf: chunk[..<count])
        }
    }

    deinit { _ = close(descriptor) }
}
