import CSeqlock
import TestSupport

/// The next fill of a random stream as a producer may send it: the ring, the handle that the stream knows the key
/// under, and the records in order.
struct RingDraw {
    let ring: Int
    let handle: Int
    let records: [pks_fill_record]

    /// Draws it, and gives the fill to the planner.
    init(_ stream: inout FillStream, _ planner: inout NaiveBook) {
        let drawn = stream.next(planner)
        _ = planner.apply(NaiveFill(drawn.fill), extension: drawn.extra.map(NaiveExtension.init))
        ring = stream.random.pick([0, 0, 1])
        handle = Int(drawn.fill.handle)
        var fill = drawn.fill
        fill.handle = Self.handle(fill.handle, on: ring)
        guard let extra = drawn.extra else {
            records = [fill]
            return
        }
        // Now and then the fill does not say that it has an extension, or the extension stays out.
        if !stream.random.chance(3) { fill.flags |= UInt16(PKS_FILL_EXTENDED) }
        // SAFETY: both are 128 bytes without padding.
        records =
            stream.random.chance(3) ? [fill] : [unsafe unsafeBitCast(extra, to: pks_fill_record.self), fill]
    }

    /// Each ring numbers its handles in a way of its own.
    static func handle(_ handle: UInt32, on ring: Int) -> UInt32 {
        handle < 16 ? (handle * 5 + UInt32(ring)) % 16 : handle
    }

    /// How many records a writer takes at a time. One is a way of its own through the writer.
    static func countMax(_ random: inout SeededRandom) -> Int {
        random.chance(40) ? 1 : Int.random(in: 1...40, using: &random)
    }
}
