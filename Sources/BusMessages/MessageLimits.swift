import CBusMessages

/// What a message from the bus may be at most. A message beyond is refused as a whole, whatever it holds.
public struct MessageLimits: Sendable, Equatable {
    /// The longest message in bytes.
    public var bytesMax: Int
    /// The most fills in one message.
    public var fillsMax: Int
    /// The most keys (account, strategy, symbol) that are ever told apart.
    public var keysMax: Int

    /// The product's limits: 1 MiB, which is also what a NATS server takes unless told otherwise, and 1000 fills.
    public init(bytesMax: Int = 1 << 20, fillsMax: Int = 1000, keysMax: Int = 1 << 20) {
        precondition(
            bytesMax > 0 && bytesMax <= 1 << 26 && fillsMax > 0 && fillsMax <= 1 << 20 && keysMax > 0)
        self.bytesMax = bytesMax
        self.fillsMax = fillsMax
        self.keysMax = keysMax
    }

    /// What unpacking any message within the limits takes at most, when it has no field that we do not know: its
    /// texts, each rounded up, the fills, two pointers to each, and what protobuf-c notes on each while it scans (it
    /// grows that in steps, and what it grew out of is not given back).
    var arenaBytes: Int {
        // SAFETY: only the size of the type is asked for.
        let fillBytes = unsafe MemoryLayout<Pks__Bus__V1__Fill>.size
        let textsBytes = bytesMax + fillsMax * 12 * 8
        return textsBytes + fillsMax * (fillBytes + 16 + Self.scanBytes * 2) + 64 * 1024
    }

    /// What protobuf-c keeps of a field that it has seen.
    private static let scanBytes = 48
}
