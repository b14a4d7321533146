public import CSeqlock

/// Records whose every word follows from their number, so that whoever receives one can tell whether it is whole.
public enum NumberedRecords {
    /// Fill `number`; every fourth one is to be extended.
    public static func fill(_ number: UInt64) -> pks_fill_record {
        var record = pks_fill_record()
        fillWords(of: &record, number, salt: 1)
        record.kind = UInt8(PKS_KIND_FILL)
        record.side = UInt8(PKS_SIDE_BUY)
        record.flags = number % 4 == 0 ? UInt16(PKS_FILL_EXTENDED) : 0
        record.handle = UInt32(truncatingIfNeeded: number / 64)
        record.source_ref = number
        return record
    }

    /// The extension of fill `number`.
    public static func extended(_ number: UInt64) -> pks_extension_record {
        var record = pks_extension_record()
        fillWords(of: &record, number, salt: 2)
        record.kind = UInt8(PKS_KIND_EXTENSION)
        record.flags = UInt16(PKS_EXTENSION_OPEN_TRADE)
        record.source_ref = number
        return record
    }

    /// The key of handle `number`.
    public static func key(_ number: Int) -> pks_key_record {
        var record = pks_key_record()
        fillWords(of: &record, UInt64(number), salt: 3)
        record.kind = UInt8(PKS_KIND_KEY)
        record.handle = UInt32(number)
        record.price_decimals = 8
        record.qty_decimals = 8
        record.fee_decimals = 8
        return record
    }

    /// Whether two records are the same bytes.
    public static func isSame<One: BitwiseCopyable, Other: BitwiseCopyable>(_ one: One, _ other: Other)
        -> Bool
    {
        // SAFETY: both are copies that live for the closures.
        unsafe withUnsafeBytes(of: one) { oneBytes in
            unsafe withUnsafeBytes(of: other) { unsafe oneBytes.elementsEqual($0) }
        }
    }

    private static func fillWords<Record: BitwiseCopyable>(
        of record: inout Record, _ number: UInt64, salt: UInt64
    ) {
        // SAFETY: the bytes of `record` are exclusively ours for the closure; records are 16 words.
        unsafe withUnsafeMutableBytes(of: &record) { bytes in
            for word in 0..<bytes.count / 8 {
                let value = (number &* 16 &+ UInt64(word) &+ salt << 56) &* 0x9e37_79b9_7f4a_7c15 | 1
                unsafe bytes.storeBytes(of: value, toByteOffset: 8 * word, as: UInt64.self)
            }
        }
    }
}
