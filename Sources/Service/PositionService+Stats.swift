import Accumulator
import CSeqlock
import Glibc
import LotMatching
import ShmReader

extension PositionService {
    /// The figures as they are now. Called with the lock held.
    func makeStats(_ keepers: [RingKeeper]) -> ServiceStats {
        let nowNs = pks_monotonic_ns()
        return ServiceStats(
            pid: UInt32(getpid()), startedRealtimeNs: startedRealtimeNs, uptimeNs: nowNs - startedNs,
            cpuNs: Self.processorNs(), residentBytes: Self.residentBytes(),
            books: keepers.map { stats(of: $0, nowNs: nowNs) })
    }

    private func stats(of keeper: RingKeeper, nowNs: Int64) -> BookStats {
        let host = keeper.host
        let told = host.ledger.told()
        let rings = keeper.kept.map { ring(of: $0, host, nowNs: nowNs) }
        return BookStats(
            book: host.name, status: host.reader.writerStatus(nowNs: nowNs), epoch: host.reader.epoch,
            method: host.options.config.method.name, appliedSeq: host.reader.appliedSeq,
            durableSeq: host.reader.durableSeq, hasJournal: host.journal != nil,
            heartbeatAgeNs: max(0, nowNs - host.reader.heartbeatNs), positions: host.reader.slotCount,
            positionsMax: host.reader.slotCapacity, counters: host.reader.counters,
            rejects: RejectReason.allCases.compactMap { reason in
                let count = host.reader.rejects(reason: Int(reason.rawValue))
                return count == 0 ? nil : (reason: reason, count: count)
            },
            distinctRejects: told.entries.sorted { $0.lastNs < $1.lastNs }.compactMap { reject($0, host) },
            rejectsNotTold: told.notTold, rings: rings.sorted { $0.producer < $1.producer },
            refusedRings: keeper.refusedRings, journal: host.journal?.stats, bus: host.bus.current)
    }

    private func ring(of kept: KeptRing, _ host: BookHost, nowNs: Int64) -> RingStats {
        kept.look(nowNs: nowNs)
        var status = kept.view.status()
        // The ring's own word for it can be scribbled upon; the writer's cannot.
        status.quarantineReason = host.mailbox.quarantineReason(of: kept.place)
        return RingStats(
            producer: kept.producer, capacity: kept.view.capacity, status: status,
            lagNs: kept.mark.map { max(0, nowNs - $0.ns) } ?? 0, isProducerAlive: kept.view.isProducerAlive)
    }

    private func reject(_ entry: RejectEntry, _ host: BookHost) -> DistinctReject? {
        guard let reason = RejectReason(rawValue: entry.reason) else { return nil }
        let isKnown = entry.handle != RejectEntry.noHandle
        let key = isKnown ? host.reader.key(of: Int(entry.handle)) : nil
        return DistinctReject(
            reason: reason, producer: entry.producer.text,
            key: key.map { KeyNames(account: $0.account, strategy: $0.strategy, symbol: $0.symbol) },
            count: entry.count, firstRealtimeNs: entry.firstNs, lastRealtimeNs: entry.lastNs,
            lastTradeID: entry.tradeID.text, lastSourceRef: entry.sourceRef)
    }

    private static func processorNs() -> Int64 {
        var time = timespec()
        // SAFETY: the time outlives the call.
        guard unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// The second number of /proc/self/statm counts pages.
    private static func residentBytes() -> Int {
        // SAFETY: the name lives for the call.
        let file = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return 0 }
        defer { _ = close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        // SAFETY: the array's storage lives for the closure.
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
        let fields = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
    }
}

extension ServiceOptions {
    /// Throws what contradicts itself, is out of bounds, or is not there on this machine.
    func check() throws(ServiceError) {
        if books.isEmpty { throw .badOptions(reason: "there is no book (name one with --book)") }
        var names: Set<String> = []
        for book in books {
            let name = book.config.name
            guard names.insert(name).inserted else {
                throw .badOptions(reason: "book \(name) stands there twice (name each book once)")
            }
            guard (1...BookWriter.ringsMax).contains(book.ringsMax) else {
                throw .badOptions(
                    reason: "book \(name): \(book.ringsMax) rings (from 1 to \(BookWriter.ringsMax))")
            }
            guard book.violationsMax > 0 else {
                throw .badOptions(reason: "book \(name): \(book.violationsMax) violations (at least 1)")
            }
            if let cpu = book.cpu, !ThreadSetup.isAllowed(cpu) { throw .badCPU(book: name, cpu: cpu) }
        }
    }
}
