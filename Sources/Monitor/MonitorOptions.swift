/// What the monitor is told before it starts.
package struct MonitorOptions: Sendable, Equatable {
    /// The books to show; nil: all there are, as they come and go.
    package var books: [String]?
    /// Which rows.
    package var filter = TextFilter.everything
    /// In which order; nil: by book, account, strategy and symbol.
    package var order = SortOrder(.book)
    /// How often the screen is brought up to date, ns.
    package var intervalNs: Int64 = 100_000_000
    /// Where segments are; anything else than the default is for tests.
    package var directory = "/dev/shm"

    /// The defaults: every book, every row, ten times a second.
    package init() {}
}
