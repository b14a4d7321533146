import Accumulator
import Service

extension ConfigurationReader {
    /// Looks for values that are right by themselves and wrong together.
    mutating func judge() {
        judgeMetrics()
        judgeCPUs()
        for book in books { judgeBook(book) }
        judgeClasses()
        judgeNATS()
    }

    private mutating func judgeMetrics() {
        guard let address = service[.metrics], let isPublic = service[.metricsPublic] else { return }
        if let stated = address.value.address, !stated.isLoopback, !isPublic.value.flag {
            decoder.mistakes.add(
                address.origin, "metrics on \(stated), which other machines can reach",
                "a loopback address such as 127.0.0.1:\(stated.port) was expected",
                "if that is meant, set metrics_public = true or --metrics-public: there is no password")
        }
        if isPublic.value.flag, address.value == .none {
            decoder.mistakes.warn(
                isPublic.origin, "metrics_public without metrics", "it says nothing by itself",
                "set metrics to an address")
        }
    }

    private mutating func judgeCPUs() {
        var first: [Int: BookConfiguration] = [:]
        for book in books {
            guard let cpu = book.cpu else { continue }
            if let other = first[cpu] {
                decoder.mistakes.warn(
                    book[.pin].origin,
                    "the books \(quoted(other.name)) and \(quoted(book.name)) share CPU \(cpu)",
                    "each writer waits while the other one works", "pin one of them to another CPU")
            } else {
                first[cpu] = book
            }
        }
        let spinning = books.filter { $0[.wait].value == .wait(.spin) }
        if spinning.count >= decoder.machine.cpus.count, let last = spinning.last {
            decoder.mistakes.warn(
                last[.wait].origin,
                "\(spinning.count) writers spin on \(cpuRanges(decoder.machine.cpus))",
                "nothing is left for producers and readers", "use adaptive for some of them")
        }
    }

    private mutating func judgeBook(_ book: BookConfiguration) {
        if book[.lateAfter].value.durationNs > book[.identityWindow].value.durationNs {
            decoder.mistakes.warn(
                book[.lateAfter].origin, "late_after is longer than identity_window",
                "fills between the two can be refused as beyond_window before they count as late",
                "make identity_window at least as long")
        }
        judgeJournal(book)
    }

    private mutating func judgeJournal(_ book: BookConfiguration) {
        let hasJournal = book[.journal].value.text?.isEmpty == false
        if !hasJournal && book[.durableFirst].value == .flag(true) {
            decoder.mistakes.add(
                book[.durableFirst].origin, "durable-first without a journal", "nothing ever becomes durable",
                "state where the journal is: journal = \"/var/lib/pks/journal\" or --journal DIR")
        }
        // A journal's records keep the number of the ring in the same word as that of the position.
        if hasJournal && book[.positions].value.count == 1 << 24 {
            decoder.mistakes.add(
                book[.positions].origin, "16777216 positions with a journal", "16777215 is the most",
                "take one away")
        }
        if book[.journalSegment].value.bytes < 1 << 20 || book[.journalSegment].value.bytes > 1 << 36 {
            decoder.mistakes.add(
                book[.journalSegment].origin, "journal_segment", "1MiB to 64GiB was expected", nil)
        }
    }

    /// A class that is misspelled would leave its instruments with another method. What stands in [defaults] goes
    /// for many books, and one of them is enough.
    mutating func judgeClasses() {
        var classes: [Origin: Set<String>] = [:]
        for book in books {
            let known = Set(book.table.all.map(\.instrumentClass))
            for item in book.classMethods { classes[item.method.origin, default: []].formUnion(known) }
        }
        for book in books {
            for item in book.classMethods {
                guard let known = classes[item.method.origin], !known.contains(item.name) else { continue }
                decoder.mistakes.warn(
                    item.method.origin, "no instrument has the class \(quoted(item.name))",
                    "its method is never used",
                    Suggestion.nearest(to: item.name, in: known.sorted().filter { !$0.isEmpty }).map {
                        "did you mean \($0)?"
                    })
            }
        }
    }
}
