import Glibc
import Journal
import TestSupport

/// A directory in memory that keeps a log of what was asked of it, so that tests can cut the power at any place of
/// the log and see what a disk may then hold.
final class SimulatedDirectory: JournalDirectory {
    /// What a disk was asked to do.
    enum Step {
        case create(name: String, bytes: [UInt8])
        case write(name: String, offset: Int, bytes: [UInt8])
        case sync(name: String)
        case remove(name: String)
    }

    let path = "simulated"
    private(set) var log: [Step] = []
    private(set) var files: [String: [UInt8]]
    /// What the disk held at first.
    private let beginning: [String: [UInt8]]
    /// Called before each commit; may throw a fault.
    var fault: (() throws(JournalError) -> Void)?

    init(files: [String: [UInt8]] = [:]) {
        self.files = files
        beginning = files
    }

    func names() -> [String] { Array(files.keys) }

    func open(_ name: String) throws(JournalError) -> any JournalFile {
        guard files[name] != nil else { throw .system(code: ENOENT, operation: "open", object: name) }
        return SimulatedFile(self, name)
    }

    func create(
        _ name: String, byteCount: Int, first: UnsafeRawBufferPointer
    ) throws(JournalError) -> any JournalFile {
        // SAFETY: the caller's bytes are copied.
        let bytes = unsafe Array(first) + Array(repeating: 0, count: byteCount - first.count)
        files[name] = bytes
        log.append(.create(name: name, bytes: bytes))
        return SimulatedFile(self, name)
    }

    func remove(_ name: String) {
        files[name] = nil
        log.append(.remove(name: name))
    }

    /// Changes bytes without leaving a trace, as a failing disk would.
    func scribble(_ name: String, at offset: Int, xor mask: UInt8) { files[name]?[offset] ^= mask }

    /// Takes a file away, as an operator would.
    func lose(_ name: String) { files[name] = nil }

    fileprivate func write(_ name: String, _ writes: [JournalWrite]) throws(JournalError) {
        try fault?()
        for write in writes {
            // SAFETY: the writer's bytes are copied.
            let bytes = unsafe Array(write.bytes)
            precondition(
                write.offset % 4096 == 0 && bytes.count % 4096 == 0, "direct writes are whole blocks")
            files[name]?.replaceSubrange(write.offset..<write.offset + bytes.count, with: bytes)
            log.append(.write(name: name, offset: write.offset, bytes: bytes))
        }
        log.append(.sync(name: name))
    }

    /// What a disk may hold when the power fails after `count` steps of the log: everything that was synced, and of
    /// each sector written since either the old content, the new, or a mixture.
    func afterPowerLoss(steps count: Int, _ random: inout SeededRandom) -> SimulatedDirectory {
        var durable = beginning
        var pending: [(name: String, offset: Int, bytes: [UInt8])] = []
        for step in log.prefix(count) {
            switch step {
            case .create(let name, let bytes): durable[name] = bytes
            case .remove(let name): durable[name] = nil
            case .write(let name, let offset, let bytes): pending.append((name, offset, bytes))
            case .sync(let name):
                for write in pending where write.name == name {
                    durable[name]?.replaceSubrange(
                        write.offset..<write.offset + write.bytes.count, with: write.bytes)
                }
                pending.removeAll { $0.name == name }
            }
        }
        let habit = Int.random(in: 0..<4, using: &random)
        for write in pending.shuffled(using: &random) {
            for sector in stride(from: 0, to: write.bytes.count, by: 512) {
                let choice = habit == 3 ? Int.random(in: 0..<3, using: &random) : habit
                var end = sector + 512
                if choice == 0 { continue }
                if choice == 2 { end = sector + Int.random(in: 0...512, using: &random) }
                durable[write.name]?.replaceSubrange(
                    write.offset + sector..<write.offset + end, with: write.bytes[sector..<end])
            }
        }
        return SimulatedDirectory(files: durable)
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

    var byteCount: Int { directory.files[name]?.count ?? 0 }

    func commit(_ writes: [JournalWrite]) throws(JournalError) { try directory.write(name, writes) }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int {
        let bytes = directory.files[name] ?? []
        let count = max(0, min(buffer.count, bytes.count - offset))
        // SAFETY: `count` bytes fit into the buffer.
        if count > 0 { unsafe buffer.copyBytes(from: bytes[offset..<offset + count]) }
        return count
    }
}
