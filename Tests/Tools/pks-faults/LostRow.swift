import Glibc
import TestSupport

/// Files taken away from under a running daemon: it ends with status 74 and says what went, and the next life restores
/// everything. And parts of the journal that are gone when it starts: it refuses and names them.
final class LostRow: FaultRow {
    private let options: FaultOptions
    private var outcome = FaultOutcome("lost")

    init(_ options: FaultOptions) { self.options = options }

    func run() -> FaultOutcome {
        take("the segment is removed") { try ends("the segment") { Files.remove($0.place.segmentPath) } }
        take("the run directory is removed") {
            try ends("the lock") { Files.remove($0.place.runDirectory) }
        }
        take("the segment is cut short") {
            // SAFETY: the name lives for the call.
            try ends("the segment") { _ = unsafe truncate($0.place.segmentPath, 4096) }
        }
        take("the segment is cut to nothing") {
            // SAFETY: the name lives for the call.
            try ends("the segment") { _ = unsafe truncate($0.place.segmentPath, 0) }
        }
        take("the segment is replaced") {
            try ends("the segment") { scene in
                Files.remove(scene.place.segmentPath)
                try Files.write(scene.place.segmentPath, [1, 2, 3])
            }
        }
        take("the journal's lock is removed") {
            try ends("the journal's lock") { Files.remove($0.place.journal + "/lock") }
        }
        take("/dev/shm is emptied") { try shmIsEmptied() }
        take("the ring is removed") { try ringIsRemoved() }
        take("the newest segment of the journal is missing") { try startsWithout(newest: true) }
        take("the oldest segment of the journal is missing") { try startsWithout(newest: false) }
        take("the whole journal is missing") { try startsWithoutAll() }
        return outcome
    }

    private func take(_ what: String, _ body: () throws -> Void) {
        do {
            try body()
            outcome.count(nil)
        } catch { outcome.count("\(what): \(error)") }
        say("faults: lost: \(what)")
    }

    private func ends(_ words: String, _ lose: (Scene) throws -> Void) throws {
        let scene = try Scene("lost", options: options, count: 4000)
        let daemon = try scene.start()
        try scene.play(1500, into: daemon)
        try lose(scene)
        try fails(scene, daemon, words)
        // Where it was the run directory that went.
        try? Files.makeDirectory(scene.place.runDirectory)
        try scene.finish()
    }

    private func fails(_ scene: Scene, _ daemon: Daemon, _ words: String) throws {
        let (code, errors) = try scene.playUntilEnd(of: daemon)
        guard code == 74 else { throw FaultFailure("it ended with \(code): \(errors)") }
        guard errors.contains(words) else { throw FaultFailure("it does not say what: \(errors)") }
    }

    /// The rings go with the segment; what was not in the journal yet comes again from its source.
    private func shmIsEmptied() throws {
        let scene = try Scene("lost", options: options, count: 4000)
        let daemon = try scene.start()
        try scene.play(1500, into: daemon)
        for name in Files.names(in: "/dev/shm") where name.contains("-" + scene.place.book) {
            Files.remove("/dev/shm/" + name)
        }
        try fails(scene, daemon, "the segment")
        Files.remove(scene.place.runDirectory)
        try Files.makeDirectory(scene.place.runDirectory)
        try scene.rewind()
        try scene.finish(hasRewound: true)
    }

    /// Who removes a ring gives it up; the book goes on without it.
    private func ringIsRemoved() throws {
        let scene = try Scene("lost", options: options, count: 4000)
        let daemon = try scene.start()
        try scene.play(1500, into: daemon)
        Files.remove(scene.gateway.path)
        try scene.rewind()
        try playOut([scene.gateway], into: daemon)
        try daemon.stop()
        try scene.finish(hasRewound: true)
    }

    // MARK: - Journals that lack something

    /// A life of several segments that has ended well, with the producer's ring still there.
    private func played() throws -> Scene {
        let scene = try Scene(
            "lost", options: options, count: 18_000)
        let daemon = try scene.start()
        try playOut([scene.gateway], into: daemon)
        try daemon.stop()
        return scene
    }

    private func refuses(_ scene: Scene, _ file: String) throws {
        let run = try scene.command(["run", "--config", scene.configuration])
        guard run.code != 0, run.code < 128 else {
            throw FaultFailure("it ended with \(run.code): \(run.errors)")
        }
        guard run.errors.contains(file) else { throw FaultFailure("it does not name \(file): \(run.errors)") }
    }

    private func startsWithout(newest: Bool) throws {
        let scene = try played()
        let segments = Files.names(in: scene.place.journal).filter { $0.hasPrefix("journal-") }
        guard segments.count > 2, let file = newest ? segments.last : segments.first else {
            throw FaultFailure("there are no segments to lose: \(segments)")
        }
        // Without checkpoints it needs every record, and only the ring knows where the end was.
        for name in Files.names(in: scene.place.journal) where name.hasPrefix("checkpoint-") {
            Files.remove(scene.place.journal + "/" + name)
        }
        let path = scene.place.journal + "/" + file
        let bytes = try Files.bytes(path)
        Files.remove(path)
        try refuses(scene, scene.place.journal)
        try Files.write(path, bytes)
        try scene.finish()
    }

    private func startsWithoutAll() throws {
        let scene = try played()
        for name in Files.names(in: scene.place.journal) where name.hasPrefix("journal-") {
            Files.remove(scene.place.journal + "/" + name)
        }
        try refuses(scene, "checkpoint-")
    }
}
