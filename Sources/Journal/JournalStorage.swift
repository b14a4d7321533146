/// The file layer as the journal needs it, small enough to be simulated: tests put faults, torn sectors and power
/// losses behind it.

/// A piece of a commit: bytes for a place of a file. Both are multiples of 4096, and the memory is aligned to that.
@safe
public struct JournalWrite {
    /// Where in the file, in bytes.
    public var offset: Int
    // SAFETY: the writer's buffer, valid until the commit returns.
    /// What to write.
    public var bytes: UnsafeRawBufferPointer

    /// How many bytes to write.
    public var byteCount: Int {
        // SAFETY: counts them, reads none.
        unsafe bytes.count
    }

    // SAFETY: the caller keeps the bytes until the commit returns.
    /// A piece of these parts.
    @unsafe
    public init(offset: Int, bytes: UnsafeRawBufferPointer) {
        self.offset = offset
        unsafe self.bytes = bytes
    }
}

/// How bytes get to the disk, for people.
public struct JournalWritePath: Equatable, Sendable, CustomStringConvertible {
    /// Pieces of a commit go through io_uring; otherwise through pwrite, one after the other.
    public var usesRing: Bool
    /// They go past the page cache (O_DIRECT), which some file systems do not have.
    public var isDirect: Bool

    /// A path of these parts.
    public init(usesRing: Bool, isDirect: Bool) {
        self.usesRing = usesRing
        self.isDirect = isDirect
    }

    /// For example "io_uring, O_DIRECT".
    public var description: String {
        (usesRing ? "io_uring" : "pwrite") + (isDirect ? ", O_DIRECT" : ", page cache")
    }
}

/// One open file of a journal. One thread at a time.
public protocol JournalFile: AnyObject {
    /// Its name in the directory.
    var name: String { get }
    /// Its size in bytes.
    var byteCount: Int { get }
    /// Writes the pieces, in any order, and returns when all of them are durable. When it throws, any part of any
    /// piece may be on disk. After a retryable error the same places may be committed to again; after any other the
    /// file must not be committed to at all.
    func commit(_ writes: [JournalWrite]) throws(JournalError)
    /// The same, and calls `meanwhile` while the disk works, again and again until it returns false. It may be called
    /// never, and not again once it has returned false; it must not use the file.
    func commit(_ writes: [JournalWrite], meanwhile: () -> Bool) throws(JournalError)
    /// Reads up to the end of the file or of `buffer`; returns how many bytes.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int
}

/// The directory of one book's journal. One thread at a time opens and creates; `names`, `open` to read, `remove` and
/// `makeSpare` may be called by one other thread meanwhile.
public protocol JournalDirectory: AnyObject {
    /// For messages.
    var path: String { get }
    /// How writes get to the disk at the moment.
    var writePath: JournalWritePath { get }
    /// The names in it, in no order.
    func names() throws(JournalError) -> [String]
    /// Opens a file for reading, and for committing where the directory is open for that.
    func open(_ name: String) throws(JournalError) -> any JournalFile
    /// Gives a file of `byteCount` zeros, all reserved, which begins with `first`: the spare one when there is one,
    /// otherwise a new one. It has its name, durably and with its whole content, when this returns, and not before; a
    /// crash leaves it or leaves nothing of that name. After a retryable error there is nothing of that name.
    func create(
        _ name: String, byteCount: Int, first: UnsafeRawBufferPointer
    ) throws(JournalError) -> any JournalFile
    /// Makes a file of `byteCount` zeros for the next `create`, unless there is one. `pause` is called between its
    /// parts, and ends the work when it returns false.
    func makeSpare(byteCount: Int, pause: () -> Bool) throws(JournalError)
    /// Removes a file, durably.
    func remove(_ name: String) throws(JournalError)
}
