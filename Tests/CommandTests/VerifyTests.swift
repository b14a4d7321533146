import Glibc
import TestSupport
import Testing

@testable import PksCommand

/// `pks verify`: what must hold is checked, and what does not hold is found.
@Suite struct VerifyTests {
    @Test func `Real fills hold under all five methods`() throws {
        let scratch = try Scratch()
        let input = try fixture("binance-cut.csv.gz")
        let run = try Pks.run(
            ["verify", input, "--book", scratch.book, "--method", "all", "--json"], in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        let lines = run.outputLines.filter { $0.hasPrefix("{") }
        #expect(lines.count == 5)
        for (line, method) in zip(lines, ["fifo", "lifo", "hifo", "lofo", "average"]) {
            #expect(line.contains("\"method\":\"\(method)\",\"holds\":true,\"fills\":3000,"))
            #expect(line.contains("\"records_checked\":3000,"))
            #expect(line.contains("\"faults\":[]"))
        }
        // Five methods, five states.
        #expect(Set(lines.map { $0.split(separator: "\"digest\":\"")[1].prefix(64) }).count == 5)
        #expect(!Files.names(in: "/dev/shm").contains { $0.hasPrefix("pks-verify.\(getpid())") })
    }

    @Test func `The whole of both real files holds along the real path`() throws {
        let scratch = try Scratch()
        let files = ["binance-spot-20240808.csv.gz", "binance-usdm-20240808.csv.gz"].map { name in
            #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }
                + "/AccumulatorTests/Fixtures/" + name
        }
        let run = try Pks.run(["verify"] + files + ["--json"], in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("\"holds\":true,\"fills\":69808,\"duplicates\":0,\"conflicts\":0,"))
        #expect(run.output.contains("\"records_checked\":69808,\"slots_compared\":48,"))
    }

    @Test func `The digest is that of a replay`() throws {
        let scratch = try Scratch()
        let input = try fixture("binance-cut.csv.gz")
        let replay = try Pks.run(["replay", input, "--book", scratch.book, "--json"], in: scratch)
        let verify = try Pks.run(["verify", input, "--book", scratch.book, "--json"], in: scratch)
        let digest = try #require(replay.output.split(separator: "\"digest\":\"").last?.prefix(64))
        #expect(verify.output.contains("\"digest\":\"\(digest)\""))
    }

    @Test func `A dirty feed of several books holds, and its rejects are said`() throws {
        let scratch = try Scratch()
        let fills = scratch.file("fills.csv")
        let made = try Pks.run(
            [
                "generate", "--fills", "3000", "--seed", "11", "--books", "3", "--duplicates", "5%",
                "--conflicts",
                "2%", "--late", "3%", "--flips", "20%", "--out", fills,
            ], in: scratch)
        #expect(made.status == 0)
        let strict = try Pks.run(["verify", fills], in: scratch)
        #expect(strict.status == 65)
        #expect(strict.outputLines.filter { $0.hasSuffix("(fifo): holds") }.count == 3)
        #expect(strict.errors.contains("(conflict)"))
        let lenient = try Pks.run(["verify", fills, "--allow-rejects"], in: scratch)
        #expect(lenient.status == 0)
    }

    @Test func `A pipe is refused, because it cannot be read twice`() throws {
        let scratch = try Scratch()
        let run = try Pks.run(["verify", "-"], in: scratch)
        #expect(run.status == 64)
        #expect(run.errors.contains("write it to a file first"))
    }

    @Test func `A running writer of the same book is not disturbed`() throws {
        let scratch = try Scratch()
        let input = try scratch.write("fills.csv", Cases.partialClose)
        let kept = try Pks.run(["replay", input, "--book", scratch.book, "--keep"], in: scratch)
        #expect(kept.status == 0)
        let before = scratch.sharedMemory()
        let verify = try Pks.run(["verify", input, "--book", scratch.book], in: scratch)
        #expect(verify.status == 0)
        #expect(scratch.sharedMemory() == before)
    }
}
