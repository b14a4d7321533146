import TestSupport
import Testing

@testable import LotMatching

/// The slab against a list of what is taken.
@Suite struct BlockSlabTests {
    private struct Taken {
        var block: UInt32
        var order: Int
        var range: Range<UInt32> { block..<block + (UInt32(1) << UInt32(order)) }
    }

    @Test func blocksNeverOverlapAndKeepTheirContent() {
        var split = 0
        var refused = 0
        for stream in 0..<TestSeed.streams(60) {
            let seed = TestSeed.base &+ UInt64(stream)
            var random = SeededRandom(seed: seed)
            let blockCount = UInt32.random(in: 1...40, using: &random)
            var slab = BlockSlab(blockCount: blockCount)
            var taken: [Taken] = []
            for step in 0..<400 {
                let order = Int.random(in: 0...3, using: &random)
                if taken.isEmpty || Int.random(in: 0..<5, using: &random) < 3 {
                    let canTake = slab.hasRoom(order: order)
                    let isFresh = slab.untouched
                    let block = slab.take(order: order)
                    #expect(canTake == (block != 0), "seed \(seed), step \(step): room and taking disagree")
                    if block == 0 {
                        refused += 1
                    } else {
                        if slab.untouched == isFresh { split += 1 }
                        take(Taken(block: block, order: order), &taken, slab, blockCount, seed)
                    }
                } else {
                    let gone = taken.remove(at: Int.random(in: 0..<taken.count, using: &random))
                    slab.give(gone.block, order: gone.order)
                }
                if taken.contains(where: { !isMarked($0, slab) }) {
                    Issue.record("seed \(seed), step \(step): a block was overwritten")
                    return
                }
            }
        }
        #expect(split > 0 && refused > 0)
    }

    private func take(
        _ new: Taken, _ taken: inout [Taken], _ slab: borrowing BlockSlab, _ blockCount: UInt32,
        _ seed: UInt64
    ) {
        #expect(new.range.lowerBound >= 1 && new.range.upperBound <= blockCount + 1, "seed \(seed)")
        #expect(!taken.contains { $0.range.overlaps(new.range) }, "seed \(seed): \(new) is taken already")
        // SAFETY: the block is ours and 64 x 2^order bytes long.
        unsafe slab.address(new.block).initializeMemory(
            as: UInt8.self, repeating: UInt8(truncatingIfNeeded: new.block), count: 64 << new.order)
        taken.append(new)
    }

    private func isMarked(_ block: Taken, _ slab: borrowing BlockSlab) -> Bool {
        // SAFETY: as in `take`.
        unsafe UnsafeRawBufferPointer(start: slab.address(block.block), count: 64 << block.order)
            .allSatisfy { $0 == UInt8(truncatingIfNeeded: block.block) }
    }

    /// From empty to exhausted and back, one block at a time, of the smallest order and the next.
    @Test(arguments: [UInt32(1), 2, 3, 4, 5], [0, 1]) func roomForTwoIsRoomForTwo(count: UInt32, order: Int) {
        let blockCount = count << UInt32(order)
        var slab = BlockSlab(blockCount: blockCount)
        var free = count
        var taken: [UInt32] = []
        while free > 0 {
            let isRoomForTwo = slab.hasRoomForTwo(order: order)
            #expect(isRoomForTwo == (free >= 2), "\(free) of \(count) free")
            taken.append(slab.take(order: order))
            free -= 1
        }
        let isExhausted =
            !slab.hasRoomForTwo(order: order) && !slab.hasRoom(order: order) && slab.take(order: order) == 0
        #expect(isExhausted)
        for block in taken {
            slab.give(block, order: order)
            free += 1
            let isRoomForTwo = slab.hasRoomForTwo(order: order)
            #expect(isRoomForTwo == (free >= 2), "\(free) of \(count) given back")
        }
        #expect(Set(taken).count == Int(count))
    }

    @Test func aLargerBlockServesTwoSmallOnes() {
        var slab = BlockSlab(blockCount: 4)
        let whole = slab.take(order: 2)
        let isRoomBefore = slab.hasRoomForTwo(order: 0)
        slab.give(whole, order: 2)
        let isRoomAfter = slab.hasRoomForTwo(order: 0) && slab.hasRoomForTwo(order: 1)
        #expect(whole == 1 && !isRoomBefore && isRoomAfter)
        let pieces = [slab.take(), slab.take(), slab.take(), slab.take(), slab.take()]
        #expect(pieces.sorted() == [0, 1, 2, 3, 4])
    }

    /// The last segment of the largest heap must be a block that the slab has a list for.
    @Test func everySegmentOfAHeapIsAnOrderOfTheSlab() {
        #expect(LotStore.segmentOrder(LotStore.segmentMax - 1) <= BlockSlab.orderMax)
        #expect(LotStore.segmentMax <= 28)  // What a table block has room for.
    }
}
