import Glibc
public import Journal
import Synchronization

/// What a simulated disk does instead of what it was asked for.
public enum SimulatedFault: Sendable {
    /// Nothing happens, and the call gives this errno.
    case refused(Int32)
    /// So many sectors of 512 bytes of the first piece are written, and the call gives this errno.
    case short(sectors: Int, Int32)
}

// SAFETY: everything that changes is behind the mutex.
/// A directory in memory that keeps a log of what was asked of it, so that tests can cut the power at any place of
/// the log and see what a disk may then hold.
public final class SimulatedDirectory: JournalDirectory, @unchecked Sendable {
    /// What a disk was asked to do.
    public enum Step: Sendable {
        case create(name: String, bytes: [UInt8])
        case write(name: String, offset: Int, bytes: [UInt8])
        case sync(name: String)
        case remove(name: String)
    }

    /// The calls that a fault can be put into.
    public enum Operation: Sendable {
        case write
        case sync
        case create
        case spare
        case remove
    }

    fileprivate struct State {
        var log: [Step] = []
        var files: [String: [UInt8]]
        var fault: (@Sendable (Operation) -> SimulatedFault?)?
        var sparesMade = 0
    }

    /// For messages.
    public let path = "simulated"
    private let state: Mutex<State>
    /// What the disk held at first.
    let beginning: [String: [UInt8]]

    /// A directory with these files, all durable.
    public init(files: [String: [UInt8]] = [:]) {
        state = Mutex(State(files: files))
        beginning = files
    }

    /// What was asked so far.
    public var log: [Step] { state.withLock { $0.log } }
    /// How long the log is.
    public var stepCount: Int { state.withLock { $0.log.count } }
    /// What stands in the files, durable or not.
    public var files: [String: [UInt8]] { state.withLock { $0.files } }
    /// Spare files made.
    public var sparesMade: Int { state.withLock { $0.sparesMade } }

    /// Asks `fault` before each call from now on.
    public func setFault(_ fault: (@Sendable (Operation) -> SimulatedFault?)?) {
        state.withLock { $0.fault = fault }
    }

    /// Changes bytes without leaving a trace, as a failing disk would.
    public func scribble(_ name: String, at offset: Int, xor mask: UInt8) {
        state.withLock { $0.files[name]?[offset] ^= mask }
    }

    /// Puts other content in place of a file's, or takes it away with nil, as an operator would.
    public func replace(_ name: String, by bytes: [UInt8]?) { state.withLock { $0.files[name] = bytes } }

    // MARK: - What a journal asks

    /// Always the same.
    public var writePath: JournalWritePath { JournalWritePath(usesRing: false, isDirect: true) }

    /// The names of its files.
    public func names() -> [String] { state.withLock { Array($0.files.keys) } }

    /// Opens a file that is there.
    public func open(_ name: String) throws(JournalError) -> any JournalFile {
        guard state.withLock({ $0.files[name] != nil }) else {
            throw .system(code: ENOENT, operation: "open", object: name)
        }
        return SimulatedFile(self, name)
    }

    /// Makes a file, durable at once, unless a fault is put into it.
    public func create(
        _ name: String, byteCount: Int, first: UnsafeRawBufferPointer
    ) throws(JournalError) -> any JournalFile {
        // SAFETY: the caller's bytes are copied.
        let bytes = unsafe Array(first) + Array(repeating: 0, count: byteCount - first.count)
        let code: Int32? = state.withLock { state in
            if case .refused(let code)? = state.fault?(.create) { return code }
            precondition(state.files[name] == nil, "\(name) is there already")
            state.files[DiskDirectory.spareName] = nil
            state.files[name] = bytes
            state.log.append(.create(name: name, bytes: bytes))
            return nil
        }
        if let code { throw .system(code: code, operation: "create", object: name) }
        return SimulatedFile(self, name)
    }

    /// Makes the spare, unless a fault is put into it.
    public func makeSpare(byteCount: Int, pause: () -> Bool) throws(JournalError) {
        if !pause() { return }
        let code: Int32? = state.withLock { state in
            if state.files[DiskDirectory.spareName] != nil { return nil }
            if case .refused(let code)? = state.fault?(.spare) { return code }
            state.files[DiskDirectory.spareName] = [UInt8](repeating: 0, count: byteCount)
            state.sparesMade += 1
            return nil
        }
        if let code { throw .system(code: code, operation: "spare", object: path) }
    }

    /// Removes a file, durably, unless a fault is put into it.
    public func remove(_ name: String) throws(JournalError) {
        let code: Int32? = state.withLock { state in
            if case .refused(let code)? = state.fault?(.remove) { return code }
            state.files[name] = nil
            state.log.append(.remove(name: name))
            return nil
        }
        if let code { throw .system(code: code, operation: "unlink", object: name) }
    }

    fileprivate func byteCount(_ name: String) -> Int { state.withLock { $0.files[name]?.count ?? 0 } }

    /// What the file holds of a range.
    fileprivate func bytes(_ name: String, at offset: Int, countMax: Int) -> [UInt8] {
        state.withLock { state in
            let bytes = state.files[name] ?? []
            let count = max(0, min(countMax, bytes.count - offset))
            return count > 0 ? Array(bytes[offset..<offset + count]) : []
        }
    }

    fileprivate func commit(_ name: String, _ writes: [JournalWrite]) throws(JournalError) {
        // SAFETY: the writer's bytes are copied.
        let pieces = writes.map { (offset: $0.offset, bytes: unsafe Array($0.bytes)) }
        let error: JournalError? = state.withLock { state in
            for piece in pieces {
                precondition(
                    piece.offset % 4096 == 0 && piece.bytes.count % 4096 == 0,
                    "direct writes are whole blocks")
            }
            switch state.fault?(.write) {
            case .refused(let code): return Self.writeError(code, name)
            case .short(let sectors, let code):
                if let piece = pieces.first {
                    state.put(name, piece.offset, Array(piece.bytes.prefix(sectors * 512)))
                }
                return Self.writeError(code, name)
            case nil: break
            }
            for piece in pieces { state.put(name, piece.offset, piece.bytes) }
            if case .refused(let code)? = state.fault?(.sync) {
                return .commitFailed(code: code, object: name)
            }
            state.log.append(.sync(name: name))
            return nil
        }
        if let error { throw error }
    }

    private static func writeError(_ code: Int32, _ name: String) -> JournalError {
        code == EIO ? .commitFailed(code: code, object: name) : .interrupted(code: code, object: name)
    }
}

extension SimulatedDirectory.State {
    fileprivate mutating func put(_ name: String, _ offset: Int, _ bytes: [UInt8]) {
        files[name]?.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        log.append(.write(name: name, offset: offset, bytes: bytes))
    }
}

/// A file of such a directory.
private final class SimulatedFile: JournalFile {
    let name: String
    private let directory: SimulatedDirectory

    init(_ directory: SimulatedDirectory, _ name: String) {
        self.directory = directory
        self.name = name
    }

    var byteCount: Int { directory.byteCount(name) }

    func commit(_ writes: [JournalWrite]) throws(JournalError) { try directory.commit(name, writes) }

    /// The disk has copied the bytes, or it fails, when the owner goes on with other work.
    func commit(_ writes: [JournalWrite], meanwhile: () -> Bool) throws(JournalError) {
        while meanwhile() {}
        try directory.commit(name, writes)
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int {
        let bytes = directory.bytes(name, at: offset, countMax: buffer.count)
        // SAFETY: no more bytes than the buffer has.
        unsafe buffer.copyBytes(from: bytes)
        return bytes.count
    }
}
