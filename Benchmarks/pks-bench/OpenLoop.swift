import CSeqlock

/// Load at a fixed rate: something is due every so many ns, whether the one before it was seen or not, and a late one
/// is late from when it was due. A stall anywhere therefore counts for all that it delays (no coordinated omission): also
/// for those that would have been due after the last of a block while that one was still on its way.
///
/// One thread sends and looks, so that one clock times both ends. While something is out it looks `looksMax` times
/// between two readings of the clock, because reading the clock takes as long as the look itself.
struct OpenLoop {
    /// Between two that are due.
    let intervalNs: Int64
    static var looksMax: Int { 32 }

    /// `count` of them, numbered from 0: `put` sends one, `isSeen` looks whether one has arrived; they arrive in order.
    @inline(__always)
    func run(
        _ count: Int, _ far: FarSide, put: (Int) throws -> Void, isSeen: (Int) throws -> Bool
    ) throws -> BlockTimes {
        var times = BlockTimes(count: count)
        var putNs = [Int64](repeating: 0, count: count)
        var (sent, seen) = (0, 0)
        var patience = Patience(far)
        var nowNs = pks_monotonic_ns()
        let firstNs = nowNs + intervalNs
        while seen < count {
            while sent < count, nowNs >= firstNs + Int64(sent) * intervalNs {
                putNs[sent] = nowNs
                try put(sent)
                sent += 1
                // Late ones follow at once; when this one was the last that is due, the clock can wait.
                if nowNs >= firstNs + Int64(sent) * intervalNs { nowNs = pks_monotonic_ns() }
            }
            var looks = 0
            while seen < sent, looks < Self.looksMax {
                if try isSeen(seen) {
                    nowNs = pks_monotonic_ns()
                    times.measured[seen] = UInt64(clamping: nowNs - putNs[seen])
                    times.response[seen] = UInt64(clamping: nowNs - firstNs - Int64(seen) * intervalNs)
                    seen += 1
                } else {
                    try patience.count()
                    looks += 1
                }
            }
            if seen == sent { pks_cpu_relax() }
            nowNs = pks_monotonic_ns()
        }
        times.addDelayed(from: firstNs + Int64(count) * intervalNs, everyNs: intervalNs, untilNs: nowNs)
        return times
    }
}

/// The times of one block, ns each, in the order in which they were taken.
struct BlockTimes {
    /// From sending to seeing.
    var measured: [UInt64]
    /// From when it was due; empty where nothing is due.
    var response: [UInt64]
    /// Means of whole blocks without a clock inside, where they are taken: resting, and busy.
    var means: (quietNs: Double, busyNs: Double)?

    init(count: Int) {
        measured = Array(repeating: 0, count: count)
        response = measured
    }

    init(measured: [UInt64]) { (self.measured, response) = (measured, []) }

    /// Times from when it was due until it had gone one way, ns: of a round trip (`share` 2) the way back is not counted.
    func oneWayFromDue(clockNs: Double, share: Double) -> [Double] {
        response.enumerated().map { index, ns in
            let wayBack = index < measured.count ? (Double(measured[index]) - clockNs) * (1 - 1 / share) : 0
            return Double(ns) - clockNs - wayBack
        }
    }

    /// More than this of what a stall delayed after a block is not noted: at one a microsecond, two seconds of it.
    static var delayedMax: Int { 2_000_000 }

    /// Adds what was due while the last of the block was still on its way, and could not be sent: each has waited from
    /// when it was due until then, at least.
    mutating func addDelayed(from dueNs: Int64, everyNs: Int64, untilNs: Int64) {
        var (dueNs, left) = (dueNs, Self.delayedMax)
        while dueNs < untilNs, left > 0 {
            response.append(UInt64(untilNs - dueNs))
            dueNs += everyNs
            left -= 1
        }
    }
}
