/// Messages that are not known to be stored yet, in order: those under way, then those that were not sent.
///
/// Bounded in messages and in bytes, and all of its memory is taken at the start. Each message has a token, a number
/// that counts up and never comes again in this window. While unsent messages pile up, an older state of a position gives
/// way to a newer one. One thread.
@safe
struct PublishWindow: ~Copyable {
    /// How a message is.
    enum State: UInt8 {
        case unsent, underWay, stored, dropped, refused
    }

    /// One message.
    struct Entry {
        var id: MessageID
        var topic: PublishTopic
        var state: State
        /// The position's handle; UInt32.max: of none.
        var handle: UInt32
        var offset: Int
        var byteCount: Int
        /// Where it was stored.
        var streamSeq: UInt64
        /// When it was sent last; 0: never.
        var sentNs: Int64
    }

    /// What bounds a window.
    struct Bounds {
        var messagesMax = 1 << 15
        var bytesMax = 8 << 20
        /// Of those that are under way.
        var underWayMax = 4096
        var underWayBytesMax = 2 << 20
    }

    let bounds: Bounds
    // SAFETY: `bytesMax` bytes, allocated in init and freed in deinit; entries hold disjoint ranges of it.
    private let bytes: UnsafeMutableRawPointer
    private var entries: [Entry]
    /// The oldest message, the next one to be sent, and one past the newest, as tokens.
    private(set) var first: UInt64 = 0
    private(set) var next: UInt64 = 0
    private(set) var end: UInt64 = 0
    private var bytesEnd = 0
    private(set) var underWayCount = 0
    private var underWayBytes = 0
    /// By handle: the token after the newest message about that position, and after the newest that is stored.
    private var newest: [UInt64] = []
    private var newestStored: [UInt64] = []
    /// Messages that gave way to a newer one.
    private(set) var conflatedCount: UInt64 = 0
    /// Messages that were sent more than once, each time counted.
    private(set) var resentCount: UInt64 = 0

    init(_ bounds: Bounds = Bounds()) {
        precondition(bounds.messagesMax > 0 && bounds.underWayMax > 0 && bounds.underWayBytesMax > 0)
        self.bounds = bounds
        unsafe bytes = .allocate(byteCount: bounds.bytesMax, alignment: 16)
        entries = [Entry](
            repeating: Entry(
                id: .none, topic: .position, state: .dropped, handle: .max, offset: 0, byteCount: 0,
                streamSeq: 0, sentNs: 0), count: bounds.messagesMax)
    }

    deinit { unsafe bytes.deallocate() }

    var isEmpty: Bool { first == end }
    var count: Int { Int(end - first) }
    var unsentCount: Int { Int(end - next) }

    private func place(_ token: UInt64) -> Int { Int(token % UInt64(bounds.messagesMax)) }

    /// A message that is in the window.
    subscript(token: UInt64) -> Entry {
        precondition(token >= first && token < end)
        return entries[place(token)]
    }

    /// Whether the token is of a message that is still in the window.
    func has(_ token: UInt64) -> Bool { token >= first && token < end }

    /// A message's bytes, for the call.
    func withBytes<Result>(_ token: UInt64, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let entry = self[token]
        // SAFETY: the entry's own range.
        return unsafe body(UnsafeRawBufferPointer(start: bytes + entry.offset, count: entry.byteCount))
    }

    /// The token of a message; nil when it is not in the window.
    func token(of id: MessageID) -> UInt64? {
        var (low, high) = (first, end)
        while low < high {
            let middle = low + (high - low) / 2
            if entries[place(middle)].id < id { low = middle + 1 } else { high = middle }
        }
        return low < end && entries[place(low)].id == id ? low : nil
    }

    // MARK: - In

    /// Adds a message behind the others; false when there is no room for it. With `conflates`, an unsent message about
    /// the same position is left out for it.
    mutating func append(
        _ id: MessageID, _ topic: PublishTopic, handle: UInt32, _ content: UnsafeRawBufferPointer,
        conflates: Bool
    ) -> Bool {
        precondition(content.count <= bounds.bytesMax / 2, "a message is much smaller than the window")
        guard count < bounds.messagesMax, let offset = room(content.count) else { return false }
        if let base = content.baseAddress {
            // SAFETY: the range is free and inside the window's bytes.
            unsafe (bytes + offset).copyMemory(from: base, byteCount: content.count)
        }
        let isPosition = topic == .position && handle != .max
        if isPosition {
            let index = Int(handle)
            while newest.count <= index {
                newest.append(0)
                newestStored.append(0)
            }
            let older = newest[index]
            if conflates && older > next && older > first && entries[place(older - 1)].state == .unsent {
                entries[place(older - 1)].state = .dropped
                conflatedCount += 1
            }
            newest[index] = end + 1
        }
        entries[place(end)] = Entry(
            id: id, topic: topic, state: .unsent, handle: isPosition ? handle : .max, offset: offset,
            byteCount: content.count, streamSeq: 0, sentNs: 0)
        end += 1
        bytesEnd = offset + content.count
        return true
    }

    /// Where so many bytes can go; nil when nowhere.
    private func room(_ byteCount: Int) -> Int? {
        if isEmpty { return 0 }
        let begin = entries[place(first)].offset
        if bytesEnd > begin || (bytesEnd == begin && entries[place(first)].byteCount == 0) {
            if bytesEnd + byteCount <= bounds.bytesMax { return bytesEnd }
            return byteCount < begin ? 0 : nil
        }
        return bytesEnd + byteCount < begin ? bytesEnd : nil
    }

    // MARK: - Out

    /// The next message to be sent now, as a token; nil when there is none or enough is under way.
    mutating func takeNext(nowNs: Int64) -> UInt64? {
        while next < end {
            let index = place(next)
            guard entries[index].state == .unsent else {
                next += 1
                continue
            }
            let byteCount = entries[index].byteCount
            if underWayCount >= bounds.underWayMax
                || (underWayCount > 0 && underWayBytes + byteCount > bounds.underWayBytesMax)
            {
                return nil
            }
            if isOvertaken(next) {
                drop(next)
                continue
            }
            if entries[index].sentNs != 0 { resentCount += 1 }
            entries[index].state = .underWay
            entries[index].sentNs = max(1, nowNs)
            underWayCount += 1
            underWayBytes += byteCount
            next += 1
            return next - 1
        }
        return nil
    }

    /// A newer state of the same position is stored: this one must not come after it.
    private func isOvertaken(_ token: UInt64) -> Bool {
        let entry = entries[place(token)]
        return entry.handle != .max && newestStored[Int(entry.handle)] > token + 1
    }

    private mutating func drop(_ token: UInt64) {
        entries[place(token)].state = .dropped
        conflatedCount += 1
    }

    /// When the oldest message that is under way was sent; nil when none is.
    var oldestSentNs: Int64? {
        if underWayCount == 0 { return nil }
        var token = first
        while token < next {
            let entry = entries[place(token)]
            if entry.state == .underWay { return entry.sentNs }
            token += 1
        }
        return nil
    }

    /// A message is stored.
    mutating func store(_ token: UInt64, streamSeq: UInt64) {
        let index = place(token)
        if entries[index].state == .underWay { settleUnderWay(index) }
        guard entries[index].state != .dropped else { return }
        entries[index].state = .stored
        entries[index].streamSeq = streamSeq
        let handle = entries[index].handle
        if handle != .max { newestStored[Int(handle)] = max(newestStored[Int(handle)], token + 1) }
    }

    /// A message was refused: it is not under way any more, and is sent again after a `rewind`.
    mutating func refuse(_ token: UInt64) {
        let index = place(token)
        guard entries[index].state == .underWay else { return }
        settleUnderWay(index)
        entries[index].state = .refused
    }

    private mutating func settleUnderWay(_ index: Int) {
        underWayCount -= 1
        underWayBytes -= entries[index].byteCount
    }

    /// Everything is to be sent again, in order; what was believed stored is believed no more until it is found again.
    mutating func rewind() {
        for token in first..<end {
            let index = place(token)
            if entries[index].state == .dropped { continue }
            if entries[index].state == .underWay { settleUnderWay(index) }
            entries[index].state = .unsent
            let handle = entries[index].handle
            if handle != .max && newestStored[Int(handle)] > first { newestStored[Int(handle)] = 0 }
        }
        next = first
    }

    /// Takes the oldest message out when nothing is to be done about it any more; nil when there is something.
    mutating func popSettled() -> Entry? {
        guard first < end else { return nil }
        let entry = entries[place(first)]
        guard entry.state == .stored || entry.state == .dropped else { return nil }
        first += 1
        if next < first { next = first }
        return entry
    }

    /// Takes everything out.
    mutating func removeAll() {
        first = end
        next = end
        underWayCount = 0
        underWayBytes = 0
    }
}
