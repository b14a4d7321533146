/// Byte strings numbered in the order in which they came: a hash table with open addressing over one arena.
/// The numbers never depend on the hash, so its seed may be random: no input can be made to collide. Looking up
/// allocates nothing.
package struct ByteTable: ~Copyable {
    private var arena: [UInt8] = []
    /// Where each string ends in the arena.
    private var ends: [Int] = []
    /// 0 for a free place, else the upper half of the hash over the number + 1.
    private var places: [UInt64] = Array(repeating: 0, count: 64)
    private let seed: UInt64

    /// An empty table. A seed is given by tests only.
    package init(seed: UInt64 = UInt64.random(in: 0...UInt64.max)) { self.seed = seed }

    /// How many strings there are.
    package var count: Int { ends.count }

    /// The number of a string, or nil.
    package func find(_ key: Span<UInt8>) -> Int? {
        let hash = self.hash(key)
        var place = Int(truncatingIfNeeded: hash) & (places.count - 1)
        while places[place] != 0 {
            if (places[place] ^ hash) >> 32 == 0 {
                let number = Int(places[place] & 0xffff_ffff) - 1
                if isEqual(number, key) { return number }
            }
            place = (place + 1) & (places.count - 1)
        }
        return nil
    }

    /// Adds a string that is not there; its number is the count before. Amortised constant time; allocates now
    /// and then.
    package mutating func add(_ key: Span<UInt8>) {
        precondition(count < Int(UInt32.max) - 1, "a number fits 32 bits")
        for index in key.indices { arena.append(key[index]) }
        ends.append(arena.count)
        if 2 * count > places.count { grow() } else { place(count - 1, hash: hash(key)) }
    }

    private func range(of number: Int) -> Range<Int> {
        (number == 0 ? 0 : ends[number - 1])..<ends[number]
    }

    private func isEqual(_ number: Int, _ key: Span<UInt8>) -> Bool {
        let range = range(of: number)
        if range.count != key.count { return false }
        for index in key.indices where arena[range.lowerBound + index] != key[index] { return false }
        return true
    }

    private mutating func place(_ number: Int, hash: UInt64) {
        var place = Int(truncatingIfNeeded: hash) & (places.count - 1)
        while places[place] != 0 { place = (place + 1) & (places.count - 1) }
        places[place] = hash & 0xffff_ffff_0000_0000 | UInt64(number + 1)
    }

    private mutating func grow() {
        places = Array(repeating: 0, count: places.count * 4)
        for number in 0..<count {
            place(number, hash: hash(arena.span.extracting(range(of: number))))
        }
    }

    /// Multiply and fold, eight bytes at a time; the low half picks the place, the high half is kept.
    private func hash(_ key: Span<UInt8>) -> UInt64 {
        var hash = seed ^ UInt64(key.count)
        var index = 0
        while index < key.count {
            var word: UInt64 = 0
            let end = min(index + 8, key.count)
            while index < end {
                word = word << 8 | UInt64(key[index])
                index += 1
            }
            let product = (hash ^ word).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
            hash = product.low ^ product.high
        }
        return hash ^ hash >> 32
    }
}
