import CSeqlock
import ShmReader

/// `pks ls`: the segments of this machine.
enum ListVerb: Verb {
    static let spec = VerbSpec(
        name: "ls", summary: "the books in shared memory, and how their writers are",
        synopsis: "[--json]",
        description: [
            "Lists every positions segment in /dev/shm: the book, the state of its writer (starting, live, "
                + "degraded, stale, dead, stopped, retired; denied or broken, with the reason, when the segment cannot "
                + "be attached), the writer's process, the age of its heartbeat, how many positions there are, "
                + "and up to which record they are applied and durable."
        ],
        operand: nil,
        options: [OptionSpec("json", .flag, "Print JSON: one array, a segment a line.")],
        examples: [("ls", "What is there."), ("ls --json", "The same, for a program.")],
        exits: [
            (.success, "Listed, even when there is nothing or something is broken."),
            (.usage, "The command line is wrong."), (.unavailable, "/dev/shm cannot be read."),
        ])

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        let books: [String]
        do throws(AttachError) { books = try SegmentLister.books() } catch { throw CommandError(error) }
        let entries = books.map { ListEntry(book: $0) }
        let output = ByteWriter.standardOutput()
        if options.flag("json") {
            try output.write(ListEntry.json(entries))
        } else if entries.isEmpty {
            say("pks: no segments in /dev/shm (pks replay FILE --keep makes one)")
        } else {
            try output.write(ListEntry.table(entries, Terminal.standardOutput))
        }
        try output.flush()
        return .success
    }
}
