import CSeqlock
import TestSupport

/// A disk that is slower than the feed: the producer sees a full ring, memory stays as it is, and all arrives.
struct SlowRow: FaultRow {
    private let options: FaultOptions
    private var outcome = FaultOutcome("slow")
    /// How much the daemon may grow once it is live: lots and identities that are touched for the first time.
    private static let growthBytesMax = 16 << 20

    init(_ options: FaultOptions) { self.options = options }

    mutating func run() -> FaultOutcome {
        let delays = options.isQuick ? [5_000] : [2_000, 10_000, 50_000]
        for micros in delays {
            for isDurableFirst in [false, true] {
                do {
                    try play(micros, isDurableFirst)
                    outcome.count(nil)
                } catch {
                    outcome.count("a sync takes \(micros) us, durable-first \(isDurableFirst): \(error)")
                }
            }
        }
        return outcome
    }

    private mutating func play(_ micros: Int, _ isDurableFirst: Bool) throws {
        let scene = try Scene(
            "slow", options: options, count: options.isQuick ? 4000 : 20_000,
            lines: ["durable_first = \(isDurableFirst)"])
        let daemon = try scene.start(
            strace: [
                "-o", "/dev/null", "-e", "trace=fdatasync", "-e",
                "inject=fdatasync:delay_enter=\(micros)",
            ])
        let pid = daemon.pid
        let atFirst = Subprocess.residentBytes(pid)
        var most = atFirst
        let isDone = Pace.until {
            scene.gateway.pump(4096)
            most = max(most, Subprocess.residentBytes(pid))
            return !daemon.isRunning || (scene.gateway.isDone && scene.gateway.freed == scene.gateway.put)
        }
        guard isDone, daemon.isRunning else { throw FaultFailure("not everything arrives: \(daemon.errors)") }
        guard scene.gateway.fullCount > 0 else { throw FaultFailure("the producer was never told to wait") }
        guard atFirst > 0, most - atFirst <= Self.growthBytesMax else {
            throw FaultFailure("memory went from \(atFirst) to \(most) bytes")
        }
        outcome.notes.append(
            "\(micros) us: full \(scene.gateway.fullCount) times, memory grew by \((most - atFirst) >> 10) KiB"
        )
        try daemon.stop()
        try scene.finish()
    }
}
