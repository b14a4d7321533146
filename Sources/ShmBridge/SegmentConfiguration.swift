public import CSeqlock
import ShmFiles

/// What a book's segment is made for. Sizes are fixed for its life.
public struct SegmentConfiguration: Sendable, Equatable {
    /// The book's name, at most 64 bytes of letters, digits, dot, dash and underscore.
    public var book: String
    /// How many positions the segment has room for, 1...2^24.
    public var slotCapacity: Int
    /// How many changes a tailing reader may fall behind, a power of two; 0 stands for four times the
    /// slots, at least 4096.
    public var changeCapacity: Int
    /// Decimals of prices of keys without instrument data, 0...18.
    public var priceDecimals: UInt8
    /// Decimals of quantities of keys without instrument data, 0...18.
    public var qtyDecimals: UInt8
    /// Decimals of fees of keys without instrument data, 0...18.
    public var feeDecimals: UInt8
    /// The book's lot matching method, one of PKS_METHOD_*.
    public var method: UInt8
    /// Permission bits of the segment, whatever the umask.
    public var mode: UInt32
    /// Where segments live; anything else than the default is for tests.
    public var directory: String

    /// A segment of the product's defaults.
    public init(
        book: String, slotCapacity: Int = 4096, changeCapacity: Int = 0, priceDecimals: UInt8 = 8,
        qtyDecimals: UInt8 = 8, feeDecimals: UInt8 = 8, method: UInt8 = UInt8(PKS_METHOD_FIFO),
        mode: UInt32 = 0o640, directory: String = "/dev/shm"
    ) {
        self.book = book
        self.slotCapacity = slotCapacity
        self.changeCapacity = changeCapacity
        self.priceDecimals = priceDecimals
        self.qtyDecimals = qtyDecimals
        self.feeDecimals = feeDecimals
        self.method = method
        self.mode = mode
        self.directory = directory
    }

    /// Where each part lies. Throws `badConfiguration`.
    func layout() throws(ShmError) -> SegmentLayout {
        guard (1...Int(PKS_CAPACITY_MAX)).contains(slotCapacity) else {
            throw .badConfiguration(
                reason: "slot capacity \(slotCapacity) is not in 1...\(PKS_CAPACITY_MAX)")
        }
        let changes = changeCapacity == 0 ? powerOfTwo(atLeast: max(4096, 4 * slotCapacity)) : changeCapacity
        guard (2...Int(PKS_CAPACITY_MAX) * 4).contains(changes), changes & (changes - 1) == 0 else {
            throw .badConfiguration(reason: "change capacity \(changes) is not a power of two, 2 or more")
        }
        for decimals in [priceDecimals, qtyDecimals, feeDecimals] where decimals > 18 {
            throw .badConfiguration(reason: "\(decimals) decimals are more than 18")
        }
        guard (UInt8(PKS_METHOD_FIFO)...UInt8(PKS_METHOD_AVERAGE)).contains(method) else {
            throw .badConfiguration(reason: "there is no lot matching method \(method)")
        }
        return SegmentLayout(
            slotCapacity: slotCapacity, indexCapacity: powerOfTwo(atLeast: 2 * slotCapacity),
            changeCapacity: changes)
    }
}

/// The smallest power of two that is at least `count`.
func powerOfTwo(atLeast count: Int) -> Int {
    var power = 1
    while power < count { power *= 2 }
    return power
}

/// Byte offsets of a segment's parts, each at the start of a page.
struct SegmentLayout {
    let slotCapacity: Int
    let indexCapacity: Int
    let changeCapacity: Int
    let liveOffset: Int
    let directoryOffset: Int
    let indexOffset: Int
    let changeOffset: Int
    let slotOffset: Int
    let byteCount: Int

    init(slotCapacity: Int, indexCapacity: Int, changeCapacity: Int) {
        let page = Int(PKS_PAGE_BYTES)
        func pages(_ bytes: Int) -> Int { (bytes + page - 1) / page * page }
        self.slotCapacity = slotCapacity
        self.indexCapacity = indexCapacity
        self.changeCapacity = changeCapacity
        liveOffset = page
        directoryOffset = liveOffset + page
        indexOffset = directoryOffset + pages(slotCapacity * MemoryLayout<pks_directory_entry>.size)
        changeOffset = indexOffset + pages(indexCapacity * 8)
        slotOffset = changeOffset + pages(changeCapacity * 8)
        byteCount = slotOffset + pages(slotCapacity * MemoryLayout<pks_slot>.size)
    }
}
