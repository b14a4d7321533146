/// What one soak is made of. Every process of it gets the same plan, so that each can work out what the others do.
struct SoakPlan {
    /// How long producers send.
    var seconds = 600
    /// Fills a second of each producer, over all books.
    var rate = 200_000
    var producers = 3
    var books = 2
    var seed: UInt64 = 0
    /// Makes the names of books unique on this machine.
    var tag = ""
    /// Where the daemon and the producers keep their locks.
    var runDirectory = ""

    func book(_ index: Int) -> String { "soak-\(tag)-\(index)" }
    func producer(_ index: Int) -> String { "p\(index)" }

    /// Fills that one producer sends to one book.
    var fillsPerRing: Int { seconds * rate / books }

    /// Identities that a book remembers; less 32, because that wastes no memory.
    var identities: Int {
        // A tenth of a minute of all producers, at least a million.
        var places = 1 << 20
        while places < rate * producers / books * 13 { places *= 2 }
        return places - 32
    }

    /// For how long of event time identities are certainly remembered. Event time runs as real time would; a
    /// producer that falls back further than this behind the others has its fills refused, and the soak fails.
    var identityWindowSeconds: Int { max(1, identities * 9 / 10 / max(1, rate * producers / books)) }

    /// How much the daemon may grow after the first tenth: nothing to speak of, once the windows of identities are
    /// full. A short soak does not fill them; then the memory of the fills that still go in is no leak.
    var growthBytesMax: Int {
        let fills = fillsPerRing * producers
        let entering = min(identities, fills) - min(identities, fills / 10)
        return (16 << 20) + books * entering * 192
    }

    /// The plan as options of this program, for the processes that it starts.
    var options: [String] {
        [
            "--seconds", "\(seconds)", "--rate", "\(rate)", "--producers", "\(producers)", "--books",
            "\(books)",
            "--seed", "\(seed)", "--tag", tag, "--run-dir", runDirectory,
        ]
    }
}
