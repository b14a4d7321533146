import Accumulator
import CSeqlock
import Glibc
import LotMatching
import PositionText
import ShmReader
import TestSupport
import Testing

@testable import PksCommand

/// The checks that replay and verify make of themselves: each must be able to fail.
@Suite struct CheckTests {
    private func key(_ symbol: String) -> pks_key_record {
        var key = pks_key_record()
        key.kind = UInt8(PKS_KIND_KEY)
        (key.price_decimals, key.qty_decimals, key.fee_decimals) = (8, 8, 8)
        write("acc", &key.account)
        write("strat", &key.strategy)
        write(symbol, &key.symbol)
        return key
    }

    private func fill(_ id: Int, isBuy: Bool, qty: Int64, price: Int64) -> pks_fill_record {
        var fill = pks_fill_record()
        fill.kind = UInt8(PKS_KIND_FILL)
        fill.side = UInt8(isBuy ? PKS_SIDE_BUY : PKS_SIDE_SELL)
        (fill.qty, fill.price, fill.event_ns) = (qty, price, Int64(id))
        write("t\(id)", &fill.trade_id)
        return fill
    }

    private func write<Field>(_ text: String, _ field: inout Field) {
        // SAFETY: the bytes of `field` are exclusively ours for the closure.
        unsafe withUnsafeMutableBytes(of: &field) { unsafe $0.copyBytes(from: text.utf8) }
    }

    /// Buys and sells that open, close in part, flip and close whole.
    private var fills: [pks_fill_record] {
        [
            fill(1, isBuy: true, qty: 5, price: 100), fill(2, isBuy: true, qty: 3, price: 105),
            fill(3, isBuy: false, qty: 6, price: 110), fill(4, isBuy: false, qty: 5, price: 104),
        ]
    }

    private func put<Record>(_ record: Record, _ body: (UnsafeRawPointer) -> Void) {
        // SAFETY: the copy lives for the closure.
        unsafe withUnsafePointer(to: record) { unsafe body(UnsafeRawPointer($0)) }
    }

    @Test func `A slot that is not the book's position is found`() throws {
        let scratch = try Scratch()
        let lane = try BookLane(
            config: BookConfig(name: "checked", positionsMax: 4, lotsMax: 64, identitiesMax: 64),
            effects: EffectLog(),
            place: BookLane.Place(shmDirectory: scratch.path, runDirectory: scratch.runDirectory))
        // SAFETY: `put` lends a record for the closure only.
        unsafe put(key("ABC")) { record in _ = unsafe lane.put(record) }
        for fill in fills { unsafe put(fill) { record in _ = unsafe lane.put(record) } }
        lane.drain()
        let rows = try PositionsBack(lane).rows
        #expect(rows.map { $0.view.position.net_qty } == [-3])
        #expect(rows.map { $0.view.position.fill_count } == [4])

        let offset = try lane.attachReader().header.slot_offset
        // Both cells of the first slot: one byte in each of their first words.
        for cell in [8, 128] { try scribble(lane.segmentPath, at: Int(offset) + cell) }
        let error = #expect(throws: CommandError.self) { _ = try PositionsBack(lane) }
        #expect(error?.status == .software)
        #expect(error?.messages.first?.contains("slot 0: it is not the book's position") == true)
        try lane.end(keep: false)
    }

    private func scribble(_ path: String, at offset: Int) throws {
        // SAFETY: the name and the byte live for the calls.
        let descriptor = unsafe open(path, O_RDWR)
        defer { _ = close(descriptor) }
        var byte: UInt8 = 0x5a
        guard unsafe pwrite(descriptor, &byte, 1, off_t(offset)) == 1 else {
            throw SystemFailure(path, code: errno)
        }
    }

    /// What a view of the effects without those of one kind says of the book that made them.
    private func difference(_ method: LotMethod, without kind: Effect.Kind?) -> String? {
        let view = EffectView()
        let config = BookConfig(name: "b", method: method, positionsMax: 4, lotsMax: 64, identitiesMax: 64)
        // SAFETY: a buffer of one effect, for the call only; records are whole and outlive their calls.
        let log = unsafe EffectLog(countMax: 1) { effects in
            if unsafe effects[0].kind != kind { unsafe view.take(effects) }
        }
        var book = Book(config, effects: log)
        var key = key("ABC")
        _ = unsafe book.define(&key)
        for fill in fills {
            var record = fill
            _ = unsafe book.apply(&record)
        }
        book.effects.flush()
        return view.difference(from: book)
    }

    @Test(arguments: LotMethod.allCases)
    func `Effects put together agree with the book, and do not with one kind left out`(method: LotMethod) {
        #expect(difference(method, without: nil) == nil)
        for kind in [Effect.Kind.lotUpsert, .lotDelete, .match, .rollupUpsert, .realizedPnl, .position] {
            #expect(difference(method, without: kind) != nil, "without \(kind)")
        }
    }

    @Test func `An audited book counts the fills after which the identities hold`() {
        let book = AuditedBook(BookConfig(name: "b", positionsMax: 4, lotsMax: 64, identitiesMax: 64))
        // SAFETY: `put` lends a record for the closure only.
        unsafe put(key("ABC")) { record in unsafe book.put(record) }
        for fill in fills + fills { unsafe put(fill) { record in unsafe book.put(record) } }
        #expect(book.checkedCount == 4)
        #expect(book.violation == nil)
        #expect(book.effectsViolation() == nil)
        let counters = book.withBook { $0.counters }
        #expect(counters.duplicates == 4)
    }
}
