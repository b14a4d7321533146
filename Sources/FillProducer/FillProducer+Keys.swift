public import CSeqlock

/// What defining a key gave.
public enum KeyDefinition: Equatable, Sendable {
    /// Fills of the key carry this handle. The key itself is on the ring, or the writer knows it already.
    case handle(UInt32)
    /// Nothing was put.
    case refused(PutAnswer)
}

// SAFETY (all of these): the producer lives as long as `self`; records are locals that outlive their call.
extension FillProducer {
    /// Finds or takes the handle of a key: the one that it has, also from an earlier life of the producer, or the
    /// lowest free one. A new key is put on the ring, once, and stays in the ring's key table, where a restarted
    /// writer finds it. Decimals say in which units of 10^-decimals the fills state numbers; they must be the
    /// instrument's. The same names with other decimals are another key. Allocates nothing.
    ///
    /// Answers `full`, `quarantined`, `badHandle` (no handle is free) and `badKey` (a name is empty, longer than its
    /// field, or has a NUL).
    public mutating func define(
        account: String, strategy: String, symbol: String, priceDecimals: Int = 8, qtyDecimals: Int = 8,
        feeDecimals: Int = 8
    ) -> KeyDefinition {
        guard
            let key = pks_key_record(
                account: account, strategy: strategy, symbol: symbol, priceDecimals: priceDecimals,
                qtyDecimals: qtyDecimals, feeDecimals: feeDecimals)
        else { return .refused(.badKey) }
        return define(key)
    }

    /// The same for a key of fields; kind and handle are set here.
    public mutating func define(_ key: pks_key_record) -> KeyDefinition {
        var handle: UInt32 = 0
        let answer = unsafe withUnsafePointer(to: key) { key in
            PutAnswer(unsafe pks_producer_define_record(producer, key, &handle))
        }
        return answer == .ok ? .handle(handle) : .refused(answer)
    }

    /// Says what a handle of the caller's choice means. Answers `badHandle` beyond the capacity and `redefined` when
    /// the handle has another key.
    public mutating func define(handle: Int, key: pks_key_record) -> PutAnswer {
        guard let handle = UInt32(exactly: handle) else { return .badHandle }
        return unsafe withUnsafePointer(to: key) { key in
            PutAnswer(unsafe pks_producer_define(producer, handle, key))
        }
    }

    /// The key of a handle, from this life or an earlier one; nil when the handle is free.
    public func definedKey(_ handle: Int) -> pks_key_record? {
        var key = pks_key_record()
        guard let handle = UInt32(exactly: handle), unsafe pks_producer_key(producer, handle, &key) != 0
        else {
            return nil
        }
        return key
    }

    /// The book's answer to a handle's key. Fills of a key that was refused are refused.
    public func answer(_ handle: Int) -> KeyAnswer {
        guard let handle = UInt32(exactly: handle) else { return .malformed }
        return KeyAnswer(rawValue: unsafe pks_producer_answer(producer, handle)) ?? .malformed
    }
}
