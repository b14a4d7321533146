import CSeqlock
import PositionText
import ShmReader

/// Prints the rows of a book as they change.
struct PositionWatch: ~Copyable {
    private var reader: SegmentReader
    private let filter: PositionFilter
    private var printer: RowPrinter
    private let output: ByteWriter
    private var cursor: UInt64 = 0
    /// A slot's key when it is wanted, by slot.
    private var keys: [PositionKey?] = []
    /// How often a slot had been published when its row was printed, by slot.
    private var printed: [UInt64] = []
    private var lastWarning: String?
    private var isGone = false

    init(
        reader: consuming SegmentReader, filter: PositionFilter, printer: RowPrinter, output: ByteWriter
    ) {
        self.reader = reader
        self.filter = filter
        self.printer = printer
        self.output = output
    }

    /// Runs until a signal asks it to end, or the output is closed.
    mutating func run(intervalMs: Int) throws(CommandError) -> ExitStatus {
        var signals = SignalWait()
        try begin()
        repeat {
            try follow()
            try printChanges()
            try output.flush()
            warn()
        } while !signals.wait(ms: intervalMs) && !output.isAbandoned
        return .success
    }

    /// All rows at first: the cursor is taken before the scan, so that nothing falls between.
    private mutating func begin() throws(CommandError) {
        cursor = reader.changeCursor()
        keys = []
        printed = []
        try printer.printAll([], isStream: true)
        try printAll()
    }

    private mutating func printAll() throws(CommandError) {
        learnKeys()
        let slots = keys.indices.compactMap { slot in keys[slot].map { (slot: slot, key: $0) } }
            .sorted { RowOrder.precedes($0.key, $1.key) }
        for (slot, key) in slots { try print(slot, key) }
    }

    private mutating func printChanges() throws(CommandError) {
        // As many as the ring can hold and no more: a writer at full speed must not keep this loop for ever.
        var changed: Set<Int> = []
        for _ in 0..<Int(reader.header.change_capacity) {
            switch reader.nextChange(&cursor) {
            case .none: return try print(changed)
            case .slot(let slot): changed.insert(slot)
            case .lapped: return try printAll()
            }
        }
        try print(changed)
    }

    private mutating func print(_ changed: Set<Int>) throws(CommandError) {
        learnKeys()
        for slot in changed.sorted() where slot < keys.count {
            if let key = keys[slot] { try print(slot, key) }
        }
    }

    /// Prints a slot's row if it was published since it was last printed.
    private mutating func print(_ slot: Int, _ key: PositionKey) throws(CommandError) {
        let sequence = reader.sequence(of: slot)
        if sequence == printed[slot] { return }
        var position = pks_position()
        // A busy slot is left for the next round, as its sequence has changed.
        guard reader.read(slot, into: &position) == .value, position.fill_count > 0 else { return }
        printed[slot] = sequence
        try printer.print(PositionRow(book: reader.book, view: PositionView(key: key, position: position)))
    }

    private mutating func learnKeys() {
        for slot in keys.count..<max(keys.count, reader.slotCount) {
            let key = reader.key(of: slot)
            keys.append(key.flatMap { filter.matches($0) ? $0 : nil })
            printed.append(0)
        }
    }

    /// Goes on with a newer segment of the book when there is one.
    private mutating func follow() throws(CommandError) {
        let result: ReattachResult
        do throws(AttachError) { result = try reader.reattachIfNeeded() } catch { throw CommandError(error) }
        switch result {
        case .current: isGone = false
        case .gone:
            if !isGone { say("pks: book \(reader.book): the segment is gone; waiting for a new writer") }
            isGone = true
        case .reattached:
            isGone = false
            lastWarning = nil
            try output.flush()
            say(
                "pks: book \(reader.book): a new writer (process \(reader.header.writer.pid)) has taken over; "
                    + "all of its rows follow")
            cursor = reader.changeCursor()
            keys = []
            printed = []
            try printAll()
        }
    }

    private mutating func warn() {
        if isGone { return }
        var text = warning(of: reader)
        if case .stopped = reader.writerStatus() {
            text = "the writer has ended; these are its final positions"
        }
        // How long it is stale changes with every look; that it is stale is said once.
        let kind = text.map { String($0.prefix { !$0.isNumber }) }
        if kind != lastWarning, let text { say("pks: book \(reader.book): \(text)") }
        lastWarning = kind
    }
}
