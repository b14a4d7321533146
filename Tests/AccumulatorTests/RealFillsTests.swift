import Accumulator
import CSeqlock
import LotMatching
import TestSupport
import Testing

/// 69,808 real fills: the identities after every one of them, the oracle's positions at the end, and the
/// same bytes from a second replay.
@Suite struct RealFillsTests {
    @Test func theFilesAreWhole() throws {
        let real = try RealFills.all.get()
        #expect(real.fills.count == 69_808)
        #expect(real.keys.count == 48)
    }

    @Test(arguments: LotMethod.allCases) func aReplayIsExactAndRepeatable(method: LotMethod) throws {
        let real = try RealFills.all.get()
        let first = try replay(real, method, hashSeed: 1, isAudited: true)
        let second = try replay(real, method, hashSeed: 2, isAudited: false)
        #expect(first == second)
        #expect(first.effectCount > 4 * real.fills.count)
        print("\(method.name): digest \(first.digest), \(first.effectCount) effects")
    }

    @Test(arguments: LotMethod.allCases) func theOracleEndsWithTheSamePositions(method: LotMethod) throws {
        let real = try RealFills.all.get()
        var book = Book(config(real, method))
        var oracle = NaiveBook(NaiveBook.Bounds(lotsMax: 1 << 16, identitiesMax: 1 << 17))
        oracle.keepsEffects = false
        for handle in real.keys.indices {
            let defined = book.handle(real.keyRecord(handle))
            #expect(defined == UInt32(handle))
            oracle.seq += 1
            oracle.positions.append(NaivePosition(NaivePosition.Terms(method: method)))
        }
        for fill in real.fills {
            let result = book.apply(fill)
            let expected = oracle.apply(NaiveFill(fill))
            guard result == .applied && expected == .applied else {
                Issue.record("fill \(fill.source_ref) was \(result), oracle \(expected)")
                return
            }
        }
        for handle in real.keys.indices {
            let position = oracle.positions[handle]
            let shown = ShownPosition(book, UInt32(handle))
            #expect(shown == ShownPosition(position), "\(real.keys[handle])")
            if method != .average { #expect(position.costOfLots == position.openCost) }
        }
        let matches = (Int(book.counters.matches), oracle.counters.matches)
        #expect(matches.0 == matches.1)
    }

    private struct Outcome: Equatable {
        var digest: String
        var effectBytes: UInt64
        var effectCount: Int
    }

    private func config(_ real: RealFills, _ method: LotMethod, hashSeed: UInt64 = 3) -> BookConfig {
        BookConfig(
            method: method, positionsMax: real.keys.count, lotsMax: 1 << 16, identitiesMax: 1 << 17,
            hashSeed: hashSeed)
    }

    private func replay(
        _ real: RealFills, _ method: LotMethod, hashSeed: UInt64, isAudited: Bool
    ) throws -> Outcome {
        let sum = EffectSum()
        // SAFETY (all of this function): the consumer copies what it is shown; records outlive the calls.
        let log = unsafe EffectLog { unsafe sum.add($0) }
        var book = Book(config(real, method, hashSeed: hashSeed), effects: log)
        var audit = IdentityAudit()
        for handle in real.keys.indices { _ = book.handle(real.keyRecord(handle)) }
        for fill in real.fills {
            var fill = fill
            let result = unsafe book.apply(&fill)
            guard result == .applied else {
                Issue.record("fill \(fill.source_ref) was \(result)")
                break
            }
            if isAudited { unsafe try audit.check(book, after: &fill) }
        }
        book.effects.flush()
        return Outcome(digest: book.digest(), effectBytes: sum.sum, effectCount: sum.count)
    }
}

/// A running sum over every field of every effect in order: another effect, another order or another value
/// gives another sum.
private final class EffectSum {
    private(set) var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    private(set) var count = 0

    func add(_ effects: UnsafeBufferPointer<Effect>) {
        // SAFETY: the buffer is valid during the call.
        for index in 0..<effects.count { unsafe add(effects[index]) }
    }

    private func add(_ word: UInt64) {
        sum = (sum ^ word) &* 0x0000_0100_0000_01b3
        sum ^= sum >> 29
    }

    private func add(_ number: Int64) { add(UInt64(bitPattern: number)) }

    private func add(_ number: Int128) {
        add(UInt64(truncatingIfNeeded: number))
        add(UInt64(truncatingIfNeeded: number >> 64))
    }

    private func add(_ text: PaddedText40) {
        add(text.words.0)
        add(text.words.1)
        add(text.words.2)
        add(text.words.3)
        add(text.words.4)
    }

    private func add(_ effect: Effect) {
        count += 1
        add(UInt64(effect.kind.rawValue) | UInt64(effect.movement.rawValue) << 8)
        add(UInt64(effect.reason) | (effect.isLong ? 256 : 0) | (effect.firstIsBuy ? 512 : 0))
        add(UInt64(effect.handle))
        add(effect.seq)
        add(effect.openSeq)
        add(effect.qty)
        add(effect.qtyOpen)
        add(effect.price)
        add(effect.closePrice)
        add(effect.openNs)
        add(effect.closeNs)
        add(effect.money)
        add(effect.cost)
        add(effect.poolQty)
        add(effect.fee)
        add(effect.closeFee)
        add(effect.feeQty.open)
        add(effect.feeQty.close)
        add(effect.tradeID)
        add(effect.orderID)
        add(effect.closeTradeID)
        add(effect.sourceRef)
        add(effect.firstSourceRef)
    }
}
