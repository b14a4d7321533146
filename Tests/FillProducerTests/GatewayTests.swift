import CSeqlock
import FillProducer
import Foundation
import Glibc
import ShmBridge
import TestSupport
import Testing

/// The programs of docs/producers.md, compiled as a user would and run against a writer's end.
@Suite struct GatewayTests {
    // SAFETY (all of these): what is passed by address is a local that outlives the call.

    private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
    private static let room = root + "/Sources/CSeqlock"
    private static let warnings = ["-Wall", "-Wextra", "-Werror", "-O2", "-I\(room)/include"]

    /// What a gateway's ring held, told by a writer's end that takes everything.
    private struct Taken {
        var keys: [pks_key_record] = []
        var extensions: [pks_extension_record] = []
        var fills: [pks_fill_record] = []
    }

    private func fixture(_ name: String) throws -> String {
        try #require(Bundle.module.path(forResource: "Fixtures/" + name, ofType: nil))
    }

    /// Whether a program can be run here.
    private func hasCommand(_ name: String) -> Bool {
        guard let probe = try? Subprocess([name, "--version"], errors: .pipe) else { return false }
        _ = probe.rest()
        return probe.wait() == 0
    }

    private func compile(_ command: [String]) throws {
        let compiler = try Subprocess(command, errors: .pipe)
        let output = compiler.rest()
        let status = compiler.wait()
        #expect(status == 0, "\(command.joined(separator: " "))\n\(output)")
    }

    private var sources: [String] {
        Files.names(in: Self.room).filter { $0.hasSuffix(".c") }.map { Self.room + "/" + $0 }
    }

    /// Runs a gateway on a book of its own in /dev/shm, with this process at the other end of its ring.
    private func expectGateway(
        _ program: String, producer: String, sends count: Int, check: (Taken) -> Void
    ) throws {
        let book = "gw-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let place = try Place(in: "/tmp")
        let ringPath = "/dev/shm" + PKS_RING_PREFIX + "\(book)-\(producer)"
        defer { _ = unsafe unlink(ringPath) }
        let gateway = try Subprocess(
            [program, book, "\(count)"], environment: ["PKS_RUN_DIR": place.path], errors: .pipe)
        var taken = Taken()
        while unsafe access(ringPath, F_OK) != 0, gateway.isRunning { sched_yield() }
        var consumer = try RingConsumer(book: book, producer: producer, segmentEpoch: 1)
        var isOver = false
        while !isOver {
            // Looked at before the tail is: what is published with the closing must not stay behind.
            isOver = consumer.isClosed || !gateway.isRunning
            guard consumer.refresh() else { throw SystemFailure("quarantined", code: 0) }
            for number in consumer.freed..<consumer.tail { take(number, from: &consumer, into: &taken) }
            consumer.setApplied(consumer.tail)
            consumer.setFreed(consumer.tail)
        }
        #expect(gateway.line() == "sent=\(count) accepted=1")
        #expect(gateway.wait() == 0)
        check(taken)
    }

    private func take(_ number: UInt64, from consumer: inout RingConsumer, into taken: inout Taken) {
        var record = pks_fill_record()
        unsafe consumer.get(number, into: &record)
        switch Int32(record.kind) {
        case PKS_KIND_KEY:
            taken.keys.append(unsafe unsafeBitCast(record, to: pks_key_record.self))
            consumer.setAnswer(record.handle, UInt8(PKS_ANSWER_ACCEPTED))
        case PKS_KIND_EXTENSION:
            taken.extensions.append(unsafe unsafeBitCast(record, to: pks_extension_record.self))
        default: taken.fills.append(record)
        }
    }

    private func expectPlain(_ taken: Taken, price: Int64) {
        #expect(taken.keys.count == 1 && taken.keys.first?.price_decimals == 2)
        #expect(taken.fills.map(\.source_ref) == (0..<3000).map { UInt64($0) })
        #expect(taken.fills.map(\.price) == (0..<3000).map { price + $0 })
        #expect(taken.fills.allSatisfy { $0.kind == UInt8(PKS_KIND_FILL) && $0.qty == 100_000_000 })
        #expect(taken.extensions.isEmpty)
    }

    @Test(arguments: ["gcc", "clang"])
    func theProgramInCSendsWhatItSays(compiler: String) throws {
        guard hasCommand(compiler) else { return }
        let place = try Place(in: "/tmp")
        let program = place.path + "/gateway"
        try compile(
            [compiler, "-std=gnu11"] + Self.warnings + [try fixture("gateway.c")] + sources + [
                "-o", program,
            ])
        try expectGateway(program, producer: "gateway-c", sends: 3000) { expectPlain($0, price: 6_000_000) }
    }

    @Test(arguments: [("gcc", "g++"), ("clang", "clang++")])
    func theProgramInCxxSendsPairs(compilers: (String, String)) throws {
        guard hasCommand(compilers.0), hasCommand(compilers.1) else { return }
        let place = try Place(in: "/tmp")
        let program = place.path + "/gateway"
        var objects: [String] = []
        for source in sources {
            let object = place.path + "/\(objects.count).o"
            try compile([compilers.0, "-std=c11"] + Self.warnings + ["-c", source, "-o", object])
            objects.append(object)
        }
        try compile(
            [compilers.1, "-std=c++17"] + Self.warnings + [try fixture("gateway.cpp")] + objects + [
                "-o", program,
            ])
        try expectGateway(program, producer: "gateway-cxx", sends: 3000) { taken in
            #expect(taken.fills.count == 3000 && taken.extensions.count == 1500)
            #expect(taken.fills.filter { $0.side == UInt8(PKS_SIDE_SELL) }.allSatisfy { $0.flags == 1 })
            #expect(taken.fills.filter { $0.side == UInt8(PKS_SIDE_BUY) }.allSatisfy { $0.flags == 0 })
            #expect(taken.extensions.first?.open_trade_id.0 == UInt8(ascii: "X"))
        }
    }

    @Test func theProgramInSwiftSendsWhatItSays() throws {
        try expectGateway(
            Subprocess.product("gateway-swift"), producer: "gateway-swift", sends: 3000
        ) { expectPlain($0, price: 15_000) }
    }

    @Test func theGuideShowsTheseVeryPrograms() throws {
        let guide = Files.text(Self.root + "/docs/producers.md")
        for (language, path) in [
            ("c", "Tests/FillProducerTests/Fixtures/gateway.c"),
            ("cpp", "Tests/FillProducerTests/Fixtures/gateway.cpp"),
            ("swift", "Tests/Tools/gateway-swift/main.swift"),
        ] {
            let program = Files.text(Self.root + "/" + path)
            #expect(guide.contains("```\(language)\n\(program)```\n"), "\(path)")
        }
    }
}
