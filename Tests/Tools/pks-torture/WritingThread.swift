import CSeqlock
import CTorture
import Glibc
import ShmBridge

/// A thread that publishes one slot until the process ends.
final class WritingThread {
    private var writer: SegmentWriter
    private let slot: Int
    private var published: UInt64
    private let breaksRules: Bool

    private init(_ writer: consuming SegmentWriter, slot: Int, published: UInt64, breaksRules: Bool) {
        self.writer = writer
        self.slot = slot
        self.published = published
        self.breaksRules = breaksRules
    }

    /// Starts it; with `breaksRules` it publishes by ordinary memcpy.
    static func start(
        _ writer: consuming SegmentWriter, slot: Int, published: UInt64, breaksRules: Bool
    ) throws {
        let body = WritingThread(writer, slot: slot, published: published, breaksRules: breaksRules)
        var thread = pthread_t()
        // SAFETY: the thread takes over the reference that passRetained adds.
        let code = unsafe pthread_create(
            &thread, nil, writingThreadMain, Unmanaged.passRetained(body).toOpaque())
        if code != 0 { throw ShmError.system(code: code, operation: "pthread_create", object: "writer") }
    }

    func run() -> Never {
        // SAFETY: the value is a local that outlives the calls; the slot belongs to `writer`.
        var value = pks_position()
        let address = unsafe writer.slotAddress(slot).assumingMemoryBound(to: pks_slot.self)
        while true {
            unsafe torture_fill(&value, published)
            published =
                if breaksRules {
                    unsafe broken_publish_memcpy(address, published, &value)
                } else {
                    unsafe writer.publish(slot: slot, published: published, value: &value)
                }
        }
    }
}

/// A function of the file: a closure inside an actor's isolation would trap on a thread of the C library.
private func writingThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // SAFETY: the context is the reference that `start` retained.
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<WritingThread>.fromOpaque(context).takeRetainedValue().run()
}
