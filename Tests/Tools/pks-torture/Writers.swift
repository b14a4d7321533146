import CSeqlock
import CTorture
import FillProducer
import Glibc
import ShmBridge
import ShmFiles

/// The writing verbs.
enum Writers {
    // SAFETY (all of these): values passed by address are locals that outlive the call; addresses of slots
    // come from a writer that is alive.

    static func segment(_ directory: String, slots: Int = 64) throws -> SegmentWriter {
        let lock = try WriterLock(book: "main", runDirectory: directory)
        return try SegmentWriter(
            SegmentConfiguration(book: "main", slotCapacity: slots, directory: directory), lock: lock)
    }

    static func entry(_ symbol: String) -> pks_directory_entry {
        var entry = pks_directory_entry()
        _ = FixedText.store("acc", in: &entry.account)
        _ = FixedText.store("strat", in: &entry.strategy)
        _ = FixedText.store(symbol, in: &entry.symbol)
        entry.multiplier = 1
        return entry
    }

    /// Says to whoever waits that the stage is set.
    static func sayReady() { say("ready") }

    static func writeOneSlot(_ arguments: inout Arguments) throws {
        torture_die_with_parent()
        let directory = arguments.text("DIRECTORY")
        var pace = Pace(seed: arguments.number("SEED"))
        _ = torture_pin(0)
        var writer = try segment(directory)
        guard let slot = writer.claimSlot(entry("TORN")) else { return }
        var value = pks_position()
        var published: UInt64 = 1
        unsafe torture_fill(&value, 1)
        published = unsafe writer.publish(slot: slot, published: published, value: &value)
        sayReady()
        while true {
            unsafe torture_fill(&value, published)
            published = Probes.publish(&writer, slot, published, &value)
            pace.afterPublish(published)
        }
    }

    /// Record r changes slot r mod KEYS, except every fifth, which changes none. A position's net_qty counts
    /// the records that changed it, so a reader can compute what each slot must say at any record.
    static func writeManySlots(_ arguments: inout Arguments) throws {
        torture_die_with_parent()
        let directory = arguments.text("DIRECTORY")
        let keys = Int(arguments.number("KEYS"))
        var pace = Pace(seed: arguments.number("SEED"))
        _ = torture_pin(0)
        var writer = try segment(directory, slots: keys)
        for key in 0..<keys { _ = writer.claimSlot(entry("S\(key)")) }
        writer.setState(.live)
        var values = [pks_position](repeating: pks_position(), count: keys)
        sayReady()
        var record: UInt64 = 0
        while true {
            record += 1
            if record % 5 != 0 {
                let slot = Int(record % UInt64(keys))
                values[slot].net_qty += 1
                values[slot].applied_seq = record
                unsafe writer.publish(slot: slot, value: &values[slot])
            }
            writer.setApplied(record)
            pace.afterPublish(record)
        }
    }

    static func dieHalfWay(_ arguments: inout Arguments) throws {
        torture_die_with_parent()
        let directory = arguments.text("DIRECTORY")
        let how = arguments.text("stop|kill")
        var writer = try segment(directory)
        guard let slot = writer.claimSlot(entry("TORN")) else { return }
        var value = pks_position()
        unsafe torture_fill(&value, 41)
        let published = unsafe writer.publish(slot: slot, published: 1, value: &value)
        writer.setApplied(41)
        writer.setState(.live)
        unsafe torture_fill(&value, 42)
        let address = unsafe writer.slotAddress(slot).assumingMemoryBound(to: pks_slot.self)
        unsafe torture_store_half(address, published, &value)
        sayReady()
        raise(how == "stop" ? SIGSTOP : SIGKILL)
        // Only reached after SIGCONT: the publish goes on and the newer value appears.
        _ = unsafe writer.publish(slot: slot, published: published, value: &value)
        say("published")
        waitForEndOfInput()
    }

    static func hold(_ arguments: inout Arguments) throws {
        torture_die_with_parent()
        var writer = try segment(arguments.text("DIRECTORY"))
        _ = writer.claimSlot(entry("HELD"))
        writer.setState(.live)
        sayReady()
        waitForEndOfInput()
    }

    static func create(_ arguments: inout Arguments) throws {
        let directory = arguments.text("DIRECTORY")
        var writer = try segment(directory, slots: Int(arguments.number("SLOTS")))
        sayReady()
        try writer.stop(keep: false)
    }

    static func produce(_ arguments: inout Arguments) throws {
        torture_die_with_parent()
        let directory = arguments.text("DIRECTORY")
        let count = arguments.number("RECORDS")
        var producer = try FillProducer(
            ProducerOptions(
                book: "main", producer: "p1", recordCapacity: 1024, shmDirectory: directory,
                runDirectory: directory))
        sayReady()
        var record = pks_fill_record()
        record.kind = UInt8(PKS_KIND_FILL)
        var number = producer.putCount
        while number < count {
            record.qty = Int64(number)
            record.source_ref = number &* 0x9e37_79b9_7f4a_7c15
            if Probes.put(&producer, &record) {
                number += 1
            } else {
                sched_yield()
            }
        }
        producer.close()
        say("put=\(number)")
    }

    /// Takes numbered fills from a ring and checks each; the first wrong one ends it.
    static func consume(_ arguments: inout Arguments) throws {
        let directory = arguments.text("DIRECTORY")
        let count = arguments.number("RECORDS")
        var consumer = try RingConsumer(book: "main", producer: "p1", segmentEpoch: 1, directory: directory)
        var record = pks_fill_record()
        var number: UInt64 = consumer.freed
        while number < count {
            guard Probes.take(&consumer, &record) else {
                if consumer.isQuarantined { return say("quarantined") }
                sched_yield()
                continue
            }
            guard record.qty == Int64(number), record.source_ref == number &* 0x9e37_79b9_7f4a_7c15 else {
                return say("wrong=\(number)")
            }
            number += 1
        }
        say("taken=\(number)")
    }

    private static func waitForEndOfInput() {
        var byte: UInt8 = 0
        while unsafe read(0, &byte, 1) > 0 {}
    }
}

/// How a writer spaces its publishes: without pause for seed 0, else in stretches whose pauses a seed picks,
/// so that readers meet publishes at every phase of a copy.
struct Pace {
    private var state: UInt64
    private var pauses = 0

    init(seed: UInt64) { state = seed }

    mutating func afterPublish(_ number: UInt64) {
        if state == 0 { return }
        if number & 0xff == 0 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            pauses = [0, 0, 1, 2, 4, 8, 16, 64][Int(state >> 61)]
        }
        for _ in 0..<pauses { pks_cpu_relax() }
    }
}
