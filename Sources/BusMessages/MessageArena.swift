import CBusMessages
import FillRecords

/// The memory into which protobuf-c unpacks one message at a time. The next message takes the place of the last.
@safe
struct MessageArena: ~Copyable {
    // SAFETY: both are allocated in init and freed in deinit. The C arena holds its own address and the memory's, so
    // neither moves.
    private let arena: UnsafeMutablePointer<pks_bus_arena>
    private let memory: UnsafeMutableRawPointer

    init(capacityBytes: Int) {
        precondition(capacityBytes <= Int(Int32.max), "a field's place fits 32 bits")
        unsafe arena = .allocate(capacity: 1)
        unsafe memory = .allocate(byteCount: capacityBytes, alignment: 16)
        unsafe arena.initialize(to: pks_bus_arena())
        unsafe pks_bus_arena_init(arena, memory, capacityBytes)
    }

    deinit {
        unsafe arena.deallocate()
        unsafe memory.deallocate()
    }

    /// Unpacks a message in place of the last one, which is then gone. Throws when it is too long, when the bytes are
    /// no such message, or when they unpack to more than there is room for.
    mutating func unpack(
        _ kind: MessageKind, _ bytes: UnsafeRawBufferPointer, _ limits: MessageLimits
    ) throws(Poison) -> UnsafeMutableRawPointer {
        unsafe pks_bus_arena_reset(arena)
        guard bytes.count <= limits.bytesMax else {
            throw Poison(.tooLarge, "\(bytes.count) bytes; \(limits.bytesMax) is the most")
        }
        // SAFETY: the caller's bytes live for the call; the allocator is inside the arena.
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let message = unsafe protobuf_c_message_unpack(
            kind.descriptor, &arena.pointee.allocator, bytes.count, start)
        if let message = unsafe message { return UnsafeMutableRawPointer(message) }
        throw unsafe arena.pointee.is_exhausted != 0
            ? Poison(.tooLarge, "\(bytes.count) bytes that unpack to more than one message may take")
            : Poison(.malformed, "\(bytes.count) bytes that are no \(kind.rawValue)")
    }

    /// Refuses a message that is not for this book.
    func checkBook(_ field: ProtobufCBinaryData, is book: [UInt8]) throws(Poison) {
        // SAFETY: a field of the message at hand.
        let slice = unsafe slice(field)
        try withBytes { bytes throws(Poison) in
            let name = bytes.extracting(slice.range)
            if name.isEmpty { throw Poison(.missingField, "book is missing or empty") }
            try checkText(name, "book", of: MessagePlace())
            var isOurs = name.count == book.count
            for index in 0..<min(name.count, book.count) where name[index] != book[index] { isOurs = false }
            if !isOurs {
                throw Poison(.wrongBook, "for the book \(quoted(name)), not for \(quoted(book.span))")
            }
        }
    }

    /// Where a field of the message that is unpacked stands in `withBytes`.
    func slice(_ field: ProtobufCBinaryData) -> FieldSlice {
        // SAFETY: a field of the message, whose bytes were handed out of the memory; only addresses are compared.
        guard unsafe field.len > 0, let data = unsafe field.data else { return .absent }
        let offset = unsafe UnsafeRawPointer(data) - UnsafeRawPointer(memory)
        return unsafe FieldSlice(offset: Int32(offset), count: Int32(field.len))
    }

    /// Lends the bytes of the message that is unpacked; fields are slices of them.
    func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // SAFETY: these bytes were handed out, and live until the next message.
        let bytes = unsafe UnsafeBufferPointer(
            start: arena.pointee.memory, count: arena.pointee.used_bytes)
        return try body(unsafe bytes.span)
    }
}
