import CSeqlock

/// The reasons of a degraded writer in words.
package func degradedText(_ reasons: UInt64) -> String {
    let known: [(bit: Int32, text: String)] = [
        (PKS_DEGRADED_SLOTS_FULL, "all position slots are taken"),
        (PKS_DEGRADED_LOTS_FULL, "the store of lots is full"),
        (PKS_DEGRADED_IDENTITIES_FULL, "the duplicate window is full"),
        (PKS_DEGRADED_JOURNAL, "the journal cannot be written"),
        (PKS_DEGRADED_PRODUCER, "a producer's ring is broken"),
        (PKS_DEGRADED_HISTORY, "began without fills that a ring no longer holds"),
    ]
    var words = known.filter { reasons & UInt64($0.bit) != 0 }.map(\.text)
    let rest = reasons & ~known.reduce(UInt64(0)) { $0 | UInt64($1.bit) }
    if rest != 0 || words.isEmpty { words.append("reasons 0x\(String(rest, radix: 16))") }
    return words.joined(separator: ", ")
}
