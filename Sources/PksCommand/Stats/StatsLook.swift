import Configuration
import PositionText
import Telemetry

/// One look at the daemons of a run directory.
struct StatsLook {
    let runDirectory: String
    /// Only this book; nil for all.
    let book: String?
    let timeoutMs: Int

    /// What came of a look.
    struct Found {
        /// Daemons that answered, with the books that were asked for.
        var daemons: [JSONValue] = []
        /// Daemons that did not, a sentence each.
        var troubles: [String] = []
    }

    /// Asks one daemon after the other. Throws when there is nothing to show and nothing to complain of.
    func look() throws(CommandError) -> Found {
        var found = Found()
        var books: [String] = []
        for socket in DaemonSockets.all(in: runDirectory) {
            let answer = StatsRequest.get("/stats", socket: socket.path, timeoutMs: timeoutMs)
            switch answer {
            case .success(let bytes):
                guard let daemon = JSONValue(bytes) else {
                    found.troubles.append(
                        "daemon \(socket.pid): \(socket.path): its answer is no JSON "
                            + "(is it of another version?)")
                    continue
                }
                let named = (daemon["books"]?.elements ?? []).compactMap { $0["book"]?.plainText }
                books += named
                if let book, !named.contains(book) { continue }
                found.daemons.append(only(daemon))
            case .failure(.dead): continue
            case .failure(let failure): found.troubles.append(trouble(failure, socket))
            }
        }
        if found.daemons.isEmpty && found.troubles.isEmpty { throw nothing(books) }
        return found
    }

    private func trouble(_ failure: StatsRequest.Failure, _ socket: (pid: Int32, path: String)) -> String {
        let name = "daemon \(socket.pid): \(socket.path)"
        switch failure {
        case .timeout:
            let limit = DurationText.text(Int64(timeoutMs) * 1_000_000)
            return
                "\(name): no answer within \(limit) (is it stopped, or the machine overloaded? --timeout waits "
                + "longer)"
        case .unexpected(let what): return "\(name): \(what) (is it of another version?)"
        case .system(let operation, let code): return "\(name): \(operation): \(errnoText(code))"
        case .dead: return "\(name): nobody listens"
        }
    }

    private func nothing(_ books: [String]) -> CommandError {
        if let book, !books.isEmpty {
            let nearest = Suggestion.nearest(to: book, in: books)
            return .failed(
                .unavailable, what: "stats --book \(shown(book))", why: "no daemon here has that book",
                advice: nearest.map { "did you mean \($0)?" } ?? "there are \(books.joined(separator: ", "))")
        }
        return .failed(
            .unavailable, what: "stats", why: "no daemon runs in \(runDirectory)",
            advice: "start one with pks run, or name its --run-dir")
    }

    /// The daemon with the asked book only.
    private func only(_ daemon: JSONValue) -> JSONValue {
        guard let book else { return daemon }
        return .object(
            daemon.fields.map { field in
                guard field.name == "books" else { return field }
                let books = field.value.elements.filter { $0["book"] == .text(book) }
                return JSONField(name: field.name, value: .array(books))
            })
    }
}

extension StatsLook.Found {
    /// Success, or all troubles.
    func verdict() throws(CommandError) -> ExitStatus {
        if !troubles.isEmpty { throw .lines(.unavailable, troubles) }
        return .success
    }

    /// An array of the daemons: on one line, or one a line.
    func json(lines: Bool) -> String {
        let texts = daemons.map { daemon in
            var json = JSONText()
            daemon.append(nil, to: &json)
            return String(decoding: json.bytes, as: UTF8.self)
        }
        if !lines { return "[" + texts.joined(separator: ",") + "]\n" }
        return texts.isEmpty ? "[]\n" : "[\n" + texts.joined(separator: ",\n") + "\n]\n"
    }

    /// Tables for a person.
    func text() -> String {
        daemons.map { StatsTables(daemon: $0).text(Terminal.standardOutput) }.joined(separator: "\n")
    }
}
