import CSeqlock
import FillProducer
import Glibc

/// Sends COUNT fills to BOOK and waits until they are in it: gateway-swift BOOK COUNT
func run(_ book: String, _ count: UInt64) throws(ProducerError) -> Int32 {
    var producer = try FillProducer(ProducerOptions(book: book, producer: "gateway-swift"))
    // Prices in cents, quantities in 10^-8: what the book has for this instrument.
    guard
        case .handle(let handle) = producer.define(
            account: "acc", strategy: "strat", symbol: "SOLUSDT", priceDecimals: 2)
    else { return 69 }
    for number in 0..<count {
        var fill = pks_fill_record(
            .buy, handle: handle, qty: 100_000_000, price: 15_000 + Int64(number),
            eventNs: pks_realtime_ns(), sourceRef: number)
        guard fill.setTradeID("S-\(number)") else { return 65 }
        var answer = producer.put(fill)
        while answer == .full {  // the writer is behind
            sched_yield()
            answer = producer.put(fill)
        }
        guard answer == .ok else { return 69 }
        producer.publish()
    }
    producer.close()
    while producer.appliedCount != producer.putCount {
        if producer.isQuarantined { return 69 }
        sched_yield()
    }
    print("sent=\(count) accepted=\(producer.answer(Int(handle)) == .accepted ? 1 : 0)")
    return 0
}

do throws(ProducerError) {
    let words = CommandLine.arguments
    exit(try run(words.count > 1 ? words[1] : "main", words.count > 2 ? UInt64(words[2]) ?? 1 : 1))
} catch {
    print("gateway: \(error)")
    exit(69)
}
