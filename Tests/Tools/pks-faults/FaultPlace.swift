import Glibc

/// A book of its own with everything that belongs to it: directories, names in shared memory. Goes with its owner.
final class FaultPlace {
    let book: String
    let path: String
    var runDirectory: String { path + "/run" }
    var journals: String { path + "/journal" }
    /// The book's own journal.
    var journal: String { journals + "/" + book }
    var segmentPath: String { "/dev/shm/pks-positions-v1-" + book }

    init(_ tag: String) throws {
        var name = Array("/tmp/pks-faults-XXXXXX".utf8CString)
        // SAFETY: the array is a text that ends in NUL and lives for the call.
        guard unsafe mkdtemp(&name) != nil else { throw FaultFailure("mkdtemp: errno \(errno)") }
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        book = "faults-\(tag)-" + path.suffix(6)
        // SAFETY: the name lives for the call.
        _ = unsafe mkdir(runDirectory, 0o700)
    }

    deinit {
        FileText.remove(path)
        for name in FileText.names("/dev/shm") where name.contains("-" + book) {
            FileText.remove("/dev/shm/" + name)
        }
    }

    var variables: [String: String] { ["PKS_RUN_DIR": runDirectory] }

    /// Writes the daemon's configuration; `lines` are keys of the book beyond the usual small bounds.
    func configure(_ lines: [String]) throws -> String {
        let text = """
            [service]
            run_dir = "\(runDirectory)"

            [[book]]
            name = "\(book)"
            journal = "\(journals)"
            positions = 64
            lots = 4096
            identities = 65504
            prefault = "0B"

            """ + lines.map { $0 + "\n" }.joined()
        let file = path + "/pks.toml"
        try FileText.write(file, Array(text.utf8))
        return file
    }
}
