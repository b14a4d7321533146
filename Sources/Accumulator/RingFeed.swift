import CSeqlock
import ShmBridge

/// One producer's ring as a book's writer sees it: how far it has been read, and which of the book's keys
/// each of the ring's handles means.
@safe
struct RingFeed: ~Copyable {
    static var noKey: UInt32 { .max }

    var consumer: RingConsumer
    /// The next record to apply.
    var next: UInt64
    // SAFETY: handleCapacity entries, allocated in init and freed in deinit; indexed below that only.
    private let bookHandles: UnsafeMutablePointer<UInt32>
    private let handleCapacity: UInt32

    init(_ consumer: consuming RingConsumer) {
        next = consumer.freed
        handleCapacity = UInt32(consumer.handleCapacity)
        unsafe bookHandles = UnsafeMutablePointer<UInt32>.allocate(capacity: Int(handleCapacity))
        unsafe bookHandles.initialize(repeating: Self.noKey, count: Int(handleCapacity))
        self.consumer = consumer
    }

    deinit { unsafe bookHandles.deallocate() }

    /// The book's handle for the ring's, or one that no key has.
    @inline(__always)
    func bookHandle(_ handle: UInt32) -> UInt32 {
        handle < handleCapacity ? unsafe bookHandles[Int(handle)] : Self.noKey
    }

    mutating func setBookHandle(_ handle: UInt32, _ bookHandle: UInt32) {
        guard handle < handleCapacity else { return }
        unsafe bookHandles[Int(handle)] = bookHandle
    }

    /// How many handles the ring may define.
    var handles: Range<UInt32> { 0..<handleCapacity }
}
