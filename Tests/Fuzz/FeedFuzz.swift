// Any bytes as an input file: a feed reads them, a book applies what it makes of them, and the accounting
// identities are checked after every record. Built and run by ./run fuzz, with the address sanitizer; a
// crash, a trap, a broken identity, or two runs that differ end it.
import Accumulator
import CSeqlock
import Feeds
import Glibc
import LotMatching

/// Ends the run with a word on why, which an optimized `preconditionFailure` would not say.
private func stop(_ why: String) -> Never {
    print("fuzz: \(why)")
    // SAFETY: nil means every open stream.
    _ = unsafe fflush(nil)
    preconditionFailure()
}

/// A book that takes a feed's records as they come.
private final class AuditedBook: FillSink {
    private var book: Book
    private var audit = IdentityAudit()
    private var handles: [UInt32: UInt32] = [:]
    private var pendingExtension: pks_extension_record?
    private(set) var rejects = 0

    init(method: LotMethod) {
        book = Book(
            BookConfig(
                name: "fuzz", method: method, positionsMax: 64, lotsMax: 256, identitiesMax: 1024,
                otherFeesMax: 16))
    }

    func openBook(_ name: String, index: Int) -> String? { index == 0 ? nil : "one book is enough" }

    func reject(_ reject: FeedReject) -> Bool {
        rejects += 1
        return true
    }

    func send(_ record: UnsafeRawPointer, book index: Int) -> Bool {
        // SAFETY: a feed sends whole, aligned records of 128 bytes that live for the call; the kind says which.
        switch Int32(unsafe record.load(as: UInt8.self)) {
        case PKS_KIND_KEY:
            var key = unsafe record.load(as: pks_key_record.self)
            if case .defined(let handle, _) = unsafe book.define(&key) { handles[key.handle] = handle }
        case PKS_KIND_EXTENSION:
            pendingExtension = unsafe record.load(as: pks_extension_record.self)
        case PKS_KIND_FILL:
            unsafe apply(record.load(as: pks_fill_record.self))
        default:
            preconditionFailure("a feed sent a record of no kind")
        }
        return true
    }

    private func apply(_ record: pks_fill_record) {
        guard let handle = handles[record.handle] else { return }
        var fill = record
        fill.handle = handle
        let result: ApplyResult
        // SAFETY: pointers to locals, for the call.
        if var extra = pendingExtension {
            extra.handle = handle
            result = unsafe book.apply(&fill, extension: &extra)
        } else {
            result = unsafe book.apply(&fill)
        }
        pendingExtension = nil
        guard result == .applied else { return }
        do {
            try unsafe audit.check(book, after: &fill)
        } catch {
            stop("\(error)")
        }
    }

    var digest: String { book.digest() }
}

private func run(_ path: String, method: LotMethod) -> (digest: String, rejects: Int) {
    var sink = AuditedBook(method: method)
    var feed = Feed(options: FeedOptions(dedupesFIXByCumQty: method == .fifo, fixReportsMax: 64, keysMax: 64))
    do {
        _ = try feed.read(path, into: &sink)
    } catch {
        stop("the file is always readable: \(error)")
    }
    return (sink.digest, sink.rejects)
}

/// A file without a name, for the bytes of one run at a time.
// SAFETY: the stream stays open for the life of the process.
private let descriptor = unsafe fileno(tmpfile())

/// One input; libFuzzer calls it again and again on one thread.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFeed(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // SAFETY: the fuzzer lends `count` bytes for the call.
    let written = ftruncate(descriptor, 0) == 0 ? unsafe pwrite(descriptor, data, count, 0) : -1
    precondition(written == count, "the input must be written whole")
    let path = "/proc/self/fd/\(descriptor)"
    let method = LotMethod.allCases[count % LotMethod.allCases.count]
    let first = run(path, method: method)
    let second = run(path, method: method)
    if first != second { stop("two replays of the same bytes differ: \(first), \(second)") }
    return 0
}
