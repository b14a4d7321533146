import CSeqlock
import FillProducer

/// The fills that one producer sends to one book: the same for whoever knows the plan, so that an oracle can
/// replay them without having seen them. One in a hundred comes twice.
struct SoakStream {
    struct Key {
        let account: String
        let strategy: String
        let symbol: String
    }

    /// Keys of one producer; no other producer has them, so the order between producers decides nothing.
    static let keyCount = 100

    /// Exact duplicates sent so far.
    private(set) var duplicates: UInt64 = 0
    private let producer: Int
    private let eventStepNs: Int64
    private var state: UInt64
    private var number: UInt64 = 0
    private var net: [Int64]
    private var last = pks_fill_record()

    init(_ plan: SoakPlan, producer: Int, book: Int) {
        self.producer = producer
        state = plan.seed &+ UInt64(producer) &* 1_000_003 &+ UInt64(book) &* 998_244_353
        eventStepNs = 1_000_000_000 * Int64(plan.books) / Int64(plan.rate)
        net = Array(repeating: 0, count: Self.keyCount)
    }

    static func key(_ index: Int, producer: Int) -> Key {
        Key(
            account: "acc-\(producer)-\(index % 4)", strategy: "strat-\(index / 4 % 5)",
            symbol: "SYM\(index / 20)")
    }

    /// The next fill, with `handles[key]` as its handle.
    mutating func next(_ handles: [UInt32]) -> pks_fill_record {
        number += 1
        if number % 100 == 0 {
            duplicates += 1
            return last
        }
        let random = draw()
        let key = Int(random % UInt64(Self.keyCount))
        let qty = Int64(1 + random >> 32 % 100) * 1_000_000
        // Positions swing around zero, so that lots open, close and flip and their number stays small.
        let isBuy = abs(net[key]) > 1_000_000_000 ? net[key] < 0 : random >> 20 & 1 == 0
        net[key] += isBuy ? qty : -qty
        var fill = pks_fill_record()
        fill.kind = UInt8(PKS_KIND_FILL)
        fill.side = UInt8(isBuy ? PKS_SIDE_BUY : PKS_SIDE_SELL)
        fill.handle = handles[key]
        fill.qty = qty
        fill.price = 10_000_000_000 + Int64(draw() % 2_000_000) * 100
        fill.fee = Int64(random >> 40 % 1000) - 200
        fill.event_ns = 1_000_000_000 + Int64(number) * eventStepNs
        fill.source_ref = number
        setID(&fill)
        last = fill
        return fill
    }

    /// Letters and digits of the number, eight to a word.
    private func setID(_ fill: inout pks_fill_record) {
        func hex(_ value: UInt64) -> UInt64 {
            var text: UInt64 = 0
            for place: UInt64 in 0..<8 {
                let digit = value >> (28 - 4 * place) & 15
                text |= (digit + (digit < 10 ? 48 : 87)) << (8 * place)
            }
            return text
        }
        // SAFETY: trade_id begins at byte 40 of the record and has room for three words.
        unsafe withUnsafeMutableBytes(of: &fill) { bytes in
            unsafe bytes.storeBytes(of: hex(number >> 32), toByteOffset: 40, as: UInt64.self)
            unsafe bytes.storeBytes(of: hex(number & 0xffff_ffff), toByteOffset: 48, as: UInt64.self)
            unsafe bytes.storeBytes(of: UInt8(65 + producer), toByteOffset: 56, as: UInt8.self)
        }
    }

    /// SplitMix64.
    private mutating func draw() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
