import CSeqlock
import CTorture
import Glibc
import ShmBridge

/// A thread that does all that a book's writer does to a segment, until the process ends.
final class WritingThread {
    // SAFETY (all of these): values passed by address are locals that outlive the call; the slot belongs to
    // `writer`, which lives as long as the thread.

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

    /// Starts it; with `breaksRules` it publishes by ordinary stores. The writer's mapping stays for good.
    static func start(
        _ writer: consuming SegmentWriter, slot: Int, published: UInt64, breaksRules: Bool
    ) throws {
        let body = WritingThread(writer, slot: slot, published: published, breaksRules: breaksRules)
        var thread = pthread_t()
        // The thread takes over the reference that passRetained adds.
        let context = unsafe Unmanaged.passRetained(body).toOpaque()
        let code = unsafe pthread_create(&thread, nil, writingThreadMain, context)
        if code != 0 { throw ShmError.system(code: code, operation: "pthread_create", object: "writer") }
    }

    func run() -> Never {
        var value = pks_position()
        let address = unsafe writer.slotAddress(slot).assumingMemoryBound(to: pks_slot.self)
        var counters = SegmentCounters()
        while true {
            unsafe torture_fill(&value, published)
            published =
                if breaksRules {
                    unsafe broken_publish_plain(address, published, &value)
                } else {
                    unsafe writer.publish(slot: slot, published: published, value: &value)
                }
            writer.setApplied(published)
            if published & 0xffff == 0 {
                _ = writer.claimSlot(Writers.entry("S\(published >> 16)"))
                counters.fills = published
                writer.setCounters(counters)
                writer.setState(.live)
                writer.setDurable(published)
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
