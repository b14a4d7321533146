import CSeqlock
import CxxSlot
import ShmBridge
import ShmReader
import TestSupport
import Testing

/// The same headers compiled as C++17.
@Suite struct CxxTests {
    // SAFETY (all of these): what is passed by address is a local that outlives the call; slots belong to a
    // writer or reader that is alive.

    @Test func whatCxxPublishesSwiftReadsAndTheOtherWayRound() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer()
        let slot = try writer.claim("CXX")
        let reader = try scratch.reader()
        let written = unsafe writer.slotAddress(slot).assumingMemoryBound(to: pks_slot.self)
        let mapped = unsafe reader.slotAddress(slot).assumingMemoryBound(to: pks_slot.self)
        var value = pks_position()
        var got = pks_position()
        value.net_qty = 17
        value.multiplier_decimals = 3
        let second = unsafe cxx_publish(written, 1, &value)
        #expect(second == 2)
        #expect(reader.read(slot, into: &got) == .value)
        #expect(got.net_qty == 17 && got.multiplier_decimals == 3)
        value.net_qty = -18
        let third = unsafe writer.publish(slot: slot, published: second, value: &value)
        let seen = unsafe cxx_read(mapped, &got)
        #expect(seen == third)
        #expect(got.net_qty == -18)
    }

    @Test func cxxFindsTheKeyUnderTheSameHash() throws {
        for (account, strategy, symbol) in [
            ("acc", "strat", "CXX"), ("", "", ""), ("a", "", "b"), ("", "a", "b"),
            (String(repeating: "x", count: 32), String(repeating: "y", count: 32), "Ünïcode"),
        ] {
            let entry = directoryEntry(symbol, account: account, strategy: strategy)
            let hash = unsafe withUnsafeBytes(of: entry) { bytes in
                guard let base = unsafe bytes.bindMemory(to: UInt8.self).baseAddress else { return UInt64(0) }
                return unsafe pks_key_hash(base, base + 32, base + 64)
            }
            let cxx = unsafe cxx_key_hash(account, strategy, symbol)
            #expect(hash == cxx)
        }
    }

    @Test func aRecordPassesThroughARingOfCxx() {
        var records = [pks_fill_record](repeating: pks_fill_record(), count: 4)
        var fill = pks_fill_record()
        fill.qty = 5
        fill.source_ref = UInt64.max
        for number: UInt64 in 0..<9 {
            let isSame = unsafe cxx_ring_round_trip(&records, 3, number, &fill)
            #expect(isSame == 1)
        }
        #expect(records[0].source_ref == UInt64.max)
    }
}
