import Foundation
import TestSupport
import Testing

/// The capacity plan's arithmetic, by inputs whose results can be reckoned by hand.
@Suite struct CapacityTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

    private struct Plan: Decodable {
        struct Limit: Decodable {
            var name: String
            var part: Double
        }
        var results: [String: Double]
        var limits: [Limit]
        var firstLimit: String

        enum CodingKeys: String, CodingKey {
            case results, limits
            case firstLimit = "first_limit"
        }
    }

    private func plan(_ words: [String]) throws -> Plan {
        let process = try Subprocess([Self.root + "/scripts/bench-capacity.sh", "--json"] + words)
        let text = process.rest()
        #expect(process.wait() == 0)
        return try JSONDecoder().decode(Plan.self, from: Data(text.utf8))
    }

    @Test func aSmallDayCanBeReckonedByHand() throws {
        let plan = try plan([
            "books=10", "keys=1000", "fills_per_day=1e6", "session_seconds=1000", "peak_ratio=2",
            "busiest_book_part=0.5", "window_days=2", "lots_per_key=3", "retention_days=4",
            "rings_per_book=2",
            "utilisation=0.25", "fill_warm_ns=100", "journal_writer_ns=60", "journal_thread_ns=90",
            "host_cores=10",
            "idle_book_cores=0.01", "commit_us=100", "position_bytes=1000", "lot_bytes=200",
            "identity_bytes=150",
            "book_fixed_bytes=1000", "ring_bytes=500", "journal_record_bytes=130",
            "checkpoint_identity_bytes=140", "checkpoints_kept=2", "restore_ns=100",
        ])
        let results = plan.results
        #expect(results["fills_per_second"] == 1000)
        #expect(results["peak_fills_per_second"] == 2000)
        // 100 keys of 700 bytes a core are less than its cache.
        #expect(results["cold_part"] == 0)
        #expect(results["fill_ns"] == 160)
        // 2,000/s x (160 + 90) ns are 0.0005 of a core, which may be a quarter busy.
        #expect(results["busy_cores"] == 0.002)
        #expect(results["idle_cores"] == 0.1)
        #expect(results["cores"] == 1)
        #expect(results["window_fills"] == 2e6)
        #expect(results["memory_window_bytes"] == 300e6)
        #expect(results["memory_position_bytes"] == 1.4e6)
        #expect(results["memory_book_bytes"] == 20_000)
        #expect(results["memory_bytes"] == 301_420_000)
        #expect(results["journal_bytes_per_day"] == 130e6)
        #expect(results["checkpoint_bytes"] == 560e6)
        #expect(results["disk_bytes"] == 1080e6)
        #expect(results["commits_per_second_max"] == 10_000)
        #expect(results["records_per_commit"] == 1)
        #expect(results["commit_wait_us"] == 100)
        #expect(results["disk_bytes_per_second"] == 8_192_000)
        #expect(results["restart_seconds"] == 0.02)
        #expect(plan.firstLimit == "commits")
        let parts = plan.limits.map(\.part)
        let sorted = parts.sorted { $0 > $1 }
        #expect(parts == sorted)
    }

    @Test func memoryComesIntoAFillsTimeWhenTheCacheIsTooSmall() throws {
        let plan = try plan([
            "keys=4000", "host_cores=2", "touched_bytes_per_key=1000", "cache_bytes_per_core=500000",
            "fill_warm_ns=100", "fill_misses=2", "miss_ns=100", "journal_writer_ns=50",
        ])
        // 2,000 keys a core are 2 MB, of which three quarters are not in the cache.
        #expect(plan.results["cold_part"] == 0.75)
        #expect(plan.results["fill_ns"] == 300)
    }

    @Test func aDiskThatCommitsAllTheTimeMakesEveryBookWait() throws {
        let plan = try plan([
            "books=100", "fills_per_day=1e6", "session_seconds=100", "peak_ratio=1", "commit_us=1000",
        ])
        #expect(plan.results["commits_per_second"] == 1000)
        #expect(plan.results["records_per_commit"] == 10)
        #expect(plan.results["commit_wait_us"] == 100_000)
        #expect(plan.firstLimit == "commits")
    }

    @Test(arguments: [["bogus=1"], ["books=many"], ["books=0"], ["books=-1"], ["--bogus"]])
    func whatIsNoInputIsRefused(words: [String]) throws {
        let process = try Subprocess(
            [Self.root + "/scripts/bench-capacity.sh"] + words, errors: .pipe)
        let text = process.rest()
        #expect(process.wait() == 64)
        #expect(text.hasPrefix("pks: capacity: "))
    }
}
