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

    /// A piece of these parts.
    @unsafe
    public init(offset: Int, bytes: UnsafeRawBufferPointer) {
        self.offset = offset
        unsafe self.bytes = bytes
    }
}

/// One open file of a journal. One thread at a time.
public protocol JournalFile: AnyObject {
    /// Its name in the directory.
    var name: String { get }
    /// Its size in bytes.
    var byteCount: Int { get }
    /// Writes the pieces, in any order, and returns when all of them are durable. When it throws, any part of any
    /// piece may be on disk, and the file must not be committed to again.
    func commit(_ writes: [JournalWrite]) throws(JournalError)
    /// Reads up to the end of the file or of `buffer`; returns how many bytes.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int
}

/// The directory of one book's journal. One thread at a time.
public protocol JournalDirectory: AnyObject {
    /// For messages.
    var path: String { get }
    /// The names in it, in no order.
    func names() throws(JournalError) -> [String]
    /// Opens a file for reading and committing.
    func open(_ name: String) throws(JournalError) -> any JournalFile
    /// Makes a file of `byteCount` zeros, all reserved, which begins with `first`. It has its name, durably and with
    /// its whole content, when this returns, and not before; a crash leaves it or leaves nothing of that name.
    func create(
        _ name: String, byteCount: Int, first: UnsafeRawBufferPointer
    ) throws(JournalError) -> any JournalFile
    /// Removes a file.
    func remove(_ name: String) throws(JournalError)
}
