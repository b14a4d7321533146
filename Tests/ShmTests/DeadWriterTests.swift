import CSeqlock
import CTorture
import Glibc
import ShmBridge
import ShmReader
import TestSupport
import Testing

/// A writer that ends in the middle of a cell has stored half of counter 42 over the last but one value;
/// counter 41 is the last good one.
@Suite struct DeadWriterTests {
    // SAFETY (all of these): what is passed by address is a local that outlives the call.

    /// Reads the slot a thousand times: always 41, whole, without a single retry.
    private func expectLastGoodValue(_ reader: borrowing SegmentReader) throws {
        let slot = try required(reader.find(account: "acc", strategy: "strat", symbol: "TORN"))
        var retries: UInt64 = 0
        var good = 0
        for _ in 0..<1000 {
            var value = pks_position()
            var isWhole: Int32 = 0
            guard reader.read(slot, into: &value, retries: &retries) == .value else { continue }
            if unsafe torture_counter(&value, &isWhole) == 41, isWhole != 0 { good += 1 }
        }
        #expect(good == 1000)
        #expect(retries == 0)
        #expect(reader.sequence(of: slot) == 2)
        var snapshot = PositionSnapshot()
        let result = reader.snapshot(into: &snapshot)
        #expect(result == .consistent(rounds: 1))
    }

    private func expectStale(_ reader: borrowing SegmentReader) {
        let beatNs = reader.heartbeatNs
        let fresh = reader.writerStatus(staleAfterNs: 1000, nowNs: beatNs + 1000)
        #expect(fresh == .live)
        let late = reader.writerStatus(staleAfterNs: 1000, nowNs: beatNs + 1001)
        #expect(late == .stale(sinceNs: beatNs))
    }

    @Test func readersGoOnAfterAWriterWasKilledHalfWayThroughACell() throws {
        let scratch = try Scratch()
        let tool = try Subprocess.tool("half", scratch.path, "kill")
        #expect(tool.line() == "ready")
        let end = tool.wait()
        #expect(end == -SIGKILL)
        let reader = try scratch.reader()
        try expectLastGoodValue(reader)
        expectStale(reader)
    }

    @Test func readersGoOnWhileAWriterIsStoppedHalfWayThroughACell() throws {
        let scratch = try Scratch()
        let tool = try Subprocess.tool("half", scratch.path, "stop")
        #expect(tool.line() == "ready")
        let stopped = tool.waitUntilStopped()
        #expect(stopped)
        let reader = try scratch.reader()
        try expectLastGoodValue(reader)
        expectStale(reader)
        tool.signal(SIGCONT)
        #expect(tool.line() == "published")
        var value = pks_position()
        var isWhole: Int32 = 0
        let result = reader.read(0, into: &value)
        #expect(result == .value)
        let counter = unsafe torture_counter(&value, &isWhole)
        #expect(counter == 42 && isWhole == 1)
    }

    @Test func theNextWriterReplacesTheSegmentOfAKilledOneAndAttachedReadersLearnIt() throws {
        let scratch = try Scratch()
        let tool = try Subprocess.tool("half", scratch.path, "kill")
        #expect(tool.line() == "ready")
        var reader = try scratch.reader()
        let oldEpoch = reader.epoch
        let end = tool.wait()
        #expect(end == -SIGKILL)
        let beatNs = reader.heartbeatNs
        let alone = try reader.reattachIfNeeded(staleAfterNs: 1000, nowNs: beatNs + 2000)
        #expect(alone == .current(epoch: oldEpoch))

        var writer = try scratch.writer()
        #expect(writer.epoch != oldEpoch)
        #expect(reader.isRetired == true)
        if case .retired = reader.writerStatus() {} else { Issue.record("the old segment is not retired") }
        try expectOldValues(reader)
        let moved = try reader.reattachIfNeeded()
        #expect(moved == .reattached(fromEpoch: oldEpoch, toEpoch: writer.epoch))
        #expect(reader.epoch == writer.epoch)
        writer.setState(.live)
        #expect(reader.writerStatus() == .live)
    }

    private func expectOldValues(_ reader: borrowing SegmentReader) throws {
        var value = pks_position()
        let result = reader.read(0, into: &value)
        #expect(result == .value)
    }
}
