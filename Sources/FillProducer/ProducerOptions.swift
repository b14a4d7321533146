import CSeqlock

/// What a producer is told. A ring that exists already keeps the sizes it was made with.
public struct ProducerOptions: Sendable, Equatable {
    /// The book that the fills are for.
    public var book: String
    /// The producer's name, unique within the book; letters, digits, dot, dash and underscore.
    public var producer: String
    /// Records that fit, a power of two, 4...2^26. Default: 65536, which is 8 MiB.
    public var recordCapacity: Int
    /// Keys that can be defined, 1...2^24. Default: 4096.
    public var handleCapacity: Int
    /// Permission bits. The book's writer needs to read and write; 0600 serves one user, 0660 a group.
    public var mode: UInt32
    /// Where rings live; anything else than the default is for tests.
    public var shmDirectory: String
    /// Where locks are held; nil: PKS_RUN_DIR, else pks under XDG_RUNTIME_DIR, else /tmp/pks-<uid>.
    public var runDirectory: String?

    /// Options with the product's defaults.
    public init(
        book: String, producer: String, recordCapacity: Int = 65536, handleCapacity: Int = 4096,
        mode: UInt32 = 0o600, shmDirectory: String = "/dev/shm", runDirectory: String? = nil
    ) {
        self.book = book
        self.producer = producer
        self.recordCapacity = recordCapacity
        self.handleCapacity = handleCapacity
        self.mode = mode
        self.shmDirectory = shmDirectory
        self.runDirectory = runDirectory
    }

    /// Opens the producer; nil with `error` filled in. Zero means the default in C, and here a mistake.
    func open(
        _ error: inout pks_producer_error
    ) throws(ProducerError) -> UnsafeMutablePointer<pks_producer>? {
        guard let records = UInt32(exactly: recordCapacity), records > 0 else {
            throw .badOption(reason: "ring capacity \(recordCapacity) is not a power of two in 4...67108864")
        }
        guard let handles = UInt32(exactly: handleCapacity), handles > 0 else {
            throw .badOption(reason: "handle capacity \(handleCapacity) is not in 1...16777216")
        }
        guard mode > 0 else { throw .badOption(reason: "mode 0 lets nobody use the ring") }
        // A NUL would cut the name short on its way to C.
        if book.utf8.contains(0) { throw .badName(name: book, reason: "has a NUL") }
        if producer.utf8.contains(0) { throw .badName(name: producer, reason: "has a NUL") }
        // SAFETY: the texts live for the closures, and C keeps none of them.
        return unsafe book.withCString { book in
            unsafe producer.withCString { producer in
                unsafe shmDirectory.withCString { shmDirectory in
                    unsafe (runDirectory ?? "").withCString { runDirectory in
                        var options = unsafe pks_producer_options()
                        unsafe options.book = book
                        unsafe options.producer = producer
                        unsafe options.record_capacity = records
                        unsafe options.handle_capacity = handles
                        unsafe options.mode = mode
                        unsafe options.shm_directory = shmDirectory
                        unsafe options.run_directory = runDirectory
                        return unsafe pks_producer_open(&options, &error)
                    }
                }
            }
        }
    }
}
