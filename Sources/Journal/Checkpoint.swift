public import Accumulator

/// A checkpoint that has been read: a book as it was after one record, and what its owner had added.
public struct Checkpoint: ~Copyable {
    /// What the file says of itself.
    public let info: CheckpointInfo
    /// The owner's bytes.
    public let passenger: [UInt8]
    /// The book, under the bounds that it had.
    public var book: Book

    private init(_ info: CheckpointInfo, _ passenger: [UInt8], _ book: consuming Book) {
        self.info = info
        self.passenger = passenger
        self.book = book
    }

    /// Reads the checkpoint of record `seq`: every page and the whole state are checked, the digest only when
    /// `checksDigest` says so (it costs more than all the rest). `config` gives the name, the hash seed and what
    /// else is no bound; the book wants no effects. Reserves the book's memory. Throws `damaged` and `wrongFile`
    /// with the file, `system`.
    public static func read(
        _ directory: any CheckpointDirectory, seq: UInt64, epoch: UInt64, config: BookConfig,
        checksDigest: Bool = false
    ) throws(JournalError) -> Checkpoint {
        let name = CheckpointInfo.name(ofSeq: seq)
        let object = "\(directory.path)/\(name)"
        var pages = try CheckpointPageReader.open(directory, name)
        let header = pages.header
        guard header.info.book == config.name else {
            throw .wrongFile(object: object, reason: "is of book \(header.info.book), not of \(config.name)")
        }
        guard header.info.epoch == epoch else {
            throw .wrongFile(object: object, reason: "belongs to another journal")
        }
        // SAFETY (all of this function): the array's own memory; the reader fills no more than it is given.
        var passenger = [UInt8](repeating: 0, count: header.passengerBytes)
        let count = unsafe passenger.withUnsafeMutableBytes { unsafe pages.read(into: $0) }
        if count < passenger.count, let failure = pages.failure { throw failure }
        let bounded = config.with(header.bounds)
        do throws(BookImageError) {
            let book = unsafe try Book(bounded) { unsafe pages.read(into: $0) }
            guard book.seq == seq, !checksDigest || book.digest() == header.info.digest else {
                throw .impossible(offset: 0, reason: "it holds another state than its header says")
            }
            return Checkpoint(header.info, passenger, book)
        } catch {
            throw pages.failure ?? .damaged(object: object, offset: 0, reason: error.description)
        }
    }

    /// Reads every page, and what the checkpoint says of itself, without making a book. Throws like `init`, for
    /// any name.
    public static func check(
        _ directory: any CheckpointDirectory, name: String
    ) throws(JournalError) -> CheckpointInfo {
        var pages = try CheckpointPageReader.open(directory, name)
        let buffer = BlockBuffer(count: 16)
        // SAFETY: the buffer outlives the calls.
        while unsafe pages.read(into: buffer.bytes(0..<buffer.count)) > 0 {}
        if let failure = pages.failure { throw failure }
        return pages.header.info
    }

    /// The records that there are checkpoints of, newest first. Throws `system`.
    public static func seqs(_ directory: any CheckpointDirectory) throws(JournalError) -> [UInt64] {
        try directory.names().compactMap { CheckpointInfo.seq(ofName: $0) }.sorted(by: >)
    }

    // MARK: - Writing

    /// What a file is called while it is written. Nobody reads such a file.
    static var buildingSuffix: String { ".building" }

    /// Writes a checkpoint of a book as it is, durably: under another name, and then renamed, so that there is the
    /// whole of it or nothing. Afterwards removes all others but `keptSeq`, the one to fall back to, and what `hold`
    /// keeps. `isStopped` is asked now and then; a yes ends it with `stopped`. Whatever it throws, what was there before
    /// is still there.
    public static func write(
        _ book: borrowing Book, passenger: [UInt8], to directory: any CheckpointDirectory, epoch: UInt64,
        keeping keptSeq: UInt64?, hold: JournalHold = JournalHold(), createdRealtimeNs: Int64,
        isStopped: () -> Bool = { false }
    ) throws(JournalError) -> CheckpointInfo {
        let header = CheckpointHeader(
            book, epoch: epoch, passengerBytes: passenger.count, createdRealtimeNs: createdRealtimeNs)
        let name = CheckpointInfo.name(ofSeq: header.info.seq)
        let building = name + buildingSuffix
        do throws(JournalError) {
            try write(book, passenger, header, directory, building, isStopped)
        } catch {
            // What remains of it is removed at the next one, if this fails as well.
            try? directory.remove(building)
            throw error
        }
        try directory.rename(building, to: name)
        try directory.sync()
        try hold.removing { heldAmong throws(JournalError) in
            let names = try directory.names()
            let seqs = names.compactMap { CheckpointInfo.seq(ofName: $0) }
            let kept = Set(
                [header.info.seq, keptSeq, heldAmong(seqs)].compactMap { $0.map(CheckpointInfo.name(ofSeq:)) }
            )
            for other in names where !kept.contains(other) && isOurs(other) {
                // One that cannot be removed now is removed after the next checkpoint.
                try? directory.remove(other)
            }
        }
        return header.info
    }

    private static func isOurs(_ name: String) -> Bool {
        let base = name.hasSuffix(buildingSuffix) ? String(name.dropLast(buildingSuffix.count)) : name
        return CheckpointInfo.seq(ofName: base) != nil
    }

    private static func write(
        _ book: borrowing Book, _ passenger: [UInt8], _ header: CheckpointHeader,
        _ directory: any CheckpointDirectory, _ name: String, _ isStopped: () -> Bool
    ) throws(JournalError) {
        let file = try directory.create(name, byteCount: header.info.byteCount)
        var pages = try CheckpointPageWriter(header, file)
        // SAFETY (all of this function): the array outlives the call; pieces are copied before the next one.
        let first = unsafe passenger.withUnsafeBytes { bytes in
            Result { () throws(JournalError) in unsafe try pages.append(bytes) }
        }
        try first.get()
        unsafe try book.writeImage { (piece) throws(JournalError) in
            if isStopped() { throw .stopped }
            unsafe try pages.append(piece)
        }
        try pages.finish()
    }
}
