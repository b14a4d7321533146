import Feeds
import Glibc
import TestSupport
import Testing

private let csv = "trade_id,symbol,side,qty,price\nt1,BTC,BUY,1,100\n"
private let json = #"{"trade_id":"t1","symbol":"BTC","side":"BUY","qty":1,"price":100}"# + "\n"
private let fix = FIXText.fill([17: "t1"]).piped + "\n"

@Suite struct FeedFormatTests {
    @Test(arguments: [
        ("a.csv", FeedFormat.csv), ("a.CSV.GZ", .csv), ("a.jsonl", .jsonl), ("a.ndjson.gz", .jsonl),
        ("a.json", .jsonl), ("a.fix", .fix), ("dir.csv/a.log.gz", .fix),
    ])
    func endingsTellFormats(path: String, format: FeedFormat) {
        #expect(FeedFormat(path: path) == format)
    }

    @Test(arguments: ["-", "a", "a.gz", "a.txt", "csv", "a.csv.bak"])
    func otherEndingsDoNot(path: String) { #expect(FeedFormat(path: path) == nil) }

    @Test(arguments: [
        csv, json, fix, "\u{feff}" + csv, "\u{feff}" + json, "\n\n  " + json,
        "2024-07-31 session started\n" + fix, String(repeating: "starting up\n", count: 100) + fix,
    ])
    func contentTellsWhenTheNameDoesNot(text: String) throws {
        let run = try FeedRun(text, name: "feed")
        #expect(run.rejects.isEmpty, "\(run.rejects)")
        #expect(run.tradeIDs == ["t1"])
        let compressed = try FeedRun(gzipped(Array(text.utf8)), name: "feed.gz")
        #expect(compressed.fills == run.fills)
    }

    @Test func whatTellsNothingIsCSVWithoutItsColumns() throws {
        for text in ["hello world\n", "", "\0\0\0\0", "{", "[1,2]\n"] {
            let run = try FeedRun(text, name: "feed")
            #expect(run.rejects.count == 1)
            #expect(run.fills.isEmpty)
        }
    }

    @Test func theStatedFormatWins() throws {
        #expect(try FeedRun(json, name: "feed.csv", options: FeedOptions(format: .jsonl)).tradeIDs == ["t1"])
        #expect(try FeedRun(fix, name: "feed.csv", options: FeedOptions(format: .fix)).tradeIDs == ["t1"])
        #expect(try FeedRun(csv, name: "feed.log", options: FeedOptions(format: .csv)).tradeIDs == ["t1"])
    }

    /// A pipe gives as few bytes at a time as it likes; nothing may depend on where they are cut.
    @Test(arguments: [1, 2, 3, 7, 50])
    func aPipeMayGiveFewBytesAtATime(chunk: Int) throws {
        for bytes in [Array(csv.utf8), Array(json.utf8), Array(fix.utf8), try gzipped(Array(csv.utf8))] {
            let sink = try throughPipe(bytes, chunk: chunk)
            #expect(sink.rejects.isEmpty, "\(sink.rejects)")
            #expect(sink.fills.map(\.tradeID) == ["t1"])
        }
    }

    /// Feeds a named pipe from another thread.
    private func throughPipe(_ bytes: [UInt8], chunk: Int) throws -> CollectingSink {
        try withFile([]) { path in
            // SAFETY: the path lives for the calls.
            let pipe = path + ".pipe"
            try #require(unsafe mkfifo(pipe, 0o600) == 0)
            defer { _ = unsafe unlink(pipe) }
            let writer = PipeWriter(path: pipe, bytes: bytes, chunk: chunk)
            try writer.start()
            var feed = Feed()
            var sink = CollectingSink()
            _ = try feed.read(pipe, into: &sink)
            writer.join()
            return sink
        }
    }
}

/// Writes bytes into a pipe, a chunk at a time, on a thread of its own.
private final class PipeWriter {
    private let path: String
    private let bytes: [UInt8]
    private let chunk: Int
    private var thread = pthread_t()

    init(path: String, bytes: [UInt8], chunk: Int) {
        self.path = path
        self.bytes = bytes
        self.chunk = chunk
    }

    func start() throws {
        // SAFETY: self outlives the thread, which `join` waits for.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let status = unsafe pthread_create(&thread, nil, runPipeWriter, context)
        try #require(status == 0)
    }

    func join() { _ = pthread_join(thread, nil) }

    fileprivate func run() {
        // SAFETY: the path lives for the call, and each range lies inside the array.
        let descriptor = unsafe open(path, O_WRONLY)
        defer { _ = close(descriptor) }
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            let end = min(start + chunk, bytes.count)
            _ = unsafe bytes.withUnsafeBytes {
                unsafe write(descriptor, $0.baseAddress.map { unsafe $0 + start }, end - start)
            }
        }
    }
}

/// A thread's function must not be a closure of an isolated context.
private func runPipeWriter(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // SAFETY: the pointer is the PipeWriter that `start` passed and that waits in `join`.
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<PipeWriter>.fromOpaque(context).takeUnretainedValue().run()
    return nil
}
