import CSeqlock
import ShmBridge
import ShmReader
import TestSupport
import Testing

/// `spread` of pks-torture: record r adds one to the net quantity of slot r mod KEYS, except every fifth,
/// which changes nothing. So what each slot must say as of any record can be computed.
@Suite(.serialized) struct SnapshotTests {
    // SAFETY (all of these): what is passed by address is a local that outlives the call.

    private let keys = 32

    /// How many records up to `seq` have changed `slot`.
    private func expectedQty(_ slot: Int, asOf seq: UInt64) -> Int64 {
        // r = slot (mod keys) and r <= seq, less those of them that five divides. Five and the number of
        // keys have no common factor, so those recur every 5 x keys records.
        let (slot, keys) = (UInt64(slot), UInt64(keys))
        func count(first: UInt64, step: UInt64) -> UInt64 { first > seq ? 0 : (seq - first) / step + 1 }
        let first = slot == 0 ? keys : slot
        var firstSkipped = first
        while firstSkipped % 5 != 0 { firstSkipped += keys }
        return Int64(count(first: first, step: keys) - count(first: firstSkipped, step: 5 * keys))
    }

    private func wrongSlots(_ positions: [pks_position], asOf seq: UInt64) -> Int {
        positions.indices.filter { positions[$0].net_qty != expectedQty($0, asOf: seq) }.count
    }

    @Test(.enabled(if: processorCount() > 1, "needs two processors"))
    func aSnapshotIsTheWholeBookAsOfOneRecordWhileAnotherProcessWrites() throws {
        let scratch = try Scratch()
        let seed = UInt64.random(in: 1...UInt64.max)
        let tool = try Subprocess.tool("spread", scratch.path, "\(keys)", "\(seed)")
        #expect(tool.line() == "ready")
        let reader = try scratch.reader()
        var snapshot = PositionSnapshot()
        // Contested snapshots are those that the writer made take more than one round.
        var (consistent, contested, tooFast, wrong, lastSeq) = (0, 0, 0, 0, UInt64(0))
        while wrong == 0, contested < 500, consistent + tooFast < 5_000_000 {
            switch reader.snapshot(into: &snapshot) {
            case .consistent(let rounds):
                consistent += 1
                if rounds > 1 { contested += 1 }
                wrong += wrongSlots(snapshot.positions, asOf: snapshot.appliedSeq)
                if snapshot.appliedSeq < lastSeq { wrong += 1 }
                lastSeq = snapshot.appliedSeq
            case .writerTooFast: tooFast += 1
            case .starting: Issue.record("the writer is live")
            }
        }
        print(
            "snapshots, seed \(seed): \(consistent) consistent, \(contested) of them contested, "
                + "\(tooFast) too fast, up to record \(lastSeq)")
        #expect(wrong == 0)
        #expect(contested == 500)
    }

    @Test(.enabled(if: processorCount() > 1, "needs two processors"))
    func theSameCheckFindsThatAPlainScanIsNoSnapshot() throws {
        let scratch = try Scratch()
        let tool = try Subprocess.tool("spread", scratch.path, "\(keys)", "0")
        #expect(tool.line() == "ready")
        let reader = try scratch.reader()
        var wrong = 0
        var scans = 0
        while wrong == 0, scans < 1_000_000 {
            var positions = [pks_position](repeating: pks_position(), count: keys)
            reader.scan { slot, position in positions[slot] = position }
            let seq = positions.reduce(0) { max($0, $1.applied_seq) }
            wrong += wrongSlots(positions, asOf: seq)
            scans += 1
        }
        #expect(wrong > 0)
    }

    @Test(.enabled(if: processorCount() > 1, "needs two processors"))
    func aWriterThatLeavesNoTimeIsSaidToBeTooFast() throws {
        let scratch = try Scratch()
        let tool = try Subprocess.tool("spread", scratch.path, "2048", "0")
        #expect(tool.line() == "ready")
        let reader = try scratch.reader()
        var snapshot = PositionSnapshot()
        var isTooFast = false
        for _ in 0..<3000 where !isTooFast {
            isTooFast = reader.snapshot(into: &snapshot, rounds: 1) == .writerTooFast(rounds: 1)
        }
        #expect(isTooFast)
    }

    @Test func aQuietBookNeedsOneRoundAndCountsRecordsThatChangedNothing() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer()
        let reader = try scratch.reader()
        var snapshot = PositionSnapshot()
        #expect(reader.snapshot(into: &snapshot) == .starting)
        writer.setState(.live)
        #expect(reader.snapshot(into: &snapshot) == .consistent(rounds: 1))
        #expect(snapshot.positions.isEmpty && snapshot.appliedSeq == 0)
        let slots = [try writer.claim("A"), try writer.claim("B")]
        var value = pks_position()
        value.applied_seq = 3
        unsafe writer.publish(slot: slots[0], value: &value)
        writer.setApplied(3)
        writer.setApplied(7)
        #expect(reader.snapshot(into: &snapshot) == .consistent(rounds: 1))
        #expect(snapshot.positions.map(\.applied_seq) == [3, 0])
        #expect(snapshot.appliedSeq == 7)
        #expect(snapshot.epoch == writer.epoch)
        // A record whose slot is published while applied_seq still says the one before it.
        value.applied_seq = 8
        unsafe writer.publish(slot: slots[1], value: &value)
        #expect(reader.snapshot(into: &snapshot) == .consistent(rounds: 1))
        #expect(snapshot.appliedSeq == 8)
    }
}
