import Feeds
import TestSupport
import Testing

private let header = "trade_id,symbol,side,qty,price\n"

private func rows(_ range: Range<Int>) -> [UInt8] {
    Array(range.map { "t\($0),BTC,BUY,\($0 + 1),100.5\n" }.joined().utf8)
}

@Suite struct GzipFeedTests {
    @Test func gzipIsToldByItsContentWhateverTheName() throws {
        let text = Array(header.utf8) + rows(0..<1_000)
        let plain = try FeedRun(text)
        #expect(plain.fills.count == 1_000)
        for name in ["feed.csv.gz", "feed.csv", "feed", "feed.gz"] {
            #expect(try FeedRun(gzipped(text), name: name).fills == plain.fills)
        }
    }

    @Test func severalMembersAreOneFile() throws {
        let text = Array(header.utf8) + rows(0..<300)
        let cuts = [0, 1, 40, 41, 41, 3_000, text.count]
        let parts = try zip(cuts, cuts.dropFirst()).map { try gzipped(Array(text[$0..<$1])) }
        let padding = [UInt8](repeating: 0, count: 1_000)
        let run = try FeedRun(parts.flatMap { $0 } + gzipped([]) + padding, name: "feed.csv.gz")
        #expect(run.rejects.isEmpty)
        #expect(run.fills.count == 300)
    }

    @Test func whatFollowsTheMembersIsNotPassedOver() throws {
        let whole = try gzipped(Array(header.utf8) + rows(0..<10))
        let run = try FeedRun(whole + Array("t10,BTC,BUY,1,1\n".utf8))
        #expect(run.places == [Place(12, 1, .corruptGzip)])
        #expect(run.rejects.first?.detail.contains("is not gzip") == true)
        #expect(run.rejects.first?.endsFile == true)
        #expect(run.fills.count == 10)
    }

    /// However a file is cut, every whole line before the cut is used, the cut line is not, and the end says
    /// what happened. Stored blocks make every byte of the text a byte of the file.
    @Test(arguments: [Int32(0), 6])
    func aCutFileIsUsedUpToItsLastWholeLine(level: Int32) throws {
        let text = Array(header.utf8) + rows(0..<60)
        let whole = try gzipped(text, level: level)
        let all = try FeedRun(text).fills
        var fillCounts: Set<Int> = []
        for length in stride(from: 2, to: whole.count, by: 3) {
            let run = try FeedRun(Array(whole.prefix(length)), name: "feed.csv.gz")
            let reject = try #require(run.rejects.last)
            #expect(reject.reason == .truncatedGzip && reject.endsFile, "cut at \(length)")
            #expect(reject.detail.contains("after \(length) compressed bytes"), "\(reject)")
            #expect(run.rejects.count == 1, "cut at \(length)")
            #expect(run.fills == Array(all.prefix(run.fills.count)), "cut at \(length)")
            #expect(reject.line == run.fills.count + 2 || run.fills.isEmpty, "cut at \(length)")
            fillCounts.insert(run.fills.count)
        }
        #expect(fillCounts.contains(60), "only the trailer was cut off")
        #expect(level != 0 || fillCounts.count == 61)
    }

    @Test func aLineThatLooksWholeButIsCutIsNotUsed() throws {
        let text = Array((header + "t1,BTC,BUY,1,100\nt2,BTC,BUY,12345,100").utf8)
        let stored = try gzipped(text, level: 0)
        // The trailer is 8 bytes; two more take the last zeros of the price.
        let run = try FeedRun(Array(stored.dropLast(10)), name: "feed.csv.gz")
        #expect(run.tradeIDs == ["t1"])
        #expect(run.places == [Place(3, 19, .truncatedGzip)])
        #expect(run.rejects.first?.detail.contains("line 3 is cut and was not used") == true)
    }

    @Test func aWrongChecksumIsReported() throws {
        var bytes = try gzipped(Array(header.utf8) + rows(0..<10))
        bytes[bytes.count - 5] ^= 1
        let run = try FeedRun(bytes)
        #expect(run.places == [Place(12, 1, .corruptGzip)])
        #expect(run.rejects.first?.detail.contains("any line of the file may be wrong") == true)
        #expect(run.fills.count == 10)
    }

    /// A flipped bit anywhere never traps and never goes unnoticed.
    @Test func everyDamagedBitIsNoticed() throws {
        let text = Array(header.utf8) + rows(0..<12)
        let whole = try gzipped(text)
        let all = try FeedRun(text).fills
        // Without its first two bytes it would be no gzip; 4 to 9 (time, flags, system) carry no data.
        for index in Array(2..<4) + Array(10..<whole.count) {
            for bit in 0..<8 {
                var bytes = whole
                bytes[index] ^= 1 << bit
                let run = try FeedRun(bytes, name: "feed.csv.gz")
                // A damaged header line ends the file before its checksum is seen.
                let isNoticed = run.rejects.last?.endsFile == true
                // A hint in the header and the padding after the last block mean nothing.
                let isHarmless = run.rejects.isEmpty && run.fills == all
                #expect(isNoticed || isHarmless, "byte \(index) of \(whole.count) bit \(bit)")
            }
        }
    }

    @Test func filesThatCannotBeReadAreErrors() throws {
        var feed = Feed()
        var sink = CollectingSink()
        #expect(throws: FeedError.system(operation: "open", path: "/nowhere/x.csv", code: 2)) {
            _ = try feed.read("/nowhere/x.csv", into: &sink)
        }
        #expect(throws: FeedError.system(operation: "read", path: "/tmp", code: 21)) {
            _ = try feed.read("/tmp", into: &sink)
        }
        #expect(
            FeedError.system(operation: "open", path: "x.csv", code: 2).description
                == "cannot open x.csv: No such file or directory")
        #expect(sink.fills.isEmpty && sink.rejects.isEmpty)
    }

    /// 8 MB of rows through the same fixed buffers; rows of every length up to the bound cross their ends.
    @Test func longInputStreamsThroughAFixedBuffer() throws {
        var random = SeededRandom(seed: 51)
        var text = Array("trade_id,symbol,side,qty,price,note\n".utf8)
        var count = 0
        while text.count < 8_000_000 {
            let length =
                Int.random(in: 0..<1_000, using: &random) < 5
                ? Int.random(in: 0..<65_400, using: &random) : Int.random(in: 0..<200, using: &random)
            text += Array("t\(count),BTC,BUY,1,100,".utf8) + [UInt8](repeating: 0x78, count: length) + [0x0a]
            count += 1
        }
        let run = try FeedRun(gzipped(text, level: 0), name: "feed.csv.gz")
        #expect(run.rejects.isEmpty)
        #expect(run.fills.count == count)
        #expect(run.tradeIDs.last == "t\(count - 1)")
        #expect(run.fills.enumerated().allSatisfy { $0.element.line == UInt64($0.offset + 2) })
        #expect(run.sink.progressCount > 20)
    }
}
