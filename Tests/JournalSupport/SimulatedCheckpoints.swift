import Glibc
public import Journal
public import TestSupport

/// A directory of checkpoints in memory with a log of what was asked of it, so that a test can stop at every step: as
/// a killed process leaves it, or as a power loss may.
public final class SimulatedCheckpoints: CheckpointDirectory {
    /// What was asked of it.
    enum Step {
        case create(name: String, inode: Int)
        case append(inode: Int, bytes: [UInt8])
        case syncFile(inode: Int)
        case rename(name: String, newName: String)
        case remove(name: String)
        case syncNames
    }

    /// For messages.
    public let path = "simulated"
    private(set) var log: [Step] = []
    private(set) var inodes: [Int: [UInt8]] = [:]
    private(set) var entries: [String: Int] = [:]
    private let beginning: (inodes: [Int: [UInt8]], entries: [String: Int])
    /// Called before each step that changes something; may throw a fault.
    public var fault: (() throws(JournalError) -> Void)?

    /// A directory with these files, all of them durable.
    public init(files: [String: [UInt8]] = [:]) {
        for (inode, file) in files.sorted(by: { $0.key < $1.key }).enumerated() {
            inodes[inode] = file.value
            entries[file.key] = inode
        }
        beginning = (inodes, entries)
    }

    /// What is in it, by name.
    public var files: [String: [UInt8]] { entries.mapValues { inodes[$0] ?? [] } }

    /// How many steps there were.
    public var stepCount: Int { log.count }

    /// The names in it.
    public func names() -> [String] { Array(entries.keys) }

    /// Opens a file, or says that there is none.
    public func open(_ name: String) throws(JournalError) -> any CheckpointFile {
        guard let inode = entries[name] else {
            throw .system(code: ENOENT, operation: "open", object: name)
        }
        return SimulatedCheckpointFile(self, inode)
    }

    /// Makes an empty file.
    public func create(_ name: String, byteCount: Int) throws(JournalError) -> any CheckpointFile {
        let inode = inodes.count
        try take(.create(name: name, inode: inode))
        return SimulatedCheckpointFile(self, inode)
    }

    /// Renames a file.
    public func rename(_ name: String, to newName: String) throws(JournalError) {
        try take(.rename(name: name, newName: newName))
    }

    /// Removes a file.
    public func remove(_ name: String) throws(JournalError) { try take(.remove(name: name)) }
    /// Makes what was done to names durable.
    public func sync() throws(JournalError) { try take(.syncNames) }

    fileprivate func take(_ step: Step) throws(JournalError) {
        try fault?()
        log.append(step)
        Self.apply(step, &inodes, &entries)
    }

    private static func apply(_ step: Step, _ inodes: inout [Int: [UInt8]], _ entries: inout [String: Int]) {
        switch step {
        case .create(let name, let inode):
            inodes[inode] = []
            entries[name] = inode
        case .append(let inode, let bytes): inodes[inode]?.append(contentsOf: bytes)
        case .rename(let name, let newName):
            // A rename of which only the second half became durable has no old name.
            if let inode = entries.removeValue(forKey: name) { entries[newName] = inode }
        case .remove(let name): entries[name] = nil
        case .syncFile, .syncNames: break
        }
    }

    /// What a process leaves that is killed after so many steps.
    public func afterKill(steps count: Int) -> SimulatedCheckpoints {
        var (inodes, entries) = beginning
        for step in log.prefix(count) { Self.apply(step, &inodes, &entries) }
        return SimulatedCheckpoints(files: entries.mapValues { inodes[$0] ?? [] })
    }

    /// What a disk may hold when the power fails after so many steps: what was synced, any of the changes to names
    /// since, and of each sector appended since the new content, zeros, or nothing.
    public func afterPowerLoss(steps count: Int, _ random: inout SeededRandom) -> SimulatedCheckpoints {
        var (inodes, entries) = beginning
        var names: [Step] = []
        var pending: [(inode: Int, bytes: [UInt8])] = []
        for step in log.prefix(count) {
            switch step {
            case .create(_, let inode):
                inodes[inode] = []
                names.append(step)
            case .rename, .remove: names.append(step)
            case .append(let inode, let bytes): pending.append((inode, bytes))
            case .syncFile(let inode):
                for piece in pending where piece.inode == inode {
                    inodes[inode]?.append(contentsOf: piece.bytes)
                }
                pending.removeAll { $0.inode == inode }
            case .syncNames:
                for step in names { Self.applyName(step, &entries) }
                names = []
            }
        }
        let habit = Int.random(in: 0..<4, using: &random)
        for step in names where random.chance([0, 100, 50, 80][habit]) { Self.applyName(step, &entries) }
        for piece in pending {
            var bytes = piece.bytes
            for sector in stride(from: 0, to: bytes.count, by: 512)
            where random.chance([100, 0, 50, 10][habit]) {
                let end = min(sector + 512, bytes.count)
                bytes.replaceSubrange(sector..<end, with: repeatElement(0, count: end - sector))
            }
            inodes[piece.inode]?.append(contentsOf: bytes)
        }
        return SimulatedCheckpoints(files: entries.mapValues { inodes[$0] ?? [] })
    }

    /// A change of names alone: a content that is durable stays.
    private static func applyName(_ step: Step, _ entries: inout [String: Int]) {
        var ignored: [Int: [UInt8]] = [:]
        apply(step, &ignored, &entries)
    }
}

/// A file of such a directory.
private final class SimulatedCheckpointFile: CheckpointFile {
    private let directory: SimulatedCheckpoints
    private let inode: Int

    init(_ directory: SimulatedCheckpoints, _ inode: Int) {
        self.directory = directory
        self.inode = inode
    }

    var byteCount: Int { directory.inodes[inode]?.count ?? 0 }

    func append(_ bytes: UnsafeRawBufferPointer) throws(JournalError) {
        // SAFETY: the caller's bytes are copied.
        try directory.take(.append(inode: inode, bytes: unsafe Array(bytes)))
    }

    func sync() throws(JournalError) { try directory.take(.syncFile(inode: inode)) }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int {
        let bytes = directory.inodes[inode] ?? []
        let count = max(0, min(buffer.count, bytes.count - offset))
        // SAFETY: `count` bytes fit into the buffer.
        if count > 0 { unsafe buffer.copyBytes(from: bytes[offset..<offset + count]) }
        return count
    }
}
