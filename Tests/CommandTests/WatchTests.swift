import CSeqlock
import Glibc
import ShmBridge
import ShmReader
import TestSupport
import Testing

/// `pks read --watch`: rows as they change, across writers.
@Suite struct WatchTests {
    /// A writer of this process's own, so that the test decides when something changes.
    private func writer(_ scratch: borrowing Scratch, changes: Int = 0) throws -> SegmentWriter {
        var writer = try SegmentWriter(
            SegmentConfiguration(book: scratch.book, slotCapacity: 8, changeCapacity: changes),
            lock: WriterLock(book: scratch.book, runDirectory: scratch.runDirectory))
        writer.setState(.live)
        return writer
    }

    private func claim(_ writer: inout SegmentWriter, _ symbol: String) -> Int {
        var entry = pks_directory_entry()
        fill(&entry.account, "acc")
        fill(&entry.strategy, "strat")
        fill(&entry.symbol, symbol)
        entry.multiplier = 1
        guard let slot = writer.claimSlot(entry) else { preconditionFailure("the segment has room") }
        return slot
    }

    private func fill<Field>(_ field: inout Field, _ text: String) {
        // SAFETY: the bytes of `field` are exclusively ours for the closure.
        unsafe withUnsafeMutableBytes(of: &field) { unsafe $0.copyBytes(from: text.utf8) }
    }

    private func publish(_ writer: inout SegmentWriter, _ slot: Int, net: Int64) {
        var position = pks_position()
        position.net_qty = net
        position.bought_qty = net
        position.fill_count = UInt64(net)
        // SAFETY: the position outlives the call.
        unsafe writer.publish(slot: slot, value: &position)
    }

    private func row(_ book: String, _ symbol: String, _ net: Int) -> String {
        "\(book),acc,strat,\(symbol),\(net),0,0,0,0,0,0,\(net),0,0,0,\(net)"
    }

    @Test func `Rows are printed as they change, until SIGINT`() throws {
        let scratch = try Scratch()
        var writer = try writer(scratch)
        let slot = claim(&writer, "ABC")
        publish(&writer, slot, net: 1)
        let watch = try PksProcess(
            ["read", "--book", scratch.book, "--watch", "--csv", "--interval-ms", "5"], in: scratch)
        #expect(watch.awaitOutput { $0.hasSuffix(self.row(scratch.book, "ABC", 1) + "\n") })
        publish(&writer, slot, net: 2)
        #expect(watch.awaitOutput { $0.hasSuffix(self.row(scratch.book, "ABC", 2) + "\n") })
        // A new key appears as well.
        let other = claim(&writer, "XYZ")
        publish(&writer, other, net: 7)
        #expect(watch.awaitOutput { $0.hasSuffix(self.row(scratch.book, "XYZ", 7) + "\n") })
        watch.signal(SIGINT)
        #expect(watch.wait() == 0)
        #expect(watch.outputSoFar().split(separator: "\n").count == 4)
        try writer.stop(keep: false)
    }

    @Test func `A writer whose process cannot be found lives as long as its heart beats`() throws {
        let scratch = try Scratch()
        var writer = try writer(scratch)
        let slot = claim(&writer, "ABC")
        publish(&writer, slot, net: 1)
        // As a reader in another pid namespace sees it: no process of that number.
        let reader = try SegmentReader(book: scratch.book)
        let offset = try #require(MemoryLayout<pks_segment_header>.offset(of: \.writer))
        try overwrite(reader.path, at: offset, with: UInt32(Int32.max))
        let listing = try PksProcess(["ls"], in: scratch)
        // The heart beats until the listing has ended.
        while listing.isRunning { writer.beat(nowNs: pks_monotonic_ns()) }
        let line = listing.outputSoFar().split(separator: "\n").first { $0.hasPrefix(scratch.book) }
        #expect(line?.split(separator: " ")[1] == "live")
        // And then it does not.
        let dead = try Pks.run(["ls"], in: scratch)
        #expect(dead.outputLines.first { $0.hasPrefix(scratch.book) }?.split(separator: " ")[1] == "dead")
        try writer.stop(keep: false)
    }

    private func overwrite(_ path: String, at offset: Int, with word: UInt32) throws {
        // SAFETY: the name and the word live for the calls.
        let descriptor = unsafe open(path, O_RDWR)
        defer { _ = close(descriptor) }
        var word = word
        guard unsafe pwrite(descriptor, &word, 4, off_t(offset)) == 4 else {
            throw SystemFailure(path, code: errno)
        }
    }

    @Test func `A watch that was lapped prints what has changed, and nothing else`() throws {
        let scratch = try Scratch()
        var writer = try writer(scratch, changes: 2)
        let (quiet, busy) = (claim(&writer, "QUIET"), claim(&writer, "BUSY"))
        publish(&writer, quiet, net: 1)
        publish(&writer, busy, net: 1)
        let watch = try PksProcess(
            ["read", "--book", scratch.book, "--watch", "--csv", "--interval-ms", "5"], in: scratch)
        #expect(watch.awaitOutput { $0.contains(self.row(scratch.book, "QUIET", 1) + "\n") })
        // More changes than the ring holds, many times over, so that some look comes too late for sure.
        for net in 2...20_000 { publish(&writer, busy, net: Int64(net)) }
        #expect(watch.awaitOutput { $0.contains(self.row(scratch.book, "BUSY", 20_000) + "\n") })
        watch.signal(SIGINT)
        #expect(watch.wait() == 0)
        #expect(watch.outputSoFar().split(separator: "\n").filter { $0.contains(",QUIET,") }.count == 1)
        try writer.stop(keep: false)
    }

    @Test func `A watch survives the restart of the writer and says so`() throws {
        let scratch = try Scratch()
        let watch: PksProcess
        do {
            var first = try writer(scratch)
            let slot = claim(&first, "ABC")
            publish(&first, slot, net: 1)
            watch = try PksProcess(
                ["read", "--book", scratch.book, "--watch", "--json", "--interval-ms", "5"], in: scratch)
            #expect(watch.awaitOutput { $0.contains("\"net_qty\":\"1\"") })
            try first.stop(keep: true)
            #expect(watch.awaitErrors { $0.contains("the writer has ended") })
        }
        var second = try writer(scratch)
        let slot = claim(&second, "ABC")
        publish(&second, slot, net: 5)
        #expect(watch.awaitErrors { $0.contains("a new writer (process \(getpid())) has taken over") })
        #expect(watch.awaitOutput { $0.contains("\"net_qty\":\"5\"") })
        try second.stop(keep: false)
        #expect(watch.awaitErrors { $0.contains("the segment is gone; waiting for a new writer") })
        watch.signal(SIGTERM)
        #expect(watch.wait() == 0)
    }
}
