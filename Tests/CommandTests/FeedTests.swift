import CSeqlock
import FillProducer
import Glibc
import ShmBridge
import TestSupport
import Testing

/// `pks feed`, with the test at the other end of the ring: it plays the writer.
@Suite struct FeedTests {
    // SAFETY (all of these): what is passed by address is a local that outlives the call.

    /// A writer's end that takes whatever comes, and what it has seen.
    private struct Writer: ~Copyable {
        var consumer: RingConsumer
        var keys: [pks_key_record] = []
        var fills: [pks_fill_record] = []
        var extensions = 0
        private var next: UInt64 = 0
        /// How it answers keys, and how many of the fills it calls duplicates and rejects.
        var answer = PKS_ANSWER_ACCEPTED
        var duplicates: UInt64 = 0
        var rejects: UInt64 = 0

        init(_ scratch: borrowing Scratch, epoch: UInt64 = 5) throws {
            consumer = try RingConsumer(book: scratch.book, producer: "p", segmentEpoch: epoch)
        }

        /// Takes what is there, gives its room back when it is told to, and says so.
        mutating func take(frees: Bool = true) {
            _ = consumer.refresh()
            next = max(next, consumer.freed)
            while next < consumer.tail {
                look(at: next)
                next += 1
            }
            consumer.setApplied(consumer.tail)
            if frees { consumer.setFreed(consumer.tail) }
            let refused = duplicates + rejects
            consumer.setCounts(
                fills: UInt64(fills.count) - min(UInt64(fills.count), refused), duplicates: duplicates,
                rejects: rejects, nowNs: pks_monotonic_ns())
        }

        private mutating func look(at number: UInt64) {
            var record = pks_fill_record()
            unsafe consumer.get(number, into: &record)
            switch Int32(record.kind) {
            case PKS_KIND_KEY:
                keys.append(unsafe unsafeBitCast(record, to: pks_key_record.self))
                consumer.setAnswer(record.handle, UInt8(answer))
            case PKS_KIND_EXTENSION: extensions += 1
            default: fills.append(record)
            }
        }

        /// Takes until the process has ended.
        mutating func serve(_ process: PksProcess) -> Int32 {
            while process.isRunning {
                take()
                sched_yield()
            }
            return process.wait()
        }
    }

    private func start(
        _ scratch: borrowing Scratch, _ words: [String], pipe: InputPipe? = nil
    ) throws -> PksProcess {
        try PksProcess(
            ["feed"] + words + ["--book", scratch.book, "--producer", "p"], in: scratch, pipe: pipe)
    }

    /// Waits until the feed has made its ring.
    private func awaitRing(_ scratch: borrowing Scratch, _ process: PksProcess) {
        let path = "/dev/shm" + PKS_RING_PREFIX + scratch.book + "-p"
        #expect(process.awaitCondition { unsafe access(path, F_OK) == 0 }, "\(process.errorsSoFar())")
    }

    private func rows(_ numbers: Range<Int>, symbol: String = "ABC") -> String {
        numbers.map { "t\($0),\(symbol),BUY,\($0),10\n" }.joined()
    }

    @Test func `A file goes onto the ring in order, and the report says what became of it`() throws {
        let scratch = try Scratch()
        let text =
            "trade_id,symbol,side,qty,price,open_trade_id\n"
            + "t1,ABC,BUY,1,10,\nt2,XYZ,BUY,2,10,\nt3,ABC,SELL,3,10,t1\n"
        let process = try start(scratch, [try scratch.write("fills.csv", text), "--json"])
        awaitRing(scratch, process)
        var writer = try Writer(scratch)
        #expect(writer.serve(process) == 0, "\(process.errorsSoFar())")
        #expect(writer.keys.count == 2 && writer.extensions == 1)
        #expect(writer.fills.map(\.qty) == [100_000_000, 200_000_000, 300_000_000])
        #expect(writer.fills.map(\.handle) == [0, 1, 0])
        #expect(writer.fills.map { $0.source_ref & 0xffff } == [2, 3, 4])
        let report = process.outputSoFar()
        #expect(report.hasPrefix("{\"book\":\"\(scratch.book)\",\"producer\":\"p\",\"files\":1,\"lines\":4,"))
        #expect(report.contains("\"sent\":3,\"fills\":3,\"duplicates\":0,\"rejects\":0,\"refused_keys\":[],"))
        #expect(
            report.contains("\"ring_removed\":false,\"signal\":null}\n") && !report.contains("lag_seconds"))
        #expect(process.errorsSoFar().isEmpty)
        // The ring stays, closed.
        #expect(writer.consumer.isClosed == true)
        #expect(scratch.sharedMemory() == ["pks-fills-v1-\(scratch.book)-p"])
    }

    @Test func `A feed that is run again goes on with its ring and its handles`() throws {
        let scratch = try Scratch()
        let first = try scratch.write("1.csv", Cases.header + rows(1..<3) + rows(3..<4, symbol: "XYZ"))
        let second = try scratch.write("2.csv", Cases.header + rows(4..<5, symbol: "NEW") + rows(5..<6))
        var process = try start(scratch, [first])
        awaitRing(scratch, process)
        var writer = try Writer(scratch)
        #expect(writer.serve(process) == 0)
        #expect(process.errorsSoFar().contains("sent        3 fills to book \(scratch.book) as p\n"))
        process = try start(scratch, [second, "--remove"])
        #expect(writer.serve(process) == 0)
        #expect(writer.keys.map(\.handle) == [0, 1, 2])
        #expect(writer.fills.map(\.handle) == [0, 0, 1, 2, 0])
        #expect(process.errorsSoFar().contains("applied     2\n"), "\(process.errorsSoFar())")
        #expect(scratch.sharedMemory().isEmpty)
    }

    @Test func `What cannot be used is told with its place, and gives exit 65`() throws {
        let scratch = try Scratch()
        let text =
            "trade_id,symbol,side,qty,price,book\n"
            + "t1,ABC,BUY,1,10,\(scratch.book)\nt2,ABC,BUY,0,10,\nt3,ABC,BUY,1,10,other\nt4,ABC,BUY,4,10,\n"
        let file = try scratch.write("fills.csv", text)
        for (words, status) in [([file], Int32(65)), ([file, "--allow-rejects"], 0)] {
            let process = try start(scratch, words)
            awaitRing(scratch, process)
            var writer = try Writer(scratch)
            #expect(writer.serve(process) == status)
            #expect(writer.fills.map(\.source_ref) == [2, 5])
            let errors = process.errorsSoFar()
            #expect(errors.contains("pks: \(file):3:12: qty is zero (zero_quantity)\n"), "\(errors)")
            #expect(
                errors.contains(
                    "pks: \(file):4:17: this feed is for book \(scratch.book) (feed such rows with --book other) "
                        + "(book_refused)\n"))
            #expect(errors.contains("refused     2 of 5 lines: 1 book_refused, 1 zero_quantity\n"))
        }
    }

    @Test func `What the book refuses is counted, and its keys are told with their first row`() throws {
        let scratch = try Scratch()
        let file = try scratch.write("fills.csv", Cases.header + rows(1..<4))
        let process = try start(scratch, [file, "--json"])
        awaitRing(scratch, process)
        var writer = try Writer(scratch)
        writer.answer = PKS_ANSWER_DECIMALS
        writer.rejects = 2
        writer.duplicates = 1
        #expect(writer.serve(process) == 65)
        #expect(process.outputSoFar().contains("\"sent\":3,\"fills\":0,\"duplicates\":1,\"rejects\":2,"))
        #expect(
            process.outputSoFar().contains(
                "\"refused_keys\":[{\"key\":\"default default ABC\",\"answer\":\"decimals\",\"file\":\"\(file)\","
                    + "\"line\":2}]"))
        #expect(
            process.errorsSoFar().hasPrefix(
                "pks: \(file):2: default default ABC: the book has this instrument with other decimals"))
    }

    @Test func `A ring without handles left refuses the rows of further keys`() throws {
        let scratch = try Scratch()
        let file = try scratch.write(
            "fills.csv", Cases.header + rows(1..<2) + rows(2..<4, symbol: "XYZ") + rows(4..<5))
        let process = try start(scratch, [file, "--ring-handles", "1"])
        awaitRing(scratch, process)
        var writer = try Writer(scratch)
        #expect(writer.serve(process) == 65)
        #expect(writer.fills.map(\.source_ref) == [2, 5])
        #expect(process.errorsSoFar().contains("pks: \(file):3: the ring has no room for another key"))
        #expect(process.errorsSoFar().contains("2 ring_handles"))
    }

    @Test func `At a rate, a stall shows as lag and does not stretch the schedule`() throws {
        let scratch = try Scratch()
        let file = try scratch.write("fills.csv", Cases.header + rows(1..<41))
        let process = try start(scratch, [file, "--rate", "1000", "--ring-records", "4", "--json"])
        awaitRing(scratch, process)
        var writer = try Writer(scratch)
        // The ring takes the key and three fills; the fourth is due after 3 ms and finds no room.
        #expect(process.awaitCondition { writer.consumer.refresh() && writer.consumer.tail == 4 })
        let resumesNs = pks_monotonic_ns() + 100_000_000
        while pks_monotonic_ns() < resumesNs { sched_yield() }
        #expect(writer.serve(process) == 0)
        let report = process.outputSoFar()
        #expect(writer.fills.count == 40)
        // Never sooner than the schedule, and the stall of 100 ms is told.
        #expect(try number("seconds", report) >= 0.039)
        #expect(try number("lag_seconds_max", report) >= 0.09)
        #expect(try number("lag_seconds_p99", report) <= number("lag_seconds_max", report))
    }

    @Test func `By event times fills go when they are due, and never before the one before`() throws {
        let scratch = try Scratch()
        let header = "trade_id,symbol,side,qty,price,event_ns\n"
        let times = [1_000_000_000, 1_400_000_000, 1_200_000_000, 2_000_000_000]
        let text = times.enumerated().map { "t\($0),ABC,BUY,\($0 + 1),10,\($1)\n" }.joined()
        let process = try start(
            scratch, [try scratch.write("fills.csv", header + text), "--speed", "10x", "--json"])
        awaitRing(scratch, process)
        var writer = try Writer(scratch)
        #expect(writer.serve(process) == 0)
        #expect(writer.fills.map(\.event_ns) == times.map { Int64($0) })
        #expect(try number("seconds", process.outputSoFar()) >= 0.1)
    }

    /// A number of a report.
    private func number(_ name: String, _ report: String) throws -> Double {
        let parts = report.split(separator: "\"\(name)\":", maxSplits: 1)
        return try #require(parts.count == 2 ? Double(parts[1].prefix { $0 != "," && $0 != "}" }) : nil)
    }

    @Test func `Without a writer the feed says so once, and a signal ends it in good order`() throws {
        let scratch = try Scratch()
        let process = try start(
            scratch, [try scratch.write("fills.csv", Cases.header + rows(1..<4)), "--json"])
        #expect(process.awaitErrors { $0.contains("nothing reads the ring of producer p") })
        #expect(process.errorsSoFar().contains("(start it: pks run --book \(scratch.book)); waiting\n"))
        // A second one of the same name is refused, and told who has it.
        let other = try start(scratch, [scratch.file("fills.csv")])
        #expect(other.wait() == 75)
        #expect(other.errorsSoFar().contains("another process has it: process \(process.pid) (wait"))
        process.signal(SIGINT)
        #expect(process.wait() == 130)
        #expect(
            process.outputSoFar().contains("\"sent\":3,\"fills\":0,")
                && process.outputSoFar().contains("\"signal\":2}"))
        #expect(process.errorsSoFar().split(separator: "\n").count == 1)
        // Nothing of it is lost: the next writer finds it.
        var writer = try Writer(scratch)
        writer.take()
        #expect(writer.fills.count == 3)
    }

    @Test func `A signal ends a feed that waits for input`() throws {
        let scratch = try Scratch()
        let pipe = try InputPipe()
        try pipe.write(Cases.header + rows(1..<3))
        let process = try start(scratch, ["-"], pipe: pipe)
        awaitRing(scratch, process)
        var writer = try Writer(scratch)
        #expect(
            process.awaitCondition {
                writer.take()
                return writer.fills.count == 2
            }, "what came through the pipe is published while the feed waits for more")
        process.signal(SIGTERM)
        #expect(process.wait() == 143)
        #expect(process.errorsSoFar().contains("sent        2 fills"))
        #expect(process.errorsSoFar().contains("interrupted by signal 15; what was sent stays on the ring\n"))
    }

    @Test func `A ring that the writer has given up ends the feed with exit 69`() throws {
        let scratch = try Scratch()
        let file = try scratch.write("fills.csv", Cases.header + rows(1..<20))
        let process = try start(scratch, [file, "--ring-records", "8"])
        awaitRing(scratch, process)
        var writer = try Writer(scratch)
        writer.consumer.quarantine(PKS_QUARANTINE_RECORDS)
        #expect(process.wait() == 69)
        #expect(
            process.errorsSoFar().contains(
                "reads this ring no more: too many of its records are such as no producer writes (remove the file"
            ))
    }

    @Test func `Another life of the book is told, and the feed goes on until all is applied again`() throws {
        let scratch = try Scratch()
        let pipe = try InputPipe()
        try pipe.write(Cases.header + rows(1..<3))
        let process = try start(scratch, ["-"], pipe: pipe)
        awaitRing(scratch, process)
        var first = try Writer(scratch, epoch: 5)
        // The feed has looked up after this writer had taken everything: a heartbeat of its own that is later says so.
        var takenNs = Int64.max
        #expect(
            process.awaitCondition {
                first.take(frees: false)
                if first.fills.count >= 2 { takenNs = min(takenNs, pks_monotonic_ns()) }
                return first.consumer.producerHeartbeatNs > takenNs
            })
        var second = try Writer(scratch, epoch: 6)
        #expect(
            process.awaitCondition {
                second.take(frees: false)
                return process.errorsSoFar().contains("another writer has taken over book")
            })
        #expect(second.fills.count >= 2)
        process.signal(SIGTERM)
        #expect(process.wait() == 143)
        #expect(process.errorsSoFar().contains("restarts    1 of the writer"))
    }

    @Test
    func `With a daemon at the other end, all of it is in the book, and the second time nothing changes`()
        throws
    {
        let scratch = try Scratch()
        let daemon = try PksProcess(
            [
                "run", "--book", scratch.book, "--no-journal", "--positions", "64", "--lots", "4096",
                "--identities",
                "4096", "--ready-file", scratch.file("ready"),
            ], in: scratch)
        // SAFETY: the name lives for the call.
        #expect(daemon.awaitCondition { unsafe access(scratch.file("ready"), F_OK) == 0 })
        let file = try scratch.write("fills.csv", Cases.header + rows(1..<101) + rows(5..<6))
        for counts in [
            "\"sent\":101,\"fills\":100,\"duplicates\":1,", "\"sent\":101,\"fills\":0,\"duplicates\":101,",
        ] {
            let run = try Pks.run(
                ["feed", file, "--book", scratch.book, "--producer", "p", "--json"], in: scratch)
            #expect(run.status == 0 && run.output.contains(counts), "\(run.output) \(run.errors)")
        }
        let position = try Pks.run(["read", "--book", scratch.book, "--csv"], in: scratch)
        #expect(position.outputLines.last?.hasPrefix("\(scratch.book),default,default,ABC,5050,10,") == true)
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0, "\(daemon.errorsSoFar())")
    }

    @Test func `Command lines that make no sense are refused before anything is made`() throws {
        let scratch = try Scratch()
        let (file, book) = (try scratch.write("f.csv", Cases.header + rows(1..<3)), ["--book", scratch.book])
        for (words, status, message) in [
            ([file, "--producer", "p"], Int32(64), "pks: feed: no --book (write --book B)\n"),
            ([file] + book, 64, "pks: feed: no --producer (write --producer P)\n"),
            (
                [file, "--producer", "p", "--rate", "1", "--speed", "1x"] + book, 64,
                "pks: feed: --rate and --speed exclude each other (state one of them)\n"
            ),
            (
                [file, "--producer", "p", "--speed", "0x"] + book, 64,
                "pks: feed: --speed 0x: no such speed (a number above zero, as in 1x, 10x or 0.5x)\n"
            ),
            (
                [file, "--producer", "p", "--ring-records", "100"] + book, 64,
                "pks: ring capacity 100 is not a power of two in 4...67108864\n"
            ),
            (
                [file, "--producer", "../x"] + book, 64,
                "pks: --producer: name \"../x\" starts with a dot or a dash (choose another name)\n"
            ),
            (
                [scratch.file("none"), "--producer", "p"] + book, 66,
                "pks: \(scratch.file("none")): cannot open: No such file or directory (check the name)\n"
            ),
        ] {
            let run = try Pks.run(["feed"] + words, in: scratch)
            #expect(run.status == status && run.errors == message, "\(run.errors)")
            #expect(scratch.sharedMemory().isEmpty)
        }
    }

    @Test func `A feed that waits for room for a pair looks up, and ends when it is told`() throws {
        let scratch = try Scratch()
        let text = "trade_id,symbol,side,qty,price,open_trade_id\nt1,ABC,BUY,1,10,t0\nt2,ABC,BUY,1,10,t0\n"
        // The key and the first pair leave room for one record.
        let process = try start(scratch, [try scratch.write("fills.csv", text), "--ring-records", "4"])
        let deadlineNs = pks_monotonic_ns() + 20_000_000_000
        func hasSaid() -> Bool { process.errorsSoFar().contains("nothing reads the ring") }
        #expect(process.awaitCondition { hasSaid() || pks_monotonic_ns() > deadlineNs } && hasSaid())
        process.signal(SIGINT)
        #expect(process.wait() == 130)
        #expect(process.errorsSoFar().contains("interrupted by signal 2"), "\(process.errorsSoFar())")
    }

    @Test func `A second feed of the same ring is refused although its locks are elsewhere`() throws {
        let scratch = try Scratch()
        let pipe = try InputPipe()
        let first = try start(scratch, ["-", "--format", "csv"], pipe: pipe)
        awaitRing(scratch, first)
        let file = try scratch.write("fills.csv", Cases.header + rows(1..<3))
        let second = try Pks.run(
            [
                "feed", file, "--book", scratch.book, "--producer", "p", "--run-dir",
                scratch.file("elsewhere"),
            ],
            in: scratch)
        #expect(second.status == 75)
        #expect(second.errors.contains("another process has it: process \(first.pid) "), "\(second.errors)")
        first.signal(SIGTERM)
        #expect(first.wait() == 143)
    }

    @Test func `A feed whose ring is removed says so and ends`() throws {
        let scratch = try Scratch()
        let pipe = try InputPipe()
        let process = try start(scratch, ["-", "--format", "csv"], pipe: pipe)
        awaitRing(scratch, process)
        // SAFETY: the name lives for the call.
        #expect(unsafe unlink("/dev/shm" + PKS_RING_PREFIX + scratch.book + "-p") == 0)
        #expect(process.wait() == 69)
        #expect(process.errorsSoFar().contains("was removed while this feed used it"))
    }
}
