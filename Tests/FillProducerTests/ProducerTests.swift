import CMallocCount
import CSeqlock
import FillProducer
import Glibc
import ShmBridge
import TestSupport
import Testing

/// The producing end as its users know it.
@Suite struct ProducerTests {
    // SAFETY (all of these): what is passed by address, or looked at as bytes, is a local that outlives the call.

    @Test func aKeyHasOneHandleInAllLivesOfTheProducer() throws {
        let place = try Place()
        do {
            var first = try place.producer()
            #expect(first.define(account: "a", strategy: "s", symbol: "X") == .handle(0))
            #expect(first.define(account: "a", strategy: "s", symbol: "Y") == .handle(1))
            #expect(first.define(account: "a", strategy: "s", symbol: "X") == .handle(0))
            #expect(first.putCount == 2)
            // The same names with other decimals are another key.
            #expect(first.define(account: "a", strategy: "s", symbol: "X", priceDecimals: 2) == .handle(2))
            first.publish()
        }
        var second = try place.producer()
        #expect(second.define(account: "a", strategy: "s", symbol: "Z") == .handle(3))
        #expect(second.define(account: "a", strategy: "s", symbol: "Y") == .handle(1))
        #expect(second.define(account: "a", strategy: "s", symbol: "W") == .refused(.badHandle))
        #expect(second.definedKey(2)?.price_decimals == 2)
        #expect(second.isResumed && second.putCount == 5)
    }

    @Test func aKeyThatCannotBeIsRefusedHere() throws {
        let place = try Place()
        var producer = try place.producer()
        let long = String(repeating: "x", count: 49)
        for (account, strategy, symbol) in [
            ("", "s", "X"), ("a", "", "X"), ("a", "s", ""), ("a", "s", long), (long, "s", "X"),
            ("a", "s\0t", "X"),
        ] {
            let answer = producer.define(account: account, strategy: strategy, symbol: symbol)
            #expect(answer == .refused(.badKey))
        }
        #expect(
            producer.define(account: "a", strategy: "s", symbol: "X", feeDecimals: 19) == .refused(.badKey))
        let whole = String(repeating: "x", count: 48)
        #expect(producer.define(account: "a", strategy: "s", symbol: whole) == .handle(0))
        #expect(producer.putCount == 1)
    }

    @Test func roomIsWhatCanBePut() throws {
        let place = try Place()
        var producer = try place.producer()
        var consumer = try place.consumer()
        let fill = pks_fill_record(.buy, handle: 0, qty: 1, price: 1)
        for room in (1...8).reversed() {
            #expect(producer.room == room)
            #expect(producer.put(fill) == .ok)
        }
        #expect(producer.room == 0 && producer.put(fill) == .full)
        producer.publish()
        #expect(consumer.refresh() == true)
        consumer.setApplied(5)
        consumer.setFreed(3)
        #expect(producer.room == 3 && producer.appliedCount == 5 && producer.freedCount == 3)
        consumer.setCounts(fills: 3, duplicates: 1, rejects: 1, nowNs: 99)
        #expect(producer.counts == ProducerCounts(writerEpoch: 7, fills: 3, duplicates: 1, rejects: 1))
        #expect(producer.writerHeartbeatNs == 99 && producer.writerEpoch == 7)
    }

    @Test func aQuarantinedRingSaysWhy() throws {
        let place = try Place()
        var producer = try place.producer(records: 4)
        var consumer = try place.consumer()
        let fill = pks_fill_record(.buy, handle: 0, qty: 1, price: 1)
        for _ in 0..<4 { #expect(producer.put(fill) == .ok) }
        #expect(producer.quarantineReason == nil)
        consumer.quarantine(PKS_QUARANTINE_RECORDS)
        #expect(producer.quarantineReason == UInt64(PKS_QUARANTINE_RECORDS) && producer.isQuarantined)
        #expect(producer.put(fill) == .quarantined && producer.room == 0)
    }

    @Test func aRingIsRemovedOnceEverythingIsAppliedOrFreed() throws {
        let place = try Place()
        var producer = try place.producer()
        var consumer = try place.consumer()
        #expect(producer.put(pks_fill_record(.sell, handle: 0, qty: 1, price: -1)) == .ok)
        producer.publish()
        #expect(consumer.refresh() == true)
        #expect(try producer.removeIfApplied() == false)
        consumer.setApplied(1)
        #expect(try producer.removeIfDrained() == false)
        #expect(try producer.removeIfApplied() == true)
        #expect(consumer.isClosed == true)
        #expect(Files.names(in: place.path) == ["main-p1.ring.lock"])
        // A name that is gone already is no trouble.
        #expect(try producer.removeIfApplied() == true)
    }

    @Test func aNewLifeStatesItsProcessInTheHeader() throws {
        let place = try Place()
        let pid = unsafe withUnsafeBytes(of: UInt32(getpid())) { unsafe [UInt8]($0) }
        func stated() throws -> [UInt8] { Array(try Files.bytes(place.ringPath)[104..<108]) }
        do {
            let producer = try place.producer()
            #expect(try stated() == pid)
            let putCount = producer.putCount
            #expect(putCount == 0)
        }
        #expect(try stated() == [0, 0, 0, 0], "it was given up")
        var bytes = try Files.bytes(place.ringPath)
        bytes[104..<108] = [1, 2, 3, 4]
        try Files.write(place.ringPath, bytes)
        let producer = try place.producer()
        #expect(try stated() == pid)
        let isResumed = producer.isResumed
        #expect(isResumed)
    }

    @Test func idsOfAFillFitOrAreRefused() {
        var fill = pks_fill_record(.buy, handle: 0, qty: 1, price: 1)
        let long = String(repeating: "x", count: 41)
        #expect(
            fill.setTradeID("") == false && fill.setTradeID(long) == false && fill.setTradeID("a\0") == false)
        #expect(fill.setTradeID(String(long.dropLast())) && fill.setTradeID("T-1"))
        #expect(fill.setOrderID(long) == false && fill.setOrderID(""))
        #expect(fill.trade_id.0 == UInt8(ascii: "T") && fill.trade_id.3 == 0 && fill.trade_id.39 == 0)
        #expect(pks_extension_record(handle: 0, feeCurrency: "TOOLONGXX") == nil)
        #expect(pks_extension_record(handle: 0, openTradeID: "T", feeCurrency: "BNB")?.flags == 3)
    }

    @Test(.enabled(if: malloc_count_works() != 0, "a sanitizer has an allocator of its own"))
    func puttingAMillionFillsAsksForNoMemory() throws {
        let place = try Place()
        var producer = try place.producer(records: 1024)
        var consumer = try place.consumer()
        guard case .handle(let handle) = producer.define(account: "a", strategy: "s", symbol: "X"),
            let extended = pks_extension_record(handle: handle, openTradeID: "T")
        else { throw SystemFailure("define", code: 0) }
        var fill = pks_fill_record(.buy, handle: handle, qty: 1, price: 1)
        var again = KeyDefinition.refused(.full)
        var sent = 0
        var taken: UInt64 = 0
        // The first round warms up.
        for count in [10_000, 1_000_000] {
            let before = malloc_count_taken()
            for number in 0..<count {
                fill.qty = Int64(number)
                let isExtended = number & 7 == 0
                while (isExtended ? producer.put(extended, fill: fill) : unsafe producer.put(&fill)) == .full
                {
                    producer.publish()
                    _ = consumer.refresh()
                    consumer.setApplied(consumer.tail)
                    consumer.setFreed(consumer.tail)
                }
                sent += 1
                if number & 15 == 0 { producer.publish() }
                if number & 1023 == 0 { producer.beat(nowNs: Int64(number)) }
            }
            again = producer.define(account: "a", strategy: "s", symbol: "X")
            taken = malloc_count_taken() - before
        }
        #expect(taken == 0)
        #expect(again == .handle(handle) && sent == 1_010_000)
        #expect(producer.putCount == 1 + 1_010_000 + 126_250)
    }

    @Test func errorsSayWhatWhyAndWhatToDo() throws {
        let place = try Place()
        let first = try place.producer()
        #expect(first.isResumed == false)
        func message(_ options: ProducerOptions) -> String {
            do throws(ProducerError) {
                _ = try FillProducer(options)
                return ""
            } catch {
                return error.description
            }
        }
        let lock = place.path + "/main-p1.ring.lock"
        #expect(
            message(place.options())
                == "\(lock): already running as process \(getpid()) (stop that process first, or use another name)"
        )
        #expect(message(place.options(records: 6)) == "ring capacity 6 is not a power of two in 4...67108864")
        #expect(message(place.options(handles: 0)) == "handle capacity 0 is not in 1...16777216")
        var options = place.options()
        options.producer = "a\u{1b}[2J"
        #expect(
            message(options)
                == "name \"a?[2J\" has a character other than letters, digits, dot, dash and underscore (choose "
                + "another name)")
        options.producer = "a\0b"
        #expect(message(options).contains("has a NUL"))
        options.producer = "p2"
        options.runDirectory = place.path + "/none/none"
        #expect(
            message(options) == place.path + "/none/none: mkdir failed: No such file or directory (errno 2)")
        options = place.options(records: 1 << 26)
        options.producer = "p3"
        let noSpace = ProducerError.noSpace(object: "ring", neededBytes: 2, availableBytes: 1).description
        #expect(noSpace.hasPrefix("ring: shared memory is too small: 2 bytes needed, 1 available (lower"))
    }
}
