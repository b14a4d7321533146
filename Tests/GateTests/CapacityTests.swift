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

    /// Two books of 500,000 fills a day for four days, with bounds that are easy to reckon with.
    private let small = [
        "books=2", "keys=1000", "fills_per_day=1e6", "days=4", "session_seconds=1000", "peak_ratio=2",
        "busiest_book_part=0.5", "window_days=1", "lots_per_key=3", "rings_per_book=2", "utilisation=0.25",
        "identities=1048544", "positions=1000", "checkpoint_records=800000", "stop_records=100000",
        "journal_segment_bytes=1e7", "fill_warm_ns=100", "journal_writer_ns=60", "journal_thread_ns=90",
        "host_cores=10", "idle_book_cores=0.01", "commit_us=100", "position_bytes=1000", "lot_bytes=200",
        "window_place_bytes=100", "table_place_bytes=10", "book_private_bytes=1000", "slot_bytes=5",
        "ring_bytes=500", "journal_record_bytes=130", "checkpoint_identity_bytes=140", "restore_ns=100",
        "replay_ns=200", "host_disk_bytes_per_second=1e9",
    ]

    @Test func aSmallDayCanBeReckonedByHand() throws {
        let plan = try plan(small)
        let results = plan.results
        #expect(results["fills_per_second"] == 1000)
        #expect(results["peak_fills_per_second"] == 2000)
        // 100 keys of 700 bytes a core are less than its cache.
        #expect(results["cold_part"] == 0)
        #expect(results["fill_ns"] == 160)
        // 2,000/s x (160 + 90) ns are 0.0005 of a core, which may be a quarter busy.
        #expect(results["busy_cores"] == 0.002)
        #expect(results["idle_cores"] == 0.02)
        #expect(results["cores"] == 1)
        // Two million fills came, and the window has 2^20 places: 2 x 1,048,576 x 110 bytes. A book is 1,000 + 5,000 of
        // its segment + 1,000 of its rings.
        #expect(results["average_book_identities"] == 1_048_544)
        #expect(results["memory_identity_bytes"] == 230_686_720)
        #expect(results["memory_checkpoint_bytes"] == 115_343_360)
        #expect(results["memory_position_bytes"] == 1.4e6)
        #expect(results["memory_book_bytes"] == 14_000)
        #expect(results["memory_bytes"] == 347_444_080)
        #expect(results["journal_bytes_per_day"] == 130e6)
        // 260 MB a book, and a segment of 10 MB ahead; two checkpoints of 1,048,544 x 140 bytes each.
        #expect(results["journal_bytes"] == 540e6)
        #expect(results["checkpoint_bytes"] == 587_184_640)
        #expect(results["disk_bytes"] == 1_127_184_640)
        #expect(results["commits_per_second_max"] == 10_000)
        #expect(results["records_per_commit"] == 1)
        #expect(results["commit_wait_us"] == 100)
        #expect(results["disk_bytes_per_second"] == 8_192_000)
        // Both books: 2 x (1,048,544 x 100 + 800,000 x 200) ns, and 2 x (146.8 + 104) MB at 1 GB/s.
        #expect(near(results["restart_seconds"], 0.5297088 + 0.50159232))
        #expect(near(results["restart_clean_seconds"], 0.2497088 + 0.31959232))
        #expect(plan.firstLimit == "commits")
        let parts = plan.limits.map(\.part)
        let sorted = parts.sorted { $0 > $1 }
        #expect(parts == sorted)
    }

    private func near(_ value: Double?, _ other: Double) -> Bool { abs((value ?? 0) - other) < 1e-6 }

    @Test func whatAWindowNeedsGoesBeforeWhatItIsGiven() throws {
        // Seven days of 500,000 fills are 3.5 M: the next power of two has 2^22 places.
        let plan = try plan(small + ["window_days=7"])
        #expect(plan.results["busiest_book_identities"] == 4_194_272)
        // Two million of its places were ever used, and its table is there whole.
        #expect(plan.results["memory_checkpoint_bytes"] == 241_943_040)
        let limit = try #require(plan.limits.first { $0.name == "one window" })
        #expect(near(limit.part, 3.5e6 / 268_435_456))
    }

    @Test func aYoungBookHasNoCheckpointAndIsReplayedWhole() throws {
        let plan = try plan(small + ["days=1"])
        #expect(plan.results["checkpoint_bytes"] == 0)
        // 500,000 fills a book: 65 MB in seven segments, and one ahead.
        #expect(plan.results["journal_bytes"] == 160e6)
        #expect(near(plan.results["restart_seconds"], 0.2 + 0.13))
    }

    @Test func theOlderCheckpointHoldsMoreOfTheJournalThanIsToBeKept() throws {
        // 1.6 M records of 130 bytes are 208 MB: 21 segments, and one ahead. Keeping more is obeyed.
        let plan = try plan(small + ["journal_keep_bytes=1e6"])
        #expect(plan.results["journal_bytes"] == 440e6)
        #expect(try self.plan(small + ["journal_keep_bytes=230e6"]).results["journal_bytes"] == 480e6)
    }

    @Test func severalDaemonsReckonAtOnceAndShareTheDisk() throws {
        let plan = try plan(small + ["daemons=2"])
        #expect(near(plan.results["restart_seconds"], 0.5297088 / 2 + 0.50159232))
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
