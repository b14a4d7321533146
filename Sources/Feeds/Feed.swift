import CSeqlock
import FillRecords

/// Reads files of executions, one after the other, and sends their records to a sink. Handles are defined once
/// a run, so a later file goes on with the keys of an earlier one. Memory is bounded by the options, not by the
/// files. One thread; allocates per key, per book and per reject, not per fill.
public struct Feed: ~Copyable {
    /// What was done so far, over all files.
    public private(set) var summary = FeedSummary()

    private let options: FeedOptions
    private var encoder: FillEncoder
    private let whenWaiting: (() -> Void)?
    private var filesRead = 0

    /// The most files in one run: a record refers to its file by 16 bits.
    public static let filesMax = 1 << 16

    private static let progressBytes = 256 * 1024

    /// Makes ready; nothing is opened yet. `whenWaiting` is called, on the reading thread and between two rows
    /// or inside one, when a pipe or a terminal has nothing to give yet: at once, and then every 50 ms. What
    /// was sent so far can be applied then.
    public init(options: FeedOptions = FeedOptions(), whenWaiting: (() -> Void)? = nil) {
        self.options = options
        self.whenWaiting = whenWaiting
        encoder = FillEncoder(
            book: options.book, account: options.account, strategy: options.strategy,
            instruments: options.instruments, booksMax: options.booksMax, keysMax: options.keysMax)
    }

    /// Reads one file (`-` is standard input) to its end and sends what it holds. False when the sink stopped it.
    ///
    /// Throws only when the file cannot be read at all, or no further; what is wrong in it goes to the sink as
    /// rejects, and everything else of it is used. The records' `source_ref` is the number of the file, from 0,
    /// in the upper 16 bits and the line, from 1, in the others.
    public mutating func read<Sink: FillSink>(
        _ path: String, into sink: inout Sink
    ) throws(FeedError) -> Bool {
        if filesRead == Feed.filesMax { throw .tooManyFiles(max: Feed.filesMax) }
        var file = try FeedFile(
            path: path, number: filesRead, options: options, whenWaiting: whenWaiting)
        filesRead += 1
        var goesOn = true
        var progressAt = Feed.progressBytes
        while goesOn {
            var step = try file.next(&encoder, ignored: &summary.ignored)
            if case .opensBook(let name, let index) = step {
                encoder.bookOpened(name, refusal: sink.openBook(name, index: index))
                step = file.resume(&encoder)
            }
            switch step {
            case .fill: goesOn = send(to: &sink)
            case .reject(let reject):
                summary.rejects += 1
                goesOn = sink.reject(reject)
            case .opensBook: preconditionFailure("a book is opened once")
            case .end: break
            }
            if case .end = step { break }
            if file.storedBytesRead >= progressAt {
                progressAt = file.storedBytesRead + Feed.progressBytes
                sink.progress(
                    FeedProgress(
                        file: path, bytesRead: file.storedBytesRead, bytesTotal: file.storedBytesTotal,
                        fills: summary.fills))
            }
        }
        summary.lines += file.linesRead
        for name in file.unknownNames where summary.unknownNames.count < 64 {
            if !summary.unknownNames.contains(name) { summary.unknownNames.append(name) }
        }
        return goesOn
    }

    private mutating func send<Sink: FillSink>(to sink: inout Sink) -> Bool {
        let book = encoder.book
        // SAFETY: each record is a copy that outlives its call, and the sink keeps no pointer to it.
        if encoder.hasKey {
            let goesOn = unsafe withUnsafePointer(to: encoder.keyRecord) {
                unsafe sink.send(UnsafeRawPointer($0), book: book)
            }
            if !goesOn { return false }
        }
        if encoder.hasExtension {
            let goesOn = unsafe withUnsafePointer(to: encoder.extensionRecord) {
                unsafe sink.send(UnsafeRawPointer($0), book: book)
            }
            if !goesOn { return false }
        }
        summary.fills += 1
        return unsafe withUnsafePointer(to: encoder.fillRecord) {
            unsafe sink.send(UnsafeRawPointer($0), book: book)
        }
    }
}
