import Journal

/// Records into the journal's blocks, with their checksums, onto a disk that takes no time and no instructions.
enum JournalGate {
    /// Appends `count` records and commits whenever there is no more room, as a committer does under a backlog.
    static func run(count: Int, _ meter: inout GateMeter) throws {
        let directory = SinkDirectory()
        var writer = try JournalWriter(
            directory, book: "gates", after: .beginning(epoch: 1, layout: JournalLayout()), nowRealtimeNs: 0)
        let record = [UInt8](repeating: 0x5a, count: 128)
        meter.begin()
        // SAFETY: the record is 128 bytes and outlives the call.
        try unsafe record.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for _ in 0..<count {
                if unsafe writer.append(base) { continue }
                try writer.commit(nowRealtimeNs: 0)
                precondition(unsafe writer.append(base))
            }
        }
        try writer.commit(nowRealtimeNs: 0)
        meter.end()
        precondition(writer.durableSeq == UInt64(count))
    }
}

/// A directory whose files take everything and keep nothing. One thread.
private final class SinkDirectory: JournalDirectory {
    let path = "sink"
    var writePath: JournalWritePath { JournalWritePath(usesRing: false, isDirect: true) }

    func names() -> [String] { [] }
    func open(_ name: String) -> any JournalFile { SinkFile(name, byteCount: 0) }

    func create(_ name: String, byteCount: Int, first: UnsafeRawBufferPointer) -> any JournalFile {
        SinkFile(name, byteCount: byteCount)
    }

    func makeSpare(byteCount: Int, pause: () -> Bool) {}
    func remove(_ name: String) {}
}

private final class SinkFile: JournalFile {
    let name: String
    let byteCount: Int

    init(_ name: String, byteCount: Int) { (self.name, self.byteCount) = (name, byteCount) }

    func commit(_ writes: [JournalWrite]) {}
    func commit(_ writes: [JournalWrite], meanwhile: () -> Bool) {}
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int { 0 }
}
