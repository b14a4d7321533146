/// What JetStream says about a delivery in the subject for its acknowledgement:
/// `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<stored ns>.<pending>`, or the same with a
/// domain and an account before the stream and, perhaps, one token more at the end. Parsing allocates nothing.
struct AckReply: Equatable {
    /// How often this message was delivered, this time included.
    var deliveryCount: UInt64
    /// Its place in the stream.
    var streamSequence: UInt64
    /// The consumer's number of this delivery.
    var consumerSequence: UInt64
    /// When the server stored it, ns since 1970.
    var storedNs: Int64
    /// Messages for this consumer that were not delivered yet.
    var pendingCount: UInt64

    /// The longest subject that is taken for one.
    static let bytesMax = 1024

    /// Nil for anything else.
    init?(_ subject: UnsafeRawBufferPointer) {
        if subject.count > Self.bytesMax { return nil }
        var starts = InlineArray<13, Int>(repeating: 0)
        var count = 1
        // SAFETY (all of it): indices stay below the count of bytes.
        for place in 0..<subject.count where unsafe subject[place] == UInt8(ascii: ".") {
            if count == 13 { return nil }
            starts[count] = place + 1
            count += 1
        }
        let first: Int
        switch count {
        case 9: first = 4
        case 11, 12: first = 6
        default: return nil
        }
        func number(_ token: Int) -> UInt64? {
            let end = token + 1 < count ? starts[token + 1] - 1 : subject.count
            return unsafe Self.number(UnsafeRawBufferPointer(rebasing: subject[starts[token]..<end]))
        }
        guard unsafe subject.starts(with: Self.prefix), let deliveryCount = number(first),
            let streamSequence = number(first + 1), let consumerSequence = number(first + 2),
            let storedNs = number(first + 3), let pendingCount = number(first + 4), streamSequence > 0
        else { return nil }
        self.deliveryCount = deliveryCount
        self.streamSequence = streamSequence
        self.consumerSequence = consumerSequence
        self.storedNs = Int64(clamping: storedNs)
        self.pendingCount = pendingCount
    }

    /// What a delivery of a message would say, as far as the stream knows.
    init(streamSequence: UInt64, storedNs: Int64) {
        deliveryCount = 0
        self.streamSequence = streamSequence
        consumerSequence = 0
        self.storedNs = storedNs
        pendingCount = 0
    }

    private static let prefix = Array("$JS.ACK.".utf8)

    private static func number(_ text: UnsafeRawBufferPointer) -> UInt64? {
        // SAFETY: the bytes live for the call.
        if unsafe text.isEmpty { return nil }
        var value: UInt64 = 0
        for index in 0..<text.count {
            // SAFETY: the index is below the count.
            let digit = unsafe UInt64(text[index] &- UInt8(ascii: "0"))
            let (product, high) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(digit)
            if digit > 9 || high || carry { return nil }
            value = sum
        }
        return value
    }
}
