/// The `average` method's only arithmetic: what a reduction takes out of the pool.
///
/// `cost` is the signed cost of a pool of `open` units; a reduction of `closed` units (0 < closed <= open)
/// takes cost x closed / open, rounded half-even, and the remainder stays, so cost is conserved to the last
/// unit. Closing everything takes all of it. Exact for every input; allocates nothing.
@inlinable
public func averageCostTaken(cost: Int128, closed: Int64, open: Int64) -> Int128 {
    precondition(closed > 0 && closed <= open, "a reduction takes between one unit and all of the pool")
    if closed == open { return cost }
    // cost = whole x open + rest with |rest| < open < 2^63, so |rest x closed| < 2^126 and nothing below
    // can overflow: |whole x closed| <= |cost|.
    let divisor = Int128(open)
    let (whole, rest) = cost.quotientAndRemainder(dividingBy: divisor)
    let (part, left) = (rest &* Int128(closed)).quotientAndRemainder(dividingBy: divisor)
    let floorTowardZero = whole &* Int128(closed) &+ part
    // |left| < open, so doubling it stays inside 128 bits.
    let twice = left.magnitude &* 2
    let half = divisor.magnitude
    if twice < half { return floorTowardZero }
    let away: Int128 = cost < 0 ? -1 : 1
    if twice > half { return floorTowardZero &+ away }
    return floorTowardZero & 1 == 0 ? floorTowardZero : floorTowardZero &+ away
}
