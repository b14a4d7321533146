import TestSupport

/// A book of its own with everything that belongs to it: directories, names in shared memory. Goes with its owner.
final class FaultPlace {
    private let directory: TestDirectory
    let book: String
    var path: String { directory.path }
    var runDirectory: String { path + "/run" }
    var journals: String { path + "/journal" }
    /// The book's own journal.
    var journal: String { journals + "/" + book }
    var segmentPath: String { "/dev/shm/pks-positions-v1-" + book }

    init(_ tag: String) throws {
        directory = try TestDirectory()
        book = "faults-\(tag)-\(directory.tag)"
        try Files.makeDirectory(runDirectory)
    }

    deinit {
        for name in Files.names(in: "/dev/shm") where name.contains("-" + book) {
            Files.remove("/dev/shm/" + name)
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
        return try directory.write("pks.toml", text)
    }
}
