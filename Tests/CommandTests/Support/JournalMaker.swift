import Accumulator
import CJournal
import CSeqlock
import Glibc
import TestSupport
import Journal

// SAFETY (all of this file): names, records and buffers live for the calls.

/// Writes the journal of a book as its daemon would, record by record.
final class JournalMaker {
    private let epoch: UInt64
    let path: String
    private var writer: JournalWriter
    private var keyCount: UInt32 = 0
    private(set) var seq: UInt64 = 0
    /// All records so far.
    private var records: [UInt8] = []
    private let book: String

    /// A journal in `path`/`book` with segments of so many blocks, which begins with the book's bounds.
    init(
        _ path: String, book: String, blocksPerSegment: Int = 8, epoch: UInt64 = 0x1234_5678_9abc
    ) throws {
        self.epoch = epoch
        self.path = "\(path)/\(book)"
        self.book = book
        for directory in [path, self.path] { _ = unsafe mkdir(directory, 0o700) }
        writer = try JournalWriter(
            DiskDirectory(self.path), book: book,
            after: .beginning(
                epoch: epoch, layout: JournalLayout(blocksPerSegment: blocksPerSegment)),
            nowRealtimeNs: 1)
        var config = pks_config_record()
        config.kind = UInt8(PKS_KIND_CONFIG)
        config.version = 1
        config.handle = .max
        config.positions_max = 64
        config.lots_max = 4096
        config.identities_max = 8160
        config.other_fees_max = 16
        config.identity_window_ns = 1_000_000_000
        config.late_after_ns = 1_000_000_000
        try append(config)
    }

    /// Appends one record of 128 bytes.
    func append<Record: BitwiseCopyable>(_ record: Record) throws {
        var isTaken = unsafe withUnsafeBytes(of: record) { bytes in
            unsafe bytes.baseAddress.map { unsafe writer.append($0) } ?? false
        }
        if !isTaken {
            try commit()
            isTaken = unsafe withUnsafeBytes(of: record) { bytes in
                unsafe bytes.baseAddress.map { unsafe writer.append($0) } ?? false
            }
        }
        precondition(isTaken, "a committed writer takes a record")
        unsafe withUnsafeBytes(of: record) { unsafe records.append(contentsOf: $0) }
        seq += 1
    }

    func commit() throws { try writer.commit(nowRealtimeNs: 2) }

    /// What an idle journal does: says that the newest records are durable.
    func confirm() throws {
        try commit()
        try writer.confirm(nowRealtimeNs: 3)
    }

    /// A ring that producers' records come from from now on.
    func attach(ring: Int, producer: String) throws {
        var record = pks_ring_record()
        record.kind = UInt8(PKS_KIND_RING)
        record.state = UInt8(PKS_RING_RECORD_ATTACHED)
        record.handle = tagged(.max, ring)
        record.epoch = UInt64(ring) + 77
        unsafe withUnsafeMutableBytes(of: &record.producer) { unsafe $0.copyBytes(from: producer.utf8) }
        try append(record)
    }

    /// A new key with its instrument; returns its handle.
    func define(
        _ names: KeyNames, priceDecimals: Int = 2, qtyDecimals: Int = 0, multiplier: Int64 = 1,
        currency: String = "USD", method: UInt8 = 1, ring: Int = 0
    ) throws -> UInt32 {
        var data = pks_instrument_record()
        data.kind = UInt8(PKS_KIND_INSTRUMENT)
        data.price_decimals = UInt8(priceDecimals)
        data.qty_decimals = UInt8(qtyDecimals)
        data.fee_decimals = 4
        data.handle = tagged(.max, ring)
        data.multiplier = multiplier
        data.method = method
        unsafe withUnsafeMutableBytes(of: &data.currency) { unsafe $0.copyBytes(from: currency.utf8) }
        unsafe withUnsafeMutableBytes(of: &data.symbol) { unsafe $0.copyBytes(from: names.symbol.utf8) }
        try append(data)
        var key = pks_key_record()
        key.kind = UInt8(PKS_KIND_KEY)
        key.price_decimals = UInt8(priceDecimals)
        key.qty_decimals = UInt8(qtyDecimals)
        key.fee_decimals = 4
        key.handle = tagged(keyCount, ring)
        unsafe withUnsafeMutableBytes(of: &key.account) { unsafe $0.copyBytes(from: names.account.utf8) }
        unsafe withUnsafeMutableBytes(of: &key.strategy) { unsafe $0.copyBytes(from: names.strategy.utf8) }
        unsafe withUnsafeMutableBytes(of: &key.symbol) { unsafe $0.copyBytes(from: names.symbol.utf8) }
        try append(key)
        keyCount += 1
        return keyCount - 1
    }

    /// A fill; `fee` in 1/10000. With a fee currency or a lot to close it takes two records.
    func fill(
        _ handle: UInt32, buys: Bool, qty: Int64, price: Int64, fee: Int64 = 0, trade: String,
        feeCurrency: String? = nil, closes: String? = nil, ring: Int = 0
    ) throws {
        var fill = pks_fill_record()
        fill.kind = UInt8(PKS_KIND_FILL)
        fill.side = UInt8(buys ? PKS_SIDE_BUY : PKS_SIDE_SELL)
        fill.handle = tagged(handle, ring)
        (fill.qty, fill.price, fill.fee) = (qty, price, fee)
        fill.event_ns = Int64(seq) * 1000
        fill.source_ref = seq
        unsafe withUnsafeMutableBytes(of: &fill.trade_id) { unsafe $0.copyBytes(from: trade.utf8) }
        if feeCurrency != nil || closes != nil {
            var extra = pks_extension_record()
            extra.kind = UInt8(PKS_KIND_EXTENSION)
            extra.handle = tagged(.max, ring)
            if let feeCurrency {
                extra.flags |= UInt16(PKS_EXTENSION_FEE_CURRENCY)
                unsafe withUnsafeMutableBytes(of: &extra.fee_currency) {
                    unsafe $0.copyBytes(from: feeCurrency.utf8)
                }
            }
            if let closes {
                extra.flags |= UInt16(PKS_EXTENSION_OPEN_TRADE)
                unsafe withUnsafeMutableBytes(of: &extra.open_trade_id) {
                    unsafe $0.copyBytes(from: closes.utf8)
                }
            }
            fill.flags = UInt16(PKS_FILL_EXTENDED)
            try append(extra)
        }
        try append(fill)
    }

    private func tagged(_ handle: UInt32, _ ring: Int) -> UInt32 {
        handle & UInt32(PKS_JOURNAL_NO_HANDLE) | UInt32(ring) << 24
    }

    /// What the records up to `seq` come to, all of them without it.
    func replayed(through seq: UInt64? = nil) throws -> BookReplay {
        var replay = BookReplay(name: book, hashSeed: 7)
        let bytes = records.prefix(128 * Int(seq ?? self.seq))
        unsafe try bytes.withUnsafeBytes { unsafe try replay.take($0, firstSeq: 1) }
        replay.flush()
        return replay
    }

    /// Writes a checkpoint of record `seq`.
    func checkpoint(_ seq: UInt64, keeping kept: UInt64? = nil) throws {
        let replay = try replayed(through: seq)
        _ = try Checkpoint.write(
            replay.book, passenger: [], to: CheckpointFolder(path: path), epoch: epoch, keeping: kept,
            createdRealtimeNs: 1)
    }

    /// Removes a file, as retention does, or an accident.
    func lose(_ name: String) { _ = unsafe unlink("\(path)/\(name)") }

    /// Changes bytes of a file as a failing disk would.
    func scribble(_ name: String, at offset: Int, _ bytes: [UInt8]) throws {
        let descriptor = unsafe Glibc.open("\(path)/\(name)", O_RDWR)
        defer { _ = close(descriptor) }
        let count = unsafe bytes.withUnsafeBytes {
            unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset))
        }
        if count != bytes.count { throw SystemFailure(name, code: errno) }
    }
}
