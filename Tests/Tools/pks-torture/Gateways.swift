import CSeqlock
import CTorture
import FillProducer
import Glibc
import TestSupport

/// The producing verbs that die on the way. What they send can be checked record by record: everything in a
/// record follows from its number.
enum Gateways {
    /// Fills until it is killed, alone and with extensions, with keys in between, published in batches of many
    /// sizes. Fills are numbered from NEXT.
    static func produceUntilKilled(_ arguments: inout Arguments) throws {
        torture_die_with_parent()
        var producer = try open(arguments.text("DIRECTORY"))
        var number = arguments.number("NEXT")
        var state = arguments.number("SEED") | 1
        sayReady()
        while true {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            for _ in 0...(state >> 60) {
                let key = Int(number / 64) % producer.handleCapacity
                while producer.define(handle: key, key: NumberedRecords.key(key)) == .full { wait(&producer) }
                while put(&producer, number) == .full { wait(&producer) }
                number += 1
            }
            producer.publish()
        }
    }

    /// A key, a fill with its extension, and a fill, each followed by a publish, between two stops: the parent goes
    /// through them instruction by instruction.
    static func produceStepByStep(_ arguments: inout Arguments) throws {
        torture_die_with_parent()
        var producer = try open(arguments.text("DIRECTORY"), records: 8, handles: 4)
        guard torture_trace_me() != 0 else { return say("no tracing") }
        sayReady()
        raise(SIGSTOP)
        guard producer.define(handle: 1, key: NumberedRecords.key(1)) == .ok else { return say("no key") }
        guard put(&producer, 0) == .ok else { return say("no room") }
        producer.publish()
        guard put(&producer, 1) == .ok else { return say("no room") }
        producer.publish()
        raise(SIGSTOP)
    }

    private static func open(
        _ directory: String, records: Int = 1024, handles: Int = 4096
    ) throws -> FillProducer {
        try FillProducer(
            ProducerOptions(
                book: "main", producer: "p1", recordCapacity: records, handleCapacity: handles,
                shmDirectory: directory, runDirectory: directory))
    }

    private static func sayReady() { Writers.sayReady() }

    /// Every fourth fill has an extension.
    private static func put(_ producer: inout FillProducer, _ number: UInt64) -> PutAnswer {
        let fill = NumberedRecords.fill(number)
        return number % 4 == 0
            ? producer.put(NumberedRecords.extended(number), fill: fill) : producer.put(fill)
    }

    private static func wait(_ producer: inout FillProducer) {
        producer.publish()
        sched_yield()
    }
}
