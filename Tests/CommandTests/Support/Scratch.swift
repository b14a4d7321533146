import Foundation
import TestSupport
import Testing

/// A directory and a book name of one test's own. What they leave behind goes with this value.
struct Scratch: ~Copyable {
    private let directory: TestDirectory
    var path: String { directory.path }
    /// A book that no other test has.
    var book: String { "ct-" + directory.tag }
    var runDirectory: String { file("run") }

    init() throws {
        let directory = try TestDirectory()
        try Files.makeDirectory(directory.file("run"))
        self.directory = directory
    }

    deinit { for name in sharedMemory() { Files.remove("/dev/shm/" + name) } }

    /// The path of a file in here.
    func file(_ name: String) -> String { directory.file(name) }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try directory.write(name, text) }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String { try directory.write(name, bytes) }

    /// The text of a file in here; empty when there is none.
    func text(_ name: String) -> String { directory.text(name) }

    /// The rows of a CSV file in here whose fields have no quotes, without the header.
    func rows(_ name: String) -> [[String]] {
        text(name).split(separator: "\n").dropFirst().map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
        }
    }

    /// Names in shared memory that belong to this test's books.
    func sharedMemory() -> [String] { Files.names(in: "/dev/shm").filter { $0.contains(book) } }
}

/// The path of a file in this target's Fixtures.
func fixture(_ name: String) throws -> String {
    try #require(Bundle.module.path(forResource: "Fixtures/" + name, ofType: nil))
}
