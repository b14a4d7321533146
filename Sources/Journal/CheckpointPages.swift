import CJournal

/// Cuts content into the pages of a checkpoint and appends them to its file. One thread; one allocation.
struct CheckpointPageWriter: ~Copyable {
    // SAFETY (all of this type): pages are those of the buffer; content stays inside its page.

    private let header: CheckpointHeader
    private let file: any CheckpointFile
    private let buffer: BlockBuffer
    /// Of the pages in the buffer the last one is being filled.
    private var filled = 0
    private var contentBytes = 0
    private var number: UInt64 = 1

    /// Begins the file with its header.
    init(_ header: CheckpointHeader, _ file: any CheckpointFile) throws(JournalError) {
        var header = header
        let buffer = BlockBuffer(count: Int(min(header.pages, 64)))
        unsafe header.store(in: buffer.block(0))
        unsafe try file.append(UnsafeRawBufferPointer(buffer.bytes(0..<1)))
        buffer.clear(0)
        self.header = header
        self.file = file
        self.buffer = buffer
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(JournalError) {
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            if contentBytes == CheckpointHeader.contentBytes { try nextPage() }
            let count = min(CheckpointHeader.contentBytes - contentBytes, rest.count)
            let place = unsafe UnsafeMutableRawBufferPointer(
                start: buffer.block(filled) + 64 + contentBytes, count: count)
            unsafe place.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            contentBytes += count
        }
    }

    /// Ends the file; what is in it is durable afterwards.
    mutating func finish() throws(JournalError) {
        precondition(number == header.pages, "a checkpoint has as many pages as its header says")
        seal(isLast: true)
        unsafe try file.append(UnsafeRawBufferPointer(buffer.bytes(0..<filled + 1)))
        try file.sync()
    }

    private mutating func nextPage() throws(JournalError) {
        seal(isLast: false)
        number += 1
        filled += 1
        contentBytes = 0
        if filled < buffer.count { return }
        unsafe try file.append(UnsafeRawBufferPointer(buffer.bytes(0..<filled)))
        for index in 0..<filled { buffer.clear(index) }
        filled = 0
    }

    private func seal(isLast: Bool) {
        let page = unsafe buffer.block(filled)
        unsafe page.storeBytes(of: UInt32(PKS_CHECKPOINT_PAGE_MAGIC), as: UInt32.self)
        unsafe page.storeBytes(of: header.info.epoch, toByteOffset: 8, as: UInt64.self)
        unsafe page.storeBytes(of: header.info.seq, toByteOffset: 16, as: UInt64.self)
        unsafe page.storeBytes(of: number, toByteOffset: 24, as: UInt64.self)
        unsafe page.storeBytes(of: header.crc, toByteOffset: 32, as: UInt32.self)
        unsafe page.storeBytes(of: UInt32(contentBytes), toByteOffset: 36, as: UInt32.self)
        unsafe page.storeBytes(of: isLast ? 1 : 0, toByteOffset: 40, as: UInt32.self)
        let crc = unsafe pks_crc32c(0, page, CheckpointHeader.pageBytes)
        unsafe page.storeBytes(of: crc, toByteOffset: 4, as: UInt32.self)
    }
}

/// Gives the content of a checkpoint's file, believing no page without its checks. One thread; one allocation.
///
/// Reading does not throw, so that it can stand behind a source of bytes: what was wrong is in `failure`.
struct CheckpointPageReader: ~Copyable {
    // SAFETY (all of this type): pages are those of the buffer; content stays inside its page.

    let header: CheckpointHeader
    /// Why the content ended too soon.
    private(set) var failure: JournalError?
    private let object: String
    private let file: any CheckpointFile
    private let buffer: BlockBuffer
    /// Pages of the buffer, the next of them, and what of that one has been given.
    private var loaded = 0
    private var next = 0
    private var given = 0
    private var number: UInt64 = 1

    private init(
        _ header: CheckpointHeader, _ object: String, _ file: any CheckpointFile, _ buffer: BlockBuffer
    ) {
        self.header = header
        self.object = object
        self.file = file
        self.buffer = buffer
    }

    /// Reads the header and compares it with the file's size and name.
    static func open(
        _ directory: any CheckpointDirectory, _ name: String
    ) throws(JournalError) -> CheckpointPageReader {
        let object = "\(directory.path)/\(name)"
        let file = try directory.open(name)
        let buffer = BlockBuffer(count: max(1, min(file.byteCount / CheckpointHeader.pageBytes, 256)))
        guard unsafe try file.read(at: 0, into: buffer.bytes(0..<1)) == CheckpointHeader.pageBytes else {
            throw .damaged(object: object, offset: file.byteCount, reason: "the file ends inside its header")
        }
        let header = unsafe try CheckpointHeader(buffer.block(0), object: object)
        guard CheckpointInfo.name(ofSeq: header.info.seq) == name else {
            throw .wrongFile(
                object: object, reason: "is a checkpoint of record \(header.info.seq) under another name")
        }
        guard file.byteCount == header.info.byteCount else {
            throw .damaged(
                object: object, offset: min(file.byteCount, header.info.byteCount),
                reason: "the file has \(file.byteCount) bytes instead of \(header.info.byteCount)")
        }
        return CheckpointPageReader(header, object, file, buffer)
    }

    /// Fills `room` as far as it likes; 0 at the end and after a failure.
    mutating func read(into room: UnsafeMutableRawBufferPointer) -> Int {
        var done = 0
        while done < room.count {
            guard let content = unsafe page() else { break }
            let count = min(content.count - given, room.count - done)
            let piece = unsafe UnsafeRawBufferPointer(rebasing: content[given..<given + count])
            unsafe UnsafeMutableRawBufferPointer(rebasing: room[done..<done + count]).copyMemory(from: piece)
            done += count
            given += count
            if given == content.count { turn() }
        }
        return done
    }

    private mutating func turn() {
        next += 1
        number += 1
        given = 0
    }

    /// The content of the page that is being given; nil when there is none.
    private mutating func page() -> UnsafeRawBufferPointer? {
        if failure != nil || number > header.pages { return nil }
        if next == loaded && !load() { return nil }
        let page = unsafe buffer.block(next)
        let bytes = unsafe Int(page.load(fromByteOffset: 36, as: UInt32.self))
        return unsafe UnsafeRawBufferPointer(start: page + 64, count: bytes)
    }

    /// Reads the next pages and checks them all.
    private mutating func load() -> Bool {
        let offset = Int(number) * CheckpointHeader.pageBytes
        let count = Int(min(UInt64(buffer.count), header.pages + 1 - number))
        next = 0
        loaded = 0
        do throws(JournalError) {
            let bytes = unsafe try file.read(at: offset, into: buffer.bytes(0..<count))
            loaded = bytes / CheckpointHeader.pageBytes
        } catch {
            failure = error
            return false
        }
        for index in 0..<count {
            let reason = index < loaded ? fault(index) : "cannot be read"
            if let reason {
                failure = .damaged(
                    object: object, offset: offset + index * CheckpointHeader.pageBytes,
                    reason: "page \(number + UInt64(index)) \(reason)")
                loaded = index
                break
            }
        }
        return loaded > 0 && failure == nil
    }

    /// What is wrong with a page of the buffer; nil when nothing is.
    private func fault(_ index: Int) -> String? {
        let page = unsafe buffer.block(index)
        let crc = unsafe page.load(fromByteOffset: 4, as: UInt32.self)
        unsafe page.storeBytes(of: 0, toByteOffset: 4, as: UInt32.self)
        let sum = unsafe pks_crc32c(0, page, CheckpointHeader.pageBytes)
        guard sum == crc, unsafe page.load(as: UInt32.self) == UInt32(PKS_CHECKPOINT_PAGE_MAGIC) else {
            return "does not have the content that was written"
        }
        let expected = number + UInt64(index)
        let isLast = expected == header.pages
        let content = header.passengerBytes + header.imageBytes
        let bytes =
            isLast
            ? content - Int(expected - 1) * CheckpointHeader.contentBytes : CheckpointHeader.contentBytes
        guard unsafe page.load(fromByteOffset: 8, as: UInt64.self) == header.info.epoch,
            unsafe page.load(fromByteOffset: 16, as: UInt64.self) == header.info.seq,
            unsafe page.load(fromByteOffset: 32, as: UInt32.self) == header.crc
        else { return "is of another checkpoint" }
        guard unsafe page.load(fromByteOffset: 24, as: UInt64.self) == expected,
            unsafe page.load(fromByteOffset: 36, as: UInt32.self) == UInt32(bytes),
            unsafe page.load(fromByteOffset: 40, as: UInt32.self) == (isLast ? 1 : 0)
        else { return "is in the place of another" }
        return nil
    }
}
