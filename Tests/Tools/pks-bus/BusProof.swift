import BusMessages
import NATSBridge

/// What must hold in the end: the stream of positions, read back whole, against a replay of the same fills.
struct BusProof: ~Copyable {
    private let scene: BusScene
    private let flow: BusFlow
    private var inspector = MessageInspector()
    private var ids: Set<UInt64> = []
    /// The newest message of each key, as seq << 16 | n; that of its positions apart: one that gave way to a newer state
    /// in a life of the daemon that was cut short may come in the next, behind what else its record did.
    private var newest: [String: UInt64] = [:]
    private var newestPosition: [String: UInt64] = [:]
    private var matches: [String: Int] = [:]
    private var matchedPnl: [String: Int128] = [:]
    private var publishedPnl: [String: DecodedMessage] = [:]
    private var positions: [String: DecodedMessage] = [:]
    private var messageCount = 0

    init(_ scene: BusScene, _ flow: BusFlow) {
        self.scene = scene
        self.flow = flow
    }

    /// Waits until everything is published, then compares everything. Returns what was compared, in words.
    mutating func prove() throws -> String {
        let (scene, flow) = (scene, flow)
        try scene.awaiting("every fill's event on the bus (\(flow.applied))") {
            scene.eventCount >= flow.applied
        }
        try scene.awaiting("every reject on the bus (\(flow.rejected))") {
            scene.count(scene.names.rejected, in: scene.names.rejectStream) >= flow.rejected
        }
        try compareSlots()
        try readBack()
        guard scene.eventCount == flow.applied else {
            throw BusFailure("\(scene.eventCount) events for \(flow.applied) fills")
        }
        try compareRejects()
        guard matches == flow.matches else {
            let missing = flow.matches.first { matches[$0.key] != $0.value }
            let extra = matches.first { flow.matches[$0.key] != $0.value }
            throw BusFailure(
                "other matches than the replay's: missing \(missing as Any), extra \(extra as Any)")
        }
        try comparePositions()
        return
            "\(flow.applied) fills, \(messageCount) messages, \(flow.matches.count) matches, \(flow.positions.count) "
            + "positions, \(flow.rejected) rejects"
    }

    // MARK: - In shared memory

    private func compareSlots() throws {
        let rows = try BusFlow.table(scene.run(["read", "--book", scene.book, "--csv"], "read"))
        let shown = Dictionary(uniqueKeysWithValues: rows.map { (BusFlow.key($0), $0) })
        for (key, row) in flow.positions where shown[key] != row {
            throw BusFailure("position \(key) is \(shown[key] as Any) and not \(row)")
        }
        guard shown.count == flow.positions.count else {
            throw BusFailure("\(shown.count) positions instead of \(flow.positions.count)")
        }
    }

    // MARK: - On the bus

    private mutating func readBack() throws {
        let topics: [(String, MessageKind)] = [
            (scene.names.position, .positionUpdated), (scene.names.lot, .lotChanged),
            (scene.names.match, .tradeMatched), (scene.names.pnl, .realizedPnlUpdated),
            (scene.names.event, .positionEvent),
        ]
        try read(scene.names.positionStream, topics) { proof, message, kind in try proof.take(message, kind) }
    }

    /// Reads a stream from its first message to its last.
    private mutating func read(
        _ stream: String, _ topics: [(String, MessageKind)],
        _ take: (inout Self, borrowing NATSMessage, MessageKind) throws -> Void
    ) throws {
        let kinds = Dictionary(
            uniqueKeysWithValues: topics.map { (BusNames.subject($0.0, book: scene.book), $0.1) })
        let jetStream = try scene.jetStream()
        guard let state = try jetStream.stream(stream), state.firstSequence <= 1 else {
            throw BusFailure("stream \(stream) is gone, or has lost its beginning")
        }
        let reader = try StreamReader(jetStream, stream: stream, subjects: kinds.keys.sorted(), from: 1)
        defer { reader.close() }
        var left = kinds.keys.reduce(0) { sum, subject in sum + scene.count(onSubject: subject, in: stream) }
        while left > 0 {
            guard let delivery = try reader.next(waitMs: 10_000) else {
                throw BusFailure(
                    "message \(reader.nextSequence) of \(state.lastSequence) in \(stream) cannot be read")
            }
            left -= 1
            guard let kind = kinds[delivery.message.subject] else { continue }
            try take(&self, delivery.message, kind)
        }
    }

    private mutating func decoded(_ message: borrowing NATSMessage, _ kind: MessageKind) throws
        -> DecodedMessage
    {
        let payload = message.payload
        // SAFETY: the bytes live for the closure; a typed throw leaves through a result.
        return try unsafe payload.withUnsafeBytes { bytes in
            Result { () throws(Poison) in try unsafe inspector.decode(kind, bytes) }
        }.get()
    }

    /// Each fill that was rejected is there. A daemon that was killed takes the last messages again: what was applied is
    /// a duplicate then, and what was rejected is rejected again.
    private mutating func compareRejects() throws {
        var count = 0
        var trades: Set<String> = []
        try read(scene.names.rejectStream, [(scene.names.rejected, .tradeRejected)]) { proof, message, kind in
            let reject = try proof.decoded(message, kind)
            count += 1
            for field in reject.fields where field.name == "fill" {
                guard case .message(let fields) = field.value else { continue }
                trades.formUnion(fields.filter { $0.name == "trade_id" }.compactMap { $0.value.text })
            }
        }
        let isExact = scene.killCount > 0 ? count >= flow.rejected : count == flow.rejected
        guard isExact, trades == flow.rejectedTrades else {
            throw BusFailure("\(count) rejects, of trades \(trades.sorted()), instead of \(flow.rejected)")
        }
    }

    private mutating func take(_ message: borrowing NATSMessage, _ kind: MessageKind) throws {
        let decoded = try decoded(message, kind)
        guard let seq = UInt64(decoded.text("seq") ?? ""), let n = UInt64(decoded.text("n") ?? ""),
            n < 1 << 16
        else {
            throw BusFailure("a message without a number: \(decoded.line)")
        }
        guard message.header("Nats-Msg-Id") == "\(scene.book):\(seq):\(n)" else {
            throw BusFailure("another id than \(seq):\(n): \(message.header("Nats-Msg-Id") ?? "none")")
        }
        let id = seq << 16 | n
        guard ids.insert(id).inserted else { throw BusFailure("message \(seq):\(n) is there twice") }
        let key = ["account", "strategy", "symbol"].map { decoded.text($0) ?? "" }.joined(separator: " ")
        let before = (kind == .positionUpdated ? newestPosition[key] : newest[key]) ?? 0
        if before > id {
            throw BusFailure("\(key): \(seq):\(n) comes after \(before >> 16):\(before & 0xffff)")
        }
        if kind == .positionUpdated { newestPosition[key] = id } else { newest[key] = id }
        messageCount += 1
        switch kind {
        case .tradeMatched:
            let row = decoded.fields.reduce(into: [String: String]()) { $0[$1.name] = $1.value.text }
            matches[BusFlow.match(row), default: 0] += 1
            matchedPnl[key, default: 0] += try Self.amount(decoded.text("realized_pnl") ?? "")
        case .realizedPnlUpdated: publishedPnl[key] = decoded
        case .positionUpdated: positions[key] = decoded
        default: break
        }
    }

    private func comparePositions() throws {
        for (key, row) in flow.positions {
            guard let last = positions[key], let pnl = publishedPnl[key] else {
                throw BusFailure("\(key): no position or no P&L on the bus")
            }
            guard last.text("net_qty") == row["net_qty"], last.text("avg_price") == row["avg_price"],
                last.text("open_cost") == row["open_cost"]
            else {
                throw BusFailure(
                    "\(key): the last position on the bus is \(last.line), the replay's is \(row)")
            }
            guard pnl.text("realized_pnl") == row["realized_pnl"], pnl.text("fees") == row["fees"] else {
                throw BusFailure("\(key): the last P&L on the bus is \(pnl.line), the replay's is \(row)")
            }
            let published = try Self.amount(row["realized_pnl"] ?? "")
            guard matchedPnl[key, default: 0] == published else {
                throw BusFailure(
                    "\(key): its matches make \(matchedPnl[key, default: 0]) of \(published) e-20")
            }
        }
    }

    /// A plain decimal in units of 10^-20.
    private static func amount(_ text: String) throws -> Int128 {
        let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        let decimals = parts.count > 1 ? String(parts[1]) : ""
        guard let whole = parts.first, decimals.count <= 20,
            let units = Int128(String(whole) + decimals + String(repeating: "0", count: 20 - decimals.count))
        else { throw BusFailure("\(text) is no amount") }
        return text.hasPrefix("-") ? -units : units
    }
}
