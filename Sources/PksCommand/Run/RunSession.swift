import Accumulator
import CSeqlock
import Configuration
import Glibc
import PositionText
import Service
import ShmReader
import Telemetry

/// One run of the daemon: start, ready, waiting for a signal, end. The main thread.
struct RunSession {
    private let configuration: ServiceConfiguration
    private let report: RunReport
    private var manager = ServiceManager()
    private var signals = endingSignals()
    private var nextStatusNs: Int64 = 0
    private var options: ServiceOptions
    private var bus: DaemonBus?

    /// Looks around so often while nothing happens, ms.
    private static let lookMs = 100
    private static let statusNs: Int64 = 5_000_000_000

    init(_ configuration: ServiceConfiguration, printsJSON: Bool) {
        self.configuration = configuration
        report = RunReport(printsJSON: printsJSON)
        options = ServiceOptions(books: [], runDirectory: "")
    }

    /// Runs until a signal comes. Call it on the main thread before there are others.
    mutating func run() throws(CommandError) -> ExitStatus {
        // SAFETY: the set outlives the call; threads that come later inherit the mask.
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        let service = try makeService()
        for cpu in service.leaveWriterCPUs() {
            BoundedOutput.errors.say("pks: CPU \(cpu) is the only one: a writer bound to it shares it")
        }
        let readyFile = try makeReadyFile(service)
        defer { readyFile?.remove() }
        let server = try serve(service)
        defer { server.stop() }
        do throws(ServiceError) { try service.start() } catch { throw CommandError(error) }
        report.began(service.books, metrics: server.address)
        if !awaitLive(service) {
            try startBus(service)
            if let readyFile { try show(readyFile, service) }
            let count = service.books.count
            manager.ready("live: \(count) book\(count == 1 ? "" : "s")")
            BoundedOutput.errors.say("pks: live, process \(getpid())")
            watch(service)
        }
        manager.stopping()
        let status = end(service)
        if let failure = service.failure { throw .said(.inputOutput, visible(failure)) }
        return status
    }

    private mutating func makeService() throws(CommandError) -> PositionService {
        options = configuration.options
        if let bus = configuration.bus { try DaemonBus.hold(&options, bus) }
        for place in options.books.indices {
            // Which identities share a bucket must not be for a sender to choose.
            options.books[place].config.hashSeed = UInt64.random(in: 0...UInt64.max)
        }
        do throws(ServiceError) {
            return try PositionService(options) { BoundedOutput.errors.say("pks: " + visible($0)) }
        } catch {
            throw CommandError(error)
        }
    }

    /// Only a daemon that has its books may touch the file: it may be another's.
    private func makeReadyFile(_ service: PositionService) throws(CommandError) -> ReadyFile? {
        guard let path = configuration.readyFile else { return nil }
        do throws(CommandError) { return try ReadyFile(path) } catch {
            service.abandon()
            throw error
        }
    }

    /// Begins to answer questions. A service that never starts takes its segments back.
    private func serve(_ service: PositionService) throws(CommandError) -> TelemetryServer {
        do throws(TelemetryError) {
            return try TelemetryServer(
                runDirectory: configuration.runDirectory, address: configuration.metrics,
                version: PksCommand.version
            ) {
                service.stats()
            }
        } catch {
            service.abandon()
            throw CommandError(serving: error)
        }
    }

    /// The books are live, so that what comes from the bus has somewhere to go. A server that is not there holds nothing
    /// up.
    private mutating func startBus(_ service: PositionService) throws(CommandError) {
        guard let configuration = configuration.bus else { return }
        do throws(CommandError) { bus = try DaemonBus(configuration, service, options) } catch {
            service.stop()
            throw error
        }
    }

    /// A ready file that cannot be shown ends the daemon: whoever waits for it would wait for ever.
    private func show(_ file: ReadyFile, _ service: PositionService) throws(CommandError) {
        do throws(CommandError) { try file.show() } catch {
            bus?.stop()
            service.stop()
            throw error
        }
    }

    /// Waits until every book is live. True when a signal came first.
    private mutating func awaitLive(_ service: PositionService) -> Bool {
        while !service.isLive {
            if service.failure != nil || nextSignal(ms: 2) != nil { return true }
        }
        return false
    }

    /// Waits for a signal, and tells systemd that all is well while it is.
    private mutating func watch(_ service: PositionService) {
        while service.failure == nil && nextSignal(ms: Self.lookMs) == nil {
            manager.sign(isWell: service.isHealthy())
            bus?.look()
            tellStatus(service)
        }
    }

    private mutating func tellStatus(_ service: PositionService) {
        let nowNs = pks_monotonic_ns()
        guard manager.isThere, nowNs >= nextStatusNs else { return }
        nextStatusNs = nowNs + Self.statusNs
        let stats = service.stats()
        let fills = stats.books.reduce(UInt64(0)) { $0 &+ $1.counters.fills }
        let rings = stats.books.reduce(0) { $0 + $1.rings.count }
        manager.status("\(stats.books.count) books, \(rings) rings, \(fills) fills")
    }

    private mutating func end(_ service: PositionService) -> ExitStatus {
        // What follows the books ends before them, while what came from the bus still becomes durable.
        if let bus {
            bus.beginStop()
            waitFor(service) { bus.hasStopped }
            bus.stop()
            self.bus?.look()
        }
        service.beginStop()
        waitFor(service) { service.hasStopped }
        service.stop()
        report.ended(service.stats(), leftCount: service.leftCount)
        let undurableCount = service.undurableCount
        if undurableCount == 0 || service.failure != nil { return .success }
        BoundedOutput.errors.say(
            "pks: \(undurableCount) records are in the book and not on disk (make room on the journal's disk and start "
                + "again: producers have them until they are told that they are safe)")
        return .inputOutput
    }

    /// Waits until something has ended. Whoever asks twice does not want to wait: the rings keep what was not taken, and the
    /// bus what was not acknowledged.
    private mutating func waitFor(_ service: PositionService, _ hasEnded: () -> Bool) {
        while !hasEnded() {
            if let signal = nextSignal(ms: 2) { _exit(128 + signal) }
            manager.sign(isWell: service.isHealthy())
        }
    }

    /// The signal that came within `ms`, or nil.
    private mutating func nextSignal(ms: Int) -> Int32? {
        var time = timespec(tv_sec: 0, tv_nsec: ms * 1_000_000)
        // SAFETY: both outlive the call; no details of the signal are wanted.
        let signal = unsafe sigtimedwait(&signals, nil, &time)
        return signal > 0 ? signal : nil
    }
}
