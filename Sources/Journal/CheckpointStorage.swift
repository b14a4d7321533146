/// The file layer as checkpoints need it, small enough to be simulated: tests cut it off at every step.

/// A file of a directory that holds checkpoints. One thread at a time.
public protocol CheckpointFile: AnyObject {
    /// Its size in bytes.
    var byteCount: Int { get }
    /// Writes behind what is there. The system may keep the bytes in memory until `sync`.
    func append(_ bytes: UnsafeRawBufferPointer) throws(JournalError)
    /// Returns when all that was appended is durable.
    func sync() throws(JournalError)
    /// Reads up to the end of the file or of `buffer`; returns how many bytes.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int
}

/// The directory of one book's checkpoints, which is that of its journal. One thread at a time.
public protocol CheckpointDirectory: AnyObject {
    /// For messages.
    var path: String { get }
    /// The names in it, in no order.
    func names() throws(JournalError) -> [String]
    /// Opens a file for reading.
    func open(_ name: String) throws(JournalError) -> any CheckpointFile
    /// Makes an empty file for appending, in place of one with this name. Room for `byteCount` bytes is reserved,
    /// where the file system can, so that a full disk shows at once.
    func create(_ name: String, byteCount: Int) throws(JournalError) -> any CheckpointFile
    /// Gives a file another name, in place of a file that has it: at once, and durable after `sync`.
    func rename(_ name: String, to newName: String) throws(JournalError)
    /// Removes a file: durable after `sync`.
    func remove(_ name: String) throws(JournalError)
    /// Returns when all that was done to names is durable.
    func sync() throws(JournalError)
}
