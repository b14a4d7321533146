import TestSupport

/// io_uring refused by the system or switched off: the same records in the journal, byte for byte.
struct SeccompRow: FaultRow {
    private let options: FaultOptions
    private var outcome = FaultOutcome("seccomp")

    init(_ options: FaultOptions) { self.options = options }

    mutating func run() -> FaultOutcome {
        do {
            let usual = try journal(strace: nil, variables: [:], usesRing: nil)
            let refused = ["EPERM", "ENOSYS", "EACCES", "ENOMEM"].prefix(options.isQuick ? 1 : 4)
            for error in refused {
                let found = try journal(
                    strace: ["-o", "/dev/null", "-e", "inject=io_uring_setup:error=\(error)"], variables: [:],
                    usesRing: false)
                outcome.count(found == usual ? nil : "after \(error) the journal has other records")
            }
            let off = try journal(strace: nil, variables: ["PKS_IO_URING": "off"], usesRing: false)
            outcome.count(off == usual ? nil : "without io_uring the journal has other records")
        } catch { outcome.failures.append("\(error)") }
        return outcome
    }

    /// The records of a journal, all of them put before the daemon begins, so that their order is always the same.
    private mutating func journal(
        strace: [String]?, variables: [String: String], usesRing: Bool?
    ) throws -> [String] {
        let scene = try Scene("seccomp", options: options, count: 3000, recordCapacity: 8192)
        scene.gateway.pump(3000)
        guard scene.gateway.isDone else { throw FaultFailure("the ring is too small") }
        let daemon = try scene.start(strace: strace, variables: variables)
        try playOut([scene.gateway], into: daemon)
        let hasRing = daemon.output.contains("io_uring")
        try daemon.stop()
        if let usesRing, usesRing != hasRing {
            throw FaultFailure("it does not say how it writes: \(daemon.output)")
        }
        if usesRing == nil && !hasRing { outcome.notes.append("this system has no io_uring to refuse") }
        let cat = try scene.command(["journal", "cat", scene.place.journal, "--json"])
        guard cat.code == 0 else { throw FaultFailure("pks journal cat: \(cat.errors)") }
        try scene.finish()
        let lines = cat.output.split(separator: "\n").map { String($0) }
        // A RING record has the ring's own random number.
        let records = lines.filter { !$0.contains("\"ring_epoch\"") }
        guard records.count >= 3000 else {
            throw FaultFailure("only \(records.count) of \(lines.count) lines")
        }
        return records
    }
}
