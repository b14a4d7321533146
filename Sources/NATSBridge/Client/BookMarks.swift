/// How far a book's daemon is on the bus, by the files beside its journal. For looking; the daemon may run meanwhile.
public struct BookMarks: Sendable {
    /// How far the book is in its stream of fills; nil when it never took any.
    public var taken: IngestPosition?
    /// How far its messages are on the bus; nil when it never published any.
    public var published: PublisherCursor?

    /// Reads them in the directory of the book's journal. Throws `file` when one of them cannot be believed.
    public init(journal path: String) throws(BusError) {
        taken = try IngestPositionFile(directory: path).read()
        published = try CursorFile(journal: path).read()
    }
}
