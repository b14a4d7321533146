import Feeds
import Glibc
import Testing

/// A file that exists as long as its owner.
final class TemporaryFile {
    let path: String

    init(_ bytes: [UInt8], name: String = "feed.csv") throws {
        var template = Array("/tmp/pks-feeds-XXXXXX".utf8CString)
        // SAFETY: the template is NUL-ended and ours for the call.
        let directory = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
            guard let base = buffer.baseAddress, let made = unsafe mkdtemp(base) else { return nil }
            return unsafe String(cString: made)
        }
        path = try #require(directory) + "/" + name
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        try #require(descriptor >= 0)
        defer { _ = close(descriptor) }
        var written = 0
        while written < bytes.count {
            // SAFETY: the range ends with the array.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe write(descriptor, $0.baseAddress.map { unsafe $0 + written }, bytes.count - written)
            }
            try #require(count > 0)
            written += count
        }
    }

    deinit {
        _ = unsafe unlink(path)
        if let slash = path.lastIndex(of: "/") { _ = unsafe rmdir(String(path[..<slash])) }
    }
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
        let file = try TemporaryFile(bytes, name: name)
        var sink = sink
        var feed = Feed(options: options)
        _ = try feed.read(file.path, into: &sink)
        self.sink = sink
        self.summary = feed.summary
        #expect(summary.fills == sink.fills.count || sink.fillsMax != Int.max)
        #expect(summary.rejects == sink.rejects.count)
        for reject in sink.rejects {
            #expect(reject.file == file.path)
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
