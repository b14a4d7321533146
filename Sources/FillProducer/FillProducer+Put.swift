public import CSeqlock

// SAFETY (all of these): the producer lives as long as `self`; records are read during the call only.
extension FillProducer {
    /// Puts one fill, to be published later; several puts may share one publish.
    @inlinable @inline(__always)
    public mutating func put(_ fill: UnsafePointer<pks_fill_record>) -> PutAnswer {
        PutAnswer(unsafe pks_producer_put(producer, fill))
    }

    /// Puts one fill, to be published later.
    @inlinable @inline(__always)
    public mutating func put(_ fill: pks_fill_record) -> PutAnswer {
        unsafe withUnsafePointer(to: fill) { fill in PutAnswer(unsafe pks_producer_put(producer, fill)) }
    }

    /// Puts a fill with its extension before it: both or neither. The fill's flags must say PKS_FILL_EXTENDED.
    @inlinable @inline(__always)
    public mutating func put(
        _ extended: UnsafePointer<pks_extension_record>, fill: UnsafePointer<pks_fill_record>
    ) -> PutAnswer {
        PutAnswer(unsafe pks_producer_put_extended(producer, extended, fill))
    }

    /// Puts a fill with its extension before it: both or neither. Sets the fill's flag itself.
    @inlinable @inline(__always)
    public mutating func put(_ extended: pks_extension_record, fill: pks_fill_record) -> PutAnswer {
        var fill = fill
        fill.flags |= UInt16(PKS_FILL_EXTENDED)
        return unsafe withUnsafePointer(to: extended) { extended in
            PutAnswer(unsafe pks_producer_put_extended(producer, extended, &fill))
        }
    }

    /// Shows the writer everything put so far.
    @inlinable @inline(__always)
    public mutating func publish() {
        unsafe pks_producer_publish(producer)
    }
}
