import CSeqlock

@testable import Accumulator

/// What a book's writer must make of the records of its rings, said without look-ahead: one record at a
/// time, each ring's handles looked up, an extension kept until the record after it.
struct PathReference: ~Copyable {
    var book: Book
    private var handles: [[UInt32: UInt32]]
    private var extensions: [pks_extension_record?]

    init(_ book: consuming Book, ringCount: Int) {
        self.book = book
        handles = Array(repeating: [:], count: ringCount)
        extensions = Array(repeating: nil, count: ringCount)
    }

    mutating func consume(_ record: pks_fill_record, ring: Int) {
        var record = record
        let isExtended = record.kind == UInt8(PKS_KIND_FILL) && record.flags & UInt16(PKS_FILL_EXTENDED) != 0
        // SAFETY (all of this function): records are whole and outlive the calls; all kinds are 128 bytes.
        if var extra = extensions[ring] {
            extensions[ring] = nil
            if isExtended {
                record.handle = handle(record.handle, ring)
                _ = unsafe book.apply(&record, extension: &extra)
                return
            }
            refuse(unsafe unsafeBitCast(extra, to: pks_fill_record.self), .danglingExtension, ring)
        }
        switch Int32(record.kind) {
        case PKS_KIND_KEY:
            var key = unsafe unsafeBitCast(record, to: pks_key_record.self)
            if case .defined(let handle, _) = unsafe book.define(&key) { handles[ring][key.handle] = handle }
        case PKS_KIND_EXTENSION:
            extensions[ring] = unsafe unsafeBitCast(record, to: pks_extension_record.self)
        case PKS_KIND_FILL where !isExtended:
            record.handle = handle(record.handle, ring)
            _ = unsafe book.apply(&record)
        case PKS_KIND_FILL:
            refuse(record, .danglingExtension, ring)
        default:
            refuse(record, .unsupportedKind, ring)
        }
    }

    /// The records so far are all that was taken: an extension among them has no fill.
    mutating func settle(ring: Int) {
        guard let extra = extensions[ring] else { return }
        extensions[ring] = nil
        // SAFETY: both are 128 bytes without padding.
        refuse(unsafe unsafeBitCast(extra, to: pks_fill_record.self), .danglingExtension, ring)
    }

    private func handle(_ ringHandle: UInt32, _ ring: Int) -> UInt32 { handles[ring][ringHandle] ?? .max }

    private mutating func refuse(_ record: pks_fill_record, _ reason: RejectReason, _ ring: Int) {
        var record = record
        record.handle = handle(record.handle, ring)
        book.seq += 1
        // SAFETY: the record outlives the call.
        _ = unsafe book.reject(&record, reason)
    }
}
