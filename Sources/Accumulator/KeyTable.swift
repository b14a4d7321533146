import CSeqlock

/// The keys of a book: (account, strategy, symbol) to handle and back. Handles count from 0 in the order of
/// definition and are slot numbers as well. Memory is reserved at start; definition is not a hot path.
@safe
struct KeyTable: ~Copyable {
    // SAFETY: countMax records and indexMask + 1 index places, mapped and zeroed in init, unmapped in deinit.
    private let records: UnsafeMutablePointer<pks_key_record>
    private let index: UnsafeMutablePointer<UInt32>
    let indexMask: Int
    let countMax: Int
    /// How many keys are defined.
    private(set) var count = 0

    init(countMax: Int) {
        precondition(countMax > 0)
        self.countMax = countMax
        var places = 2
        while places < countMax * 2 { places *= 2 }
        indexMask = places - 1
        unsafe records = HugePages.allocateZeroed(bytes: countMax * 128).assumingMemoryBound(
            to: pks_key_record.self)
        unsafe index = HugePages.allocateZeroed(bytes: places * 4).assumingMemoryBound(to: UInt32.self)
    }

    deinit {
        unsafe HugePages.free(UnsafeMutableRawPointer(records), bytes: countMax * 128)
        unsafe HugePages.free(UnsafeMutableRawPointer(index), bytes: (indexMask + 1) * 4)
    }

    var isFull: Bool { count == countMax }

    /// The KEY record of a handle below `count`, as it was first defined.
    subscript(_ handle: UInt32) -> UnsafePointer<pks_key_record> {
        precondition(Int(handle) < count)
        // SAFETY: handle < count <= countMax.
        return unsafe UnsafePointer(records + Int(handle))
    }

    /// The handle of a key, or nil.
    func find(_ key: UnsafePointer<pks_key_record>) -> UInt32? {
        // SAFETY: an index entry is 0 or 1 + a handle below count; at least half the places are 0.
        var place = unsafe Int(truncatingIfNeeded: key.nameHash) & indexMask
        while unsafe index[place] != 0 {
            let handle = unsafe index[place] - 1
            if unsafe key.hasNames(of: records + Int(handle)) { return handle }
            place = (place + 1) & indexMask
        }
        return nil
    }

    /// Defines a key that is not there. There must be room.
    mutating func add(_ key: UnsafePointer<pks_key_record>) -> UInt32 {
        precondition(!isFull)
        let handle = UInt32(count)
        // SAFETY: handle < countMax; the index has at least twice as many places.
        unsafe records[count] = key.pointee
        var place = unsafe Int(truncatingIfNeeded: key.nameHash) & indexMask
        while unsafe index[place] != 0 { place = (place + 1) & indexMask }
        unsafe index[place] = handle + 1
        count += 1
        return handle
    }
}

/// The names of a key as text.
public struct KeyNames: Hashable, Sendable {
    /// The account.
    public var account: String
    /// The strategy.
    public var strategy: String
    /// The symbol.
    public var symbol: String

    /// The names as given.
    public init(account: String, strategy: String, symbol: String) {
        self.account = account
        self.strategy = strategy
        self.symbol = symbol
    }
}

extension UnsafePointer where Pointee == pks_key_record {
    // SAFETY (all): offsets and sizes of a 128-byte record, asserted in pks_record.h.
    private var bytes: UnsafeRawPointer { unsafe UnsafeRawPointer(self) }

    var nameHash: UInt64 {
        let account = unsafe (bytes + 16).assumingMemoryBound(to: UInt8.self)
        let strategy = unsafe (bytes + 48).assumingMemoryBound(to: UInt8.self)
        let symbol = unsafe (bytes + 80).assumingMemoryBound(to: UInt8.self)
        return unsafe pks_key_hash(account, strategy, symbol)
    }

    func hasNames(of other: UnsafePointer<pks_key_record>) -> Bool {
        for offset in stride(from: 16, to: 128, by: 8)
        where unsafe bytes.load(fromByteOffset: offset, as: UInt64.self)
            != other.bytes.load(fromByteOffset: offset, as: UInt64.self)
        {
            return false
        }
        return true
    }

    /// Whether account, strategy and symbol are UTF-8 padded with NUL, none of them empty, and without control
    /// characters: these names are what people, terminals and files see of a position.
    var isWellFormed: Bool {
        for (offset, length) in [(16, 32), (48, 32), (80, 48)] {
            let field = unsafe UnsafeRawBufferPointer(start: bytes + offset, count: length)
            let end = unsafe field.firstIndex(of: 0) ?? length
            let trailing = unsafe field[end...].contains { $0 != 0 }
            guard end > 0, !trailing,
                let text = unsafe String(
                    validating: UnsafeRawBufferPointer(rebasing: field[..<end]), as: UTF8.self)
            else { return false }
            let hasControl = text.unicodeScalars.contains { $0.properties.generalCategory == .control }
            if hasControl { return false }
        }
        return true
    }

    var names: KeyNames {
        func text(_ offset: Int, _ length: Int) -> String {
            let field = unsafe UnsafeRawBufferPointer(start: bytes + offset, count: length)
            return unsafe String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
        }
        return KeyNames(account: text(16, 32), strategy: text(48, 32), symbol: text(80, 48))
    }
}
