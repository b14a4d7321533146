import Feeds
import TestSupport
import Testing

/// Files that were damaged at random: nothing traps, every reject has a place that exists, and what is not
/// damaged is read as before.
@Suite struct FeedFuzzTests {
    private static let texts: [(name: String, text: String)] = [
        (
            "feed.csv",
            "trade_id,symbol,side,qty,price,fee,note,event_ns\n"
                + (0..<12).map { "t\($0),\"B\"\"TC\",BUY,1.5,-100.25,0.1,\"a,\nb\",\($0)\n" }.joined()
        ),
        (
            "feed.jsonl",
            (0..<12).map {
                #"{"trade_id":"t\#($0)","symbol":"B\u00e9\ud83c\udca1","side":"SELL","qty":1e-2,"price":-1.5,"x":[{}]}"#
                    + "\n"
            }.joined()
        ),
        (
            "feed.log",
            (0..<12).map { number in
                let fill = FIXText.fill([17: "t\(number)", 14: "\(number + 1)", 12: "0.5"])
                return "IN " + (number % 2 == 0 ? fill.wire : fill.piped) + "\n"
            }.joined()
        ),
    ]

    @Test(arguments: texts.indices, [UInt64(71), 72, 73])
    func damagedFilesNeverTrap(index: Int, seed: UInt64) throws {
        let (name, text) = FeedFuzzTests.texts[index]
        let whole = Array(text.utf8)
        let all = try FeedRun(whole, name: name)
        #expect(all.fills.count == 12 && all.rejects.isEmpty, "\(all.rejects)")
        var random = SeededRandom(seed: seed)
        var damagedFills = 0
        for round in 0..<150 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) { damage(&bytes, using: &random) }
            let options = FeedOptions(
                dedupesFIXByCumQty: round % 2 == 0, rowBytesMax: round % 5 == 0 ? 100 : 65_536)
            let run = try FeedRun(bytes, name: name, options: options)
            checkPlaces(run, bytes, seed)
            damagedFills += 12 - run.fills.count
        }
        #expect(damagedFills > 0, "seed \(seed): the damage had no effect at all")
    }

    @Test(arguments: texts.indices, [UInt64(74), 75])
    func noiseNeverTraps(index: Int, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let alphabet =
            Array("trade_id,symbol\n\r\"{}[]:\\u0eE+-.123|=8FIX35150\u{1}\0é ".utf8) + [0xff, 0xc3, 0x1f]
        for _ in 0..<100 {
            var bytes: [UInt8] =
                index == 0 && Bool.random(using: &random)
                ? Array("trade_id,symbol,side,qty,price\n".utf8) : []
            for _ in 0..<Int.random(in: 0..<800, using: &random) {
                bytes.append(alphabet.randomElement(using: &random) ?? 0)
            }
            checkPlaces(try FeedRun(bytes, name: FeedFuzzTests.texts[index].name), bytes, seed)
        }
    }

    /// One damaged line costs no other line. The damage adds no quotes and no line ends, so that lines stay lines.
    @Test(arguments: texts.indices, [UInt64(76), 77])
    func oneDamagedLineCostsNoOther(index: Int, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let (name, text) = FeedFuzzTests.texts[index]
        var lines = text.replacing("\"a,\nb\"", with: "note").split(separator: "\n").map { Array($0.utf8) }
        if index == 0 { lines = lines.map { $0.filter { $0 != UInt8(ascii: "\"") } } }
        let all = try FeedRun(joined(lines), name: name).fills
        #expect(all.count == 12)
        for _ in 0..<150 {
            var damaged = lines
            let victim = Int.random(in: lines.count - 12..<lines.count, using: &random)
            let place = Int.random(in: 0..<damaged[victim].count, using: &random)
            let byte = UInt8.random(in: 0...255, using: &random)
            if byte == 0x0a || byte == 0x22 || byte == 0x0d { continue }
            damaged[victim][place] = byte
            let run = try FeedRun(joined(damaged), name: name)
            let number = UInt64(victim + 1)
            #expect(
                run.fills.filter { $0.line != number } == all.filter { $0.line != number }, "seed \(seed)")
            #expect(run.rejects.allSatisfy { $0.line == Int(number) }, "seed \(seed)")
        }
    }

    private func joined(_ lines: [[UInt8]]) -> [UInt8] { Array(lines.joined(separator: [0x0a])) + [0x0a] }

    private func damage(_ bytes: inout [UInt8], using random: inout SeededRandom) {
        if bytes.isEmpty { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let bad: [UInt8] = [0, 0x0a, 0x0d, 0x22, 0x2c, 0x5c, 0x7b, 0x7c, 0x01, 0xff, 0xc3, 0x65, 0x2d]
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] = bad.randomElement(using: &random) ?? 0
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(bad.randomElement(using: &random) ?? 0, at: place)
        default:
            bytes.removeSubrange(place..<min(place + Int.random(in: 0..<40, using: &random), bytes.count))
        }
    }

    /// Each reject is on a line that the file has, at most one byte behind its end.
    private func checkPlaces(_ run: FeedRun, _ bytes: [UInt8], _ seed: UInt64) {
        let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        for reject in run.rejects {
            let isPlace =
                reject.line >= 1 && reject.line <= lines.count && reject.column >= 1
                && reject.column <= lines[reject.line - 1].count + 1
            if !isPlace && reject.reason != .lineTooLong {
                Issue.record("seed \(seed): no such place: \(reject)")
            }
        }
    }
}
