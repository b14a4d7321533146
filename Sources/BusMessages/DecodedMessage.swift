import CBusMessages
import FillRecords

/// A message of the bus as its fields and values, for showing. Whatever the bytes held, it can be shown: text that is
/// not UTF-8 is repaired, and `line` and `json` spell out what would move a terminal's cursor.
public struct DecodedMessage: Equatable, Sendable {
    /// Which message it is.
    public let kind: MessageKind
    /// Its fields in the order of the proto. Texts that are empty are there too; messages inside that are absent are
    /// not.
    public let fields: [Field]

    /// A field by its name in the proto.
    public struct Field: Equatable, Sendable {
        /// As in the proto, such as `net_qty`.
        public let name: String
        /// What it says.
        public let value: Value
    }

    /// What a field says.
    public enum Value: Equatable, Sendable {
        /// Text, and numbers that are exact decimals.
        case text(String)
        /// A count, a sequence number, a time.
        case integer(Int128)
        /// The name of an enum's value without what all of them begin with, such as `BUY`; its number when it has
        /// none.
        case name(String)
        /// A message inside the message.
        case message([Field])
        /// Values of a repeated field.
        case list([Value])
    }

    /// The value of a field as text, `fill.trade_id` of one in a message inside; nil when there is no such field or it
    /// is not one value. Allocates.
    public func text(_ path: String) -> String? {
        var fields = fields
        var value: Value?
        for name in path.split(separator: ".") {
            value = fields.first { $0.name == name }?.value
            if case .message(let inner) = value { fields = inner } else { fields = [] }
        }
        return value?.text
    }

    /// Whether there is such a field: a message inside may be absent.
    public func has(_ name: String) -> Bool { fields.contains { $0.name == name } }
}

extension DecodedMessage.Value {
    /// The value as it stands in `json`, without quotes; nil for messages and lists.
    public var text: String? {
        switch self {
        case .text(let text), .name(let text): text
        case .integer(let number): "\(number)"
        case .message, .list: nil
        }
    }

    /// Whether it says what a message without the field says.
    var isEmpty: Bool {
        switch self {
        case .text(let text): text.isEmpty
        case .integer(let number): number == 0
        case .name(let name): name == "UNSPECIFIED"
        case .message: false
        case .list(let values): values.isEmpty
        }
    }
}

// SAFETY: the arena lends nothing beyond a call.
/// Any message of the bus to its fields. One thread; allocates with every message, so it is for showing, not for
/// ingest.
@safe
public struct MessageInspector: ~Copyable {
    private let limits: MessageLimits
    private var arena: MessageArena

    /// An inspector of messages within limits. Reserves the memory for one.
    public init(limits: MessageLimits = MessageLimits()) {
        self.limits = limits
        arena = MessageArena(capacityBytes: limits.arenaBytes)
    }

    /// The fields of a message of a kind; the bytes are needed during the call only. Throws `malformed` and
    /// `tooLarge`; what its fields say is not judged.
    public mutating func decode(
        _ kind: MessageKind, _ bytes: UnsafeRawBufferPointer
    ) throws(Poison) -> DecodedMessage {
        // SAFETY: what unpacking gives is of the kind that was asked for, and lives until the next message.
        let message = unsafe try arena.unpack(kind, bytes, limits)
        return DecodedMessage(kind: kind, fields: unsafe Self.fields(message, kind.descriptor))
    }

    // SAFETY (all of these): `message` is of the type that `type` describes, so that each field lies where its
    // descriptor says and has the type that it says; repeated fields have as many places as their quantifier says.

    private static func fields(
        _ message: UnsafeRawPointer, _ type: UnsafePointer<ProtobufCMessageDescriptor>
    ) -> [DecodedMessage.Field] {
        var fields: [DecodedMessage.Field] = []
        for number in 0..<Int(unsafe type.pointee.n_fields) {
            let field = unsafe type.pointee.fields + number
            guard let value = unsafe value(message, field) else { continue }
            fields.append(
                DecodedMessage.Field(name: unsafe String(cString: field.pointee.name), value: value))
        }
        return fields
    }

    private static func value(
        _ message: UnsafeRawPointer, _ field: UnsafePointer<ProtobufCFieldDescriptor>
    ) -> DecodedMessage.Value? {
        let place = unsafe message + Int(field.pointee.offset)
        guard unsafe field.pointee.label == PROTOBUF_C_LABEL_REPEATED else {
            return unsafe single(place, field)
        }
        let count = unsafe message.load(fromByteOffset: Int(field.pointee.quantifier_offset), as: Int.self)
        guard count > 0, let elements = unsafe place.load(as: UnsafeRawPointer?.self) else {
            return .list([])
        }
        let isMessage = unsafe field.pointee.type == PROTOBUF_C_TYPE_MESSAGE
        let stride =
            unsafe isMessage
            ? MemoryLayout<UnsafeRawPointer>.stride : MemoryLayout<ProtobufCBinaryData>.stride
        var values: [DecodedMessage.Value] = []
        for index in 0..<count {
            if let value = unsafe single(elements + index * stride, field) { values.append(value) }
        }
        return .list(values)
    }

    /// Nil for a message that is absent.
    private static func single(
        _ place: UnsafeRawPointer, _ field: UnsafePointer<ProtobufCFieldDescriptor>
    ) -> DecodedMessage.Value? {
        switch unsafe field.pointee.type {
        case PROTOBUF_C_TYPE_BYTES:
            let text = unsafe place.load(as: ProtobufCBinaryData.self)
            return .text(
                unsafe String(
                    decoding: UnsafeBufferPointer(start: text.data, count: text.data == nil ? 0 : text.len),
                    as: UTF8.self))
        case PROTOBUF_C_TYPE_UINT64: return .integer(Int128(unsafe place.load(as: UInt64.self)))
        case PROTOBUF_C_TYPE_INT64: return .integer(Int128(unsafe place.load(as: Int64.self)))
        case PROTOBUF_C_TYPE_UINT32: return .integer(Int128(unsafe place.load(as: UInt32.self)))
        case PROTOBUF_C_TYPE_ENUM: return unsafe .name(name(of: place.load(as: Int32.self), field))
        case PROTOBUF_C_TYPE_MESSAGE:
            guard let inner = unsafe place.load(as: UnsafeRawPointer?.self),
                let type = unsafe field.pointee.descriptor?
                    .assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
            else { return nil }
            return unsafe .message(fields(inner, type))
        default: preconditionFailure("the proto has a type of field that is not shown yet")
        }
    }

    /// `SIDE_BUY` of the enum Side is `BUY`: what names of its values begin with is its zero's but for UNSPECIFIED.
    private static func name(
        of number: Int32, _ field: UnsafePointer<ProtobufCFieldDescriptor>
    ) -> String {
        guard let raw = unsafe field.pointee.descriptor else { return "\(number)" }
        let type = unsafe raw.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)
        guard let value = unsafe protobuf_c_enum_descriptor_get_value(type, number),
            let zero = unsafe protobuf_c_enum_descriptor_get_value(type, 0)
        else { return "\(number)" }
        let prefix = unsafe String(cString: zero.pointee.name).utf8.count - "UNSPECIFIED".utf8.count
        return unsafe String(String(cString: value.pointee.name).dropFirst(prefix))
    }
}
