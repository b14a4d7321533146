// Any bytes as an input file: a feed reads them, a book applies what it makes of them, and the accounting
// identities are checked after every record. Built and run by ./run fuzz, with the address sanitizer; a
// crash, a trap, a broken identity, or two runs that differ end it.
import Accumulator
import CSeqlock
import Feeds
import Glibc
import LotMatching

/// A book that takes a feed's records as they come.
private final class FeedBook: FillSink {
    let book: AuditedBook
    private(set) var rejects = 0

    init(method: LotMethod) { book = AuditedBook(method: method) }

    func openBook(_ name: String, index: Int) -> String? { index == 0 ? nil : "one book is enough" }

    func reject(_ reject: FeedReject) -> Bool {
        rejects += 1
        return true
    }

    func send(_ record: UnsafeRawPointer, book index: Int) -> Bool {
        // SAFETY: a feed sends whole, aligned records of 128 bytes that live for the call; the kind says which.
        switch Int32(unsafe record.load(as: UInt8.self)) {
        case PKS_KIND_KEY: book.define(unsafe record.load(as: pks_key_record.self))
        case PKS_KIND_EXTENSION: book.extend(unsafe record.load(as: pks_extension_record.self))
        case PKS_KIND_FILL: book.apply(unsafe record.load(as: pks_fill_record.self))
        default: preconditionFailure("a feed sent a record of no kind")
        }
        return true
    }
}

private func run(_ path: String, method: LotMethod) -> (digest: String, rejects: Int) {
    var sink = FeedBook(method: method)
    var feed = Feed(options: FeedOptions(dedupesFIXByCumQty: method == .fifo, fixReportsMax: 64, keysMax: 64))
    do {
        _ = try feed.read(path, into: &sink)
    } catch {
        stop("the file is always readable: \(error)")
    }
    return (sink.book.digest, sink.rejects)
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
