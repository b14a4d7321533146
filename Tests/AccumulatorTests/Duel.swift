import Accumulator
import CSeqlock
import LotMatching
import TestSupport

/// Where book and oracle part ways.
struct Disagreement: Error, CustomStringConvertible {
    let seq: UInt64
    let description: String

    init(seq: UInt64, _ what: String) {
        self.seq = seq
        description = "seq \(seq): \(what)"
    }
}

/// Keeps effects as they come.
final class EffectTray {
    private(set) var effects: [Effect] = []

    func take() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    var consumer: EffectLog.Consumer {
        { [self] run in
            // SAFETY: the buffer is valid during the call, and its elements are copied.
            unsafe effects.append(contentsOf: run)
        }
    }
}

/// A book and the oracle, fed the same records and compared after each of them.
struct Duel: ~Copyable {
    var book: Book
    var oracle: NaiveBook
    private let tray = EffectTray()
    private var audit = IdentityAudit()
    private(set) var reasons: [RejectReason: Int] = [:]
    private(set) var results: [ApplyResult: Int] = [:]
    private(set) var movements: [Effect.Movement: Int] = [:]
    /// What the book said of the last record.
    private(set) var effects: [Effect] = []

    init(_ config: BookConfig) {
        // SAFETY: the consumer copies what it is shown.
        book = Book(config, effects: unsafe EffectLog(countMax: 7, consumer: tray.consumer))
        oracle = NaiveBook(
            NaiveBook.Bounds(
                lotsMax: config.lotsMax, identitiesMax: config.identitiesMax,
                identityWindowNs: config.identityWindowNs, lateAfterNs: config.lateAfterNs,
                otherFeesMax: config.otherFeesMax))
    }

    /// Defines a key that neither side has.
    mutating func define(_ key: pks_key_record, _ terms: NaivePosition.Terms) throws(Disagreement) -> UInt32 {
        var key = key
        oracle.seq += 1
        // SAFETY: the record outlives the call.
        guard case .defined(let handle, true) = unsafe book.define(&key), handle == oracle.positions.count
        else {
            throw Disagreement(seq: book.seq, "a new key was not defined")
        }
        var position = NaivePosition(terms)
        position.appliedSeq = oracle.seq
        oracle.positions.append(position)
        try compare(handle)
        return handle
    }

    /// Offers a key that must be refused.
    mutating func refuse(_ key: pks_key_record, _ reason: RejectReason) throws(Disagreement) {
        var key = key
        let before = BookSnapshot(book)
        oracle.seq += 1
        oracle.count(reason)
        reasons[reason, default: 0] += 1
        // SAFETY: the record outlives the call.
        let answer = unsafe book.define(&key)
        try require(answer == .refused(reason), "the key was answered with \(answer), not \(reason)")
        try require(BookSnapshot(book) == before, "a refused key changed the state")
        try compareCounts()
        _ = drain()
    }

    /// Applies a record on both sides and compares all that it can have touched.
    @discardableResult
    mutating func apply(
        _ record: pks_fill_record, extension extra: pks_extension_record? = nil
    ) throws(Disagreement) -> ApplyResult {
        var record = record
        let before = BookSnapshot(book)
        // SAFETY: the records outlive the calls.
        let result: ApplyResult
        if var extra {
            result = unsafe book.apply(&record, extension: &extra)
        } else {
            result = unsafe book.apply(&record)
        }
        effects = drain()
        let fill = NaiveFill(record)
        let expected = oracle.apply(fill, extension: extra.map(NaiveExtension.init))
        try require(result == expected, "\(describe(fill)): book \(result), oracle \(expected)")
        try compare(effects, fill)
        try compareCounts()
        results[result, default: 0] += 1
        if let reason = effects.first.flatMap({ RejectReason(rawValue: $0.reason) }) {
            reasons[reason, default: 0] += 1
        }
        if result == .applied {
            movements[effects.last?.movement ?? .none, default: 0] += 1
            try compare(fill.handle)
            do {
                unsafe try audit.check(book, after: &record)
            } catch {
                throw Disagreement(seq: book.seq, "an identity does not hold: \(error)")
            }
        } else {
            try require(BookSnapshot(book) == before, "\(describe(fill)): \(result), yet the state changed")
        }
        return result
    }

    /// Compares every position.
    func compareAll() throws(Disagreement) {
        for handle in 0..<UInt32(oracle.positions.count) { try compare(handle) }
        try compareCounts()
    }

    private mutating func drain() -> [Effect] {
        book.effects.flush()
        return tray.take()
    }

    private func require(_ holds: Bool, _ what: @autoclosure () -> String) throws(Disagreement) {
        if !holds { throw Disagreement(seq: book.seq, what()) }
    }

    private func compare(_ effects: [Effect], _ fill: NaiveFill) throws(Disagreement) {
        // A duplicate does nothing; the oracle keeps no effects of it either.
        for (index, effect) in effects.enumerated() where index < oracle.effects.count {
            let expected = oracle.effects[index]
            try require(
                effect.fields == expected.fields,
                "\(describe(fill)): effect \(index) is\n  \(effect.summary)\nand should be\n  \(expected.summary)"
            )
        }
        try require(
            effects.count == oracle.effects.count,
            "\(describe(fill)): \(effects.count) effects, the oracle has \(oracle.effects.count)")
    }

    private func compare(_ handle: UInt32) throws(Disagreement) {
        let shown = ShownPosition(book, handle)
        let position = oracle.positions[Int(handle)]
        let expected = ShownPosition(position)
        try require(shown == expected, "position \(handle) is\n  \(shown)\nand should be\n  \(expected)")
        if !position.isAverage {
            try require(position.costOfLots == position.openCost, "the oracle's own sums part ways")
        }
    }

    private func compareCounts() throws(Disagreement) {
        try require(book.seq == oracle.seq, "the book's seq is not \(oracle.seq)")
        let shown = NaiveBook.Counters(
            fills: Int(book.counters.fills), duplicates: Int(book.counters.duplicates),
            conflicts: Int(book.counters.conflicts), rejects: Int(book.counters.rejects),
            late: Int(book.counters.late), matches: Int(book.counters.matches),
            openLots: Int(book.counters.openLots))
        try require(shown == oracle.counters, "counters \(shown) should be \(oracle.counters)")
        try require(
            book.watermarkNs == oracle.watermarkNs ?? Int64.min, "the watermark is \(book.watermarkNs)")
        for reason in RejectReason.allCases {
            let count = book.rejectsByReason[Int(reason.rawValue)]
            try require(count == oracle.rejects[reason] ?? 0, "\(reason) was counted \(count) times")
        }
        var otherFees: [NaiveBook.OtherFee: BigInteger] = [:]
        for (key, sum) in book.otherFees {
            let currency = Array(key.currencyText.utf8)
            otherFees[NaiveBook.OtherFee(handle: key.handle, currency: currency)] = BigInteger(sum)
        }
        try require(otherFees == oracle.otherFees, "fees in other currencies are \(otherFees)")
    }

    private func describe(_ fill: NaiveFill) -> String {
        let id = String(decoding: fill.tradeID.prefix { $0 != 0 }, as: UTF8.self)
        return "\(fill.isBuy ? "BUY" : "SELL") \(fill.qty) @ \(fill.price) id \(id) key \(fill.handle)"
    }
}
