import CSeqlock
import Foundation
import Glibc
import ShmReader
import TestSupport
import Testing

@testable import Monitor

/// The rendered screen, as text.
@Suite struct ScreenTests {
    /// Two books as a desk might have them.
    static func desk() -> MonitorModel {
        var options = MonitorOptions()
        options.order = SortOrder(.netPnl, isDescending: true)
        var model = Desk.model([], options)
        var rows: [(PositionKey, pks_position)] = []
        for (index, symbol) in ["BTCUSDT", "ETHUSDT", "PEPEUSDT", "AAPL", "ESZ4", "EURUSD"].enumerated() {
            for account in 1...4 {
                let price = [6_183_763, 268_380, 812, 21_327, 534_275, 109_214][index]
                let scale: UInt8 = [2, 2, 8, 2, 2, 5][index]
                let sign: Int64 = account % 2 == 0 ? -1 : 1
                rows.append(
                    (
                        Desk.key(
                            "acc\(account)", "mm", symbol, currency: index < 3 ? "USDT" : "USD", price: scale),
                        Desk.position(
                            net: sign * Int64(1500 * account), price: Int64(price),
                            realised: Int64(account * 1_000_003 * (index - 2)),
                            fees: Int64(index * 12_345_678),
                            fills: UInt64(10 * account + index), seq: UInt64(100 + index),
                            publishedNs: Desk.startNs - Int64(index) * 700_000_000)
                    ))
            }
        }
        var alt = Desk.health("alt", .degraded(reasons: UInt64(PKS_DEGRADED_PRODUCER)), pid: 4712)
        alt.counters?.rejects = 12
        alt.rejects = [
            BookHealth.RejectCount(reason: "unknown_handle", count: 8),
            BookHealth.RejectCount(reason: "overflow", count: 4),
        ]
        alt.rings = BookHealth.Rings()
        alt.rings?.lag = 1234
        alt.rings?.quarantined = 1
        Desk.look(
            &model,
            [
                Desk.update("desk", rows),
                Desk.update(
                    "alt",
                    [(Desk.key("acc9", "arb", "漢字é"), Desk.position(net: -7000, price: 12_345, fills: 3))],
                    health: alt),
            ], atNs: Desk.startNs)
        for step in 1...40 {
            let moved = Desk.position(
                net: Int64(1500 + step * step % 70), price: 6_183_763 + Int64(step),
                realised: Int64(step * step % 300),
                fills: UInt64(10 + step), seq: UInt64(200 + step), publishedNs: Desk.startNs)
            var health = Desk.health("desk")
            health.counters?.fills = 1_234_567 + UInt64(step) * 100_000
            Desk.look(
                &model, [Desk.change("desk", [(0, moved)], health: health)],
                atNs: Desk.startNs + Int64(step) * 500_000_000)
        }
        model.ownFigures.readP50Ns = 45
        model.ownFigures.readP99Ns = 1234
        model.ownFigures.readMaxNs = 56_789
        model.ownFigures.drawNs = 1_500_000
        return model
    }

    /// Compares with a file of Fixtures, or writes it when asked to.
    private func expectScreen(_ lines: [String], _ name: String) throws {
        let text = lines.joined(separator: "\n") + "\n"
        // SAFETY: nobody changes the environment.
        if unsafe getenv("PKS_WRITE_SCREENS") != nil {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
            try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
            return
        }
        let path = try #require(Bundle.module.path(forResource: "Fixtures/" + name, ofType: nil))
        #expect(text == (try String(contentsOfFile: path, encoding: .utf8)), "differs from Fixtures/\(name)")
    }

    private func screen(_ model: MonitorModel, _ width: Int, _ height: Int, _ theme: Theme = Desk.dark)
        -> [String]
    {
        var model = model
        // The second drawing knows how many lines there are.
        model.drew(Screen.render(model, width: width, height: height, theme: theme), drawNs: 1_500_000)
        return Screen.render(model, width: width, height: height, theme: theme).grid.lines
    }

    @Test(arguments: [(80, 24), (120, 40), (30, 8), (200, 60)])
    func `The screen of positions is as it was read over`(width: Int, height: Int) throws {
        try expectScreen(screen(Self.desk(), width, height), "positions-\(width)x\(height).txt")
    }

    @Test func `The screen in ASCII has nothing but ASCII`() throws {
        let lines = screen(Self.desk(), 80, 24, Desk.ascii)
        #expect(lines.joined().utf8.allSatisfy { (0x20..<0x7f).contains($0) })
        try expectScreen(lines, "positions-ascii.txt")
    }

    @Test func `Totals, one position and help are as they were read over`() throws {
        var model = Self.desk()
        Desk.press(&model, "t")
        try expectScreen(screen(model, 100, 30), "totals-account.txt")
        Desk.press(&model, "tt")
        try expectScreen(screen(model, 100, 30), "totals-symbol.txt")
        Desk.press(&model, "t")
        _ = model.press(.enter)
        try expectScreen(screen(model, 120, 40), "detail-120x40.txt")
        try expectScreen(screen(model, 80, 24), "detail-80x24.txt")
        Desk.press(&model, "?")
        try expectScreen(screen(model, 100, 44), "help.txt")
    }

    @Test func `Scrolling to the right reaches every column`() {
        var model = Self.desk()
        var seen: Set<String> = []
        for _ in 0..<MonitorColumn.allCases.count {
            let frame = Screen.render(model, width: 60, height: 24, theme: Desk.dark)
            model.drew(frame, drawNs: 0)
            let head = frame.grid.lines.first { $0.contains("SYMBOL") } ?? ""
            for column in MonitorColumn.allCases where head.contains(column.title) {
                seen.insert(column.title)
            }
            _ = model.press(.right)
        }
        #expect(seen == Set(MonitorColumn.allCases.map(\.title)))
        for _ in 0..<MonitorColumn.allCases.count { _ = model.press(.left) }
        #expect(model.columnOffset == 0)
    }

    @Test func `A screen of any size is filled and never overrun`() {
        for stream in 0..<TestSeed.streams(300) {
            let seed = TestSeed.base &+ UInt64(stream)
            var random = SeededRandom(seed: seed)
            let width = Int.random(in: 1...200, using: &random)
            let height = Int.random(in: 1...60, using: &random)
            var model = Self.desk()
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                let key = random.pick(
                    [
                        "t", "v", "?", "/", "a", "s", "r", "p", "f", "b", "!", .down, .up, .left, .right,
                        .enter, .escape,
                        .end, .home, .pageDown, .backspace,
                    ] as [Key])
                _ = model.press(key)
                let frame = Screen.render(
                    model, width: width, height: height, theme: random.pick([Desk.dark, Desk.ascii]))
                model.drew(frame, drawNs: 0)
                for row in 0..<height {
                    let cells = frame.grid.line(row)
                    #expect(cells.count == width, "seed \(seed)")
                    let used = cells.reduce(0) { $0 + ($1.text.isEmpty ? 0 : max(1, CellWidth.of($1.text))) }
                    #expect(used == width, "seed \(seed): line \(row) has \(used) of \(width) cells")
                }
            }
        }
    }

    @Test func `Every size from one cell up can be drawn`() {
        let model = Self.desk()
        for height in 1...60 {
            for width in [1, 2, 3, 7, 20, 79, 80, 81, 133, 200] {
                let grid = Screen.render(model, width: width, height: height, theme: Desk.dark).grid
                #expect(grid.lines.count == height)
            }
        }
        for width in 1...200 { _ = Screen.render(model, width: width, height: 24, theme: Desk.dark) }
    }

    @Test(arguments: [
        ("1.5", 6, 3, "  1.5 "), ("-12.345", 7, 3, "-12.345"), ("12", 6, 3, "12    "),
        ("1234.5678", 7, 4, "1234.5…"),
        ("1234.5678", 6, 4, " 1234…"), ("1234.5678", 4, 4, "####"), ("123456", 5, 0, "#####"),
        ("0.000009101793", 9, 3, "0.000009…"), ("212.564210526316", 10, 3, "   212.56…"), ("7", 1, 0, "7"),
        ("7", 0, 0, ""),
    ])
    func `A number is exact or shows that it is not`(text: String, width: Int, fraction: Int, shown: String) {
        let fitted = NumberText.fitted(text, width: width, fraction: fraction, mark: "…")
        #expect(fitted.trimmingCharacters(in: .whitespaces) == shown.trimmingCharacters(in: .whitespaces))
        #expect(CellWidth.of(fitted) == width)
    }

    @Test func `A fitted number never claims other digits than it has`() {
        for stream in 0..<TestSeed.streams(2000) {
            let seed = TestSeed.base &+ UInt64(stream)
            var random = SeededRandom(seed: seed)
            let whole = String(Int64.random(in: -99_999...99_999, using: &random))
            let digits = String(
                (0..<Int.random(in: 0...12, using: &random)).map { _ in random.pick(Array("0123456789")) })
            let text = digits.isEmpty ? whole : whole + "." + digits + "7"
            let width = Int.random(in: 1...24, using: &random)
            let shown = NumberText.fitted(
                text, width: width, fraction: Int.random(in: 0...12, using: &random), mark: "~"
            ).trimmingCharacters(in: .whitespaces)
            let isWhole = shown == text
            let isMarked = shown.hasSuffix("~") && text.hasPrefix(shown.dropLast())
            let isHidden = !shown.isEmpty && shown.allSatisfy { $0 == "#" }
            #expect(isWhole || isMarked || isHidden, "seed \(seed): \(text) in \(width) became \(shown)")
        }
    }

    @Test func `Hostile names cannot move, hide or turn anything`() throws {
        let name = "\u{202e}evil\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}漢"
        let model = Desk.model([
            Desk.update("desk", [(Desk.key("\u{301}x", "s", name), Desk.position(net: 1, price: 1))])
        ])
        let grid = Screen.render(model, width: 100, height: 20, theme: Desk.dark).grid
        let row = try #require(grid.lines.first { $0.contains("evi") })
        #expect(row.contains("\\u{202e}evi"))
        #expect(!grid.lines.joined().unicodeScalars.contains { $0.value == 0x202e || $0.value < 0x20 })
        for line in 0..<20 {
            let cells = grid.line(line)
            #expect(cells.reduce(0) { $0 + ($1.text.isEmpty ? 0 : max(1, CellWidth.of($1.text))) } == 100)
            #expect(cells.allSatisfy { $0.text.unicodeScalars.count <= 5 })
        }
    }

    @Test func `Without colours no look has any, and a selection is still seen`() {
        for role in Style.Role.allCases {
            for count in [0, 8, 256] {
                let look = Theme(palette: .mono, isASCII: false).look(Style(role), colorCount: count)
                #expect(look.ink == nil && look.ground == nil)
            }
            for palette in Theme.Palette.allCases {
                for count in [0, 8, 256] {
                    let theme = Theme(palette: palette, isASCII: false)
                    #expect(
                        theme.look(Style(role), colorCount: count)
                            != theme.look(Style(role, isSelected: true), colorCount: count))
                }
            }
        }
    }
}
