import Feeds
import TestSupport
import Testing

/// Writes a file, lends its path and removes it.
func withFile<Result>(
    _ bytes: [UInt8], name: String = "feed.csv", _ body: (String) throws -> Result
) throws -> Result {
    let directory = try TestDirectory()
    return try body(directory.write(name, bytes))
}

/// Where and why something was rejected.
struct Place: Equatable, CustomStringConvertible {
    var line: Int
    var column: Int
    var reason: FeedRejectReason

    init(_ line: Int, _ column: Int, _ reason: FeedRejectReason) {
        self.line = line
        self.column = column
        self.reason = reason
    }

    var description: String { "\(line):\(column) \(reason.rawValue)" }
}

/// What came out of feeding one text.
struct FeedRun {
    var sink: CollectingSink
    var summary: FeedSummary

    var fills: [SentFill] { sink.fills }
    var rejects: [FeedReject] { sink.rejects }
    var places: [Place] { rejects.map { Place($0.line, $0.column, $0.reason) } }
    var tradeIDs: [String] { fills.map(\.tradeID) }

    init(
        _ bytes: [UInt8], name: String = "feed.csv", options: FeedOptions = FeedOptions(),
        sink: CollectingSink = CollectingSink()
    ) throws {
        var sink = sink
        var summary = FeedSummary()
        try withFile(bytes, name: name) { path in
            var feed = Feed(options: options)
            _ = try feed.read(path, into: &sink)
            summary = feed.summary
            #expect(sink.rejects.allSatisfy { $0.file == path })
        }
        self.sink = sink
        self.summary = summary
        #expect(summary.fills == sink.fills.count)
        #expect(summary.rejects == sink.rejects.count)
        for reject in sink.rejects {
            #expect(!reject.detail.isEmpty)
            let isSafe = reject.description.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
            #expect(isSafe, "what is shown of a file is safe to print")
        }
    }

    init(
        _ text: String, name: String = "feed.csv", options: FeedOptions = FeedOptions(),
        sink: CollectingSink = CollectingSink()
    ) throws {
        try self.init(Array(text.utf8), name: name, options: options, sink: sink)
    }
}
