import Glibc
import ShmReader
import TestSupport

/// Errors of the disk: what can pass is waited out with nothing acknowledged and nothing lost; what cannot ends the
/// daemon with status 74 and without a second try.
final class ErrorRow: FaultRow {
    private let options: FaultOptions
    private var outcome = FaultOutcome("errors")
    /// Calls, their errors, and how often they were given.
    private var injections: [String] = []

    init(_ options: FaultOptions) { self.options = options }

    func run() -> FaultOutcome {
        let passing = [
            ("pwrite64", "ENOSPC"), ("pwrite64", "EINTR"), ("pwrite64", "EAGAIN"), ("pwrite64", "ECANCELED"),
            ("pwrite64", "EDQUOT"), ("io_uring_enter", "EINTR"),
            ("io_uring_enter", "EAGAIN"),
        ]
        for (call, error) in passing.prefix(options.isQuick ? 3 : passing.count) {
            take("\(call) gives \(error)") { try passes(call, error) }
        }
        let final = [
            ("fdatasync", "EIO", "off"), ("fdatasync", "EIO", "on"), ("fdatasync", "ENOSPC", "off"),
            ("pwrite64", "EIO", "off"),
        ]
        for (call, error, ring) in final.prefix(options.isQuick ? 1 : final.count) {
            take("\(call) gives \(error), io_uring \(ring)") { try ends(call, error, ring: ring) }
        }
        fillDisk()
        outcome.notes.append("calls failed: " + injections.joined(separator: ", "))
        return outcome
    }

    private func take(_ what: String, _ body: () throws -> Void) {
        do {
            try body()
            outcome.count(nil)
        } catch { outcome.count("\(what): \(error)") }
    }

    /// The second call of a thread fails and one in so many after it; all fills arrive all the same, each once.
    private func passes(_ call: String, _ error: String) throws {
        let scene = try Scene(
            "errors", options: options, count: options.isQuick ? 2000 : 9000)
        let trace = scene.place.path + "/trace"
        try makeFiles(scene)
        let daemon = try scene.start(
            strace: [
                "-o", trace, "-e", "trace=\(call)", "-e",
                "inject=\(call):error=\(error):when=2+\(options.isQuick ? 3 : 15)",
            ],
            variables: call == "io_uring_enter" ? [:] : ["PKS_IO_URING": "off"])
        try playOut([scene.gateway], into: daemon)
        try daemon.stop()
        let count = Files.text(trace).split(separator: "\n").count { $0.contains("(INJECTED)") }
        guard count > 0 else { throw FaultFailure("nothing was injected") }
        injections.append("\(call) \(error) \(count)")
        try scene.finish()
    }

    /// A first life makes the files: a daemon that cannot make them refuses to start.
    private func makeFiles(_ scene: Scene) throws {
        let daemon = try scene.start()
        try scene.play(300, into: daemon)
        try daemon.stop()
    }

    /// The call fails once: the daemon ends with 74, says why, and never asks that file again.
    private func ends(_ call: String, _ error: String, ring: String) throws {
        let scene = try Scene("errors", options: options, count: 3000)
        try makeFiles(scene)
        let trace = scene.place.path + "/trace"
        let daemon = try scene.start(
            strace: ["-o", trace, "-e", "trace=\(call)", "-e", "inject=\(call):error=\(error):when=4"],
            variables: ["PKS_IO_URING": ring])
        let (code, errors) = try scene.playUntilEnd(of: daemon)
        guard code == 74 else { throw FaultFailure("it ended with \(code): \(errors)") }
        guard errors.contains("writing failed"), errors.contains("start again") else {
            throw FaultFailure("it does not say why: \(errors)")
        }
        let lines = Files.text(trace).split(separator: "\n")
        guard let failed = lines.first(where: { $0.contains("(INJECTED)") }) else {
            throw FaultFailure("nothing was injected")
        }
        let thread = failed.prefix { $0 != " " } + " "
        let after = lines.drop { $0 != failed }.dropFirst()
        guard !after.contains(where: { $0.hasPrefix(thread) && $0.contains("\(call)(") }) else {
            throw FaultFailure("the thread tried again after \(failed): \(after.joined(separator: " | "))")
        }
        try scene.finish()
    }

    // MARK: - A full disk

    /// A file system of 3 MiB that is full until it is made larger.
    private func fillDisk() {
        do {
            let scene = try Scene("full", options: options, count: 20_000)
            // SAFETY (all of this function): names and options live for the calls.
            try Files.makeDirectory(scene.place.journals)
            guard unsafe mount("none", scene.place.journals, "tmpfs", 0, "size=3m,mode=0700") == 0 else {
                return outcome.notes.append("a full file system was not tried: no right to mount one")
            }
            defer { _ = unsafe umount2(scene.place.journals, Int32(MNT_DETACH)) }
            take("a full file system") { try isFull(scene) }
        } catch { outcome.count("a full file system: \(error)") }
    }

    private func isFull(_ scene: Scene) throws {
        let daemon = try scene.start()
        let reader = try SegmentReader(book: scene.place.book)
        let isSeen = Pace.until {
            scene.gateway.pump(64)
            if case .degraded(let reasons) = reader.writerStatus() { return reasons & 8 != 0 }
            return !daemon.isRunning
        }
        guard isSeen, daemon.isRunning else { throw FaultFailure("readers are not told: \(daemon.errors)") }
        let list = try scene.command(["ls"])
        guard
            list.output.split(separator: "\n").contains(where: {
                $0.contains(scene.place.book) && $0.contains("the journal cannot be written")
            })
        else { throw FaultFailure("pks ls does not say it: \(list.output)") }
        // The ring fills up. What the last file still has room for may be acknowledged on the way there; once
        // nothing moves any more, nothing is given back.
        var (freed, applied): (UInt64, UInt64) = (0, 0)
        let isFull = Pace.until {
            (freed, applied) = (scene.gateway.freed, scene.gateway.applied)
            guard scene.gateway.pump(64) == 0 else { return false }
            Pace.rest(ms: 300)
            return scene.gateway.freed == freed && scene.gateway.applied == applied
        }
        guard isFull else { throw FaultFailure("the ring never fills up") }
        guard scene.gateway.put - freed >= 1000 else { throw FaultFailure("room was given back") }
        Pace.rest(ms: 300)
        guard scene.gateway.freed == freed else {
            throw FaultFailure("records \(freed) to \(scene.gateway.freed) were acknowledged on a full disk")
        }
        // SAFETY: names and options live for the call.
        guard unsafe mount("none", scene.place.journals, "tmpfs", UInt(MS_REMOUNT), "size=64m") == 0
        else { throw FaultFailure("the file system cannot be made larger: errno \(errno)") }
        try playOut([scene.gateway], into: daemon)
        guard Pace.until({ reader.writerStatus() == .live }) else {
            throw FaultFailure("readers are not told that it works again: \(reader.writerStatus())")
        }
        try daemon.stop()
        try scene.finish()
    }
}
