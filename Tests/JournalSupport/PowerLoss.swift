public import TestSupport

/// Goes along the log of a simulated directory and says, at any step, what a disk may hold when the power fails there:
/// everything that was synced, and of each sector written since either the old content, the new, or a mixture.
public struct PowerLoss {
    /// Steps of the log that have happened.
    public private(set) var steps = 0
    private let log: [SimulatedDirectory.Step]
    private var durable: [String: [UInt8]]
    private var pending: [(name: String, offset: Int, bytes: [UInt8])] = []

    /// Before the first step.
    public init(_ directory: SimulatedDirectory) {
        log = directory.log
        durable = directory.beginning
    }

    /// How long the log is.
    public var stepCount: Int { log.count }

    /// Lets the next step happen.
    public mutating func advance() {
        switch log[steps] {
        case .create(let name, let bytes): durable[name] = bytes
        case .remove(let name): durable[name] = nil
        case .write(let name, let offset, let bytes): pending.append((name, offset, bytes))
        case .sync(let name):
            for write in pending where write.name == name {
                durable[name]?.replaceSubrange(
                    write.offset..<write.offset + write.bytes.count, with: write.bytes)
            }
            pending.removeAll { $0.name == name }
        }
        steps += 1
    }

    /// Lets steps happen until there are `count`.
    public mutating func advance(to count: Int) {
        while steps < count { advance() }
    }

    /// A disk after the power has failed here.
    public func disk(_ random: inout SeededRandom) -> SimulatedDirectory {
        var left = durable
        let habit = Int.random(in: 0..<4, using: &random)
        for write in pending.shuffled(using: &random) {
            for sector in stride(from: 0, to: write.bytes.count, by: 512) {
                let choice = habit == 3 ? Int.random(in: 0..<3, using: &random) : habit
                var end = min(sector + 512, write.bytes.count)
                if choice == 0 { continue }
                if choice == 2 { end = sector + Int.random(in: 0...end - sector, using: &random) }
                left[write.name]?.replaceSubrange(
                    write.offset + sector..<write.offset + end, with: write.bytes[sector..<end])
            }
        }
        return SimulatedDirectory(files: left)
    }
}
