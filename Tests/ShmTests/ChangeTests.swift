import CSeqlock
import ShmBridge
import ShmReader
import TestSupport
import Testing

@Suite struct ChangeTests {
    // SAFETY (all of these): what is passed by address is a local that outlives the call.

    private func changes(_ reader: borrowing SegmentReader, _ cursor: inout UInt64) -> [SlotChange] {
        var seen: [SlotChange] = []
        while true {
            let change = reader.nextChange(&cursor)
            if change == .none { return seen }
            seen.append(change)
        }
    }

    @Test func aTailSeesEveryChangeInOrderAndNewPositionsToo() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer(changes: 8)
        let reader = try scratch.reader()
        var cursor = reader.changeCursor()
        let (first, second) = (try writer.claim("A"), try writer.claim("B"))
        var value = pks_position()
        for slot in [second, first, first] { unsafe writer.publish(slot: slot, value: &value) }
        #expect(
            changes(reader, &cursor)
                == [.slot(first), .slot(second), .slot(second), .slot(first), .slot(first)])
        #expect(changes(reader, &cursor) == [])
        unsafe writer.publish(slot: second, value: &value)
        #expect(changes(reader, &cursor) == [.slot(second)])
    }

    @Test func aReaderThatFallsBehindByMoreThanTheRingIsToldAndGoesOn() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer(changes: 8)
        let reader = try scratch.reader()
        let slot = try writer.claim("A")
        var cursor = reader.changeCursor()
        var value = pks_position()
        for _ in 0..<8 { unsafe writer.publish(slot: slot, value: &value) }
        #expect(changes(reader, &cursor) == [SlotChange](repeating: .slot(slot), count: 8))
        for _ in 0..<9 { unsafe writer.publish(slot: slot, value: &value) }
        #expect(changes(reader, &cursor) == [.lapped(missed: 9)])
        unsafe writer.publish(slot: slot, value: &value)
        #expect(changes(reader, &cursor) == [.slot(slot)])
    }

    @Test func anEntryThatTheWriterHasJustOverwrittenIsNotTakenForTheOldOne() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer(changes: 8)
        let reader = try scratch.reader()
        let slot = try writer.claim("A")
        var value = pks_position()
        for _ in 0..<5 { unsafe writer.publish(slot: slot, value: &value) }
        // Change 11 lies where change 3 was; its cursor is not there yet.
        let place = Int(reader.header.change_offset) + 3 * 8
        let expected = UInt64(3 + 1) << 32 | UInt64(slot)
        let standing = try FilePatch.read(UInt64(0), at: place, of: writer.path)
        #expect(standing == expected)
        try FilePatch.write(UInt64(11 + 1) << 32 | UInt64(slot), at: place, of: writer.path)
        var cursor: UInt64 = 2
        #expect(reader.nextChange(&cursor) == .slot(slot))
        #expect(reader.nextChange(&cursor) == .lapped(missed: 3))
    }

    @Test func aReaderThatStartsAtAPlaceThatWasNeverThereIsLappedOrWaits() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer(changes: 8)
        let reader = try scratch.reader()
        let slot = try writer.claim("A")
        var value = pks_position()
        for _ in 0..<20 { unsafe writer.publish(slot: slot, value: &value) }
        var longAgo: UInt64 = 0
        #expect(reader.nextChange(&longAgo) == .lapped(missed: 21))
        var future: UInt64 = 1000
        #expect(reader.nextChange(&future) == SlotChange.none)
        #expect(future == 1000)
    }

    @Test(.enabled(if: processorCount() > 1, "needs two processors"))
    func aTailFollowsAnotherProcessAndEachSlotIsAtLeastAsNewAsItsChange() throws {
        let scratch = try Scratch()
        let seed = UInt64.random(in: 1...UInt64.max)
        let tool = try Subprocess.tool("spread", scratch.path, "16", "\(seed)")
        #expect(tool.line() == "ready")
        let reader = try scratch.reader()
        var cursor = reader.changeCursor()
        var quantities = [Int64](repeating: 0, count: 16)
        var (followed, laps, backwards) = (0, 0, 0)
        var value = pks_position()
        while followed < 50_000 {
            switch reader.nextChange(&cursor) {
            case .slot(let slot):
                followed += 1
                guard reader.read(slot, into: &value) == .value else { continue }
                if value.net_qty < quantities[slot] { backwards += 1 }
                quantities[slot] = value.net_qty
            case .lapped: laps += 1
            case .none: break
            }
        }
        print("tail, seed \(seed): \(followed) changes followed, lapped \(laps) times")
        #expect(backwards == 0)
        #expect(quantities.allSatisfy { $0 > 0 })
    }
}
