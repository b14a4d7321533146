import TestSupport

/// Which system calls a whole life makes, and how often one thread makes each: the places where it can be killed.
struct SystemCallSurvey {
    /// A call of a name, counted by thread from 1.
    struct Target: Hashable {
        let name: String
        let number: Int
    }

    /// The most calls of one thread, by name.
    private(set) var counts: [String: Int] = [:]

    /// Takes what strace -f -o has written in.
    mutating func add(_ trace: String) {
        var byThread: [Substring: [Substring: Int]] = [:]
        for line in trace.split(separator: "\n") {
            // A short process number is padded with spaces.
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count > 1, let paren = words[1].firstIndex(of: "("), words[1].first?.isLetter == true
            else { continue }
            byThread[words[0], default: [:]][words[1][..<paren], default: 0] += 1
        }
        for calls in byThread.values {
            for (name, count) in calls { counts[String(name)] = max(counts[String(name)] ?? 0, count) }
        }
    }

    /// Places to kill at: every kind of call in turn, its first and its last and others in between, until there are
    /// so many.
    func targets(_ count: Int, _ random: inout SeededRandom) -> [Target] {
        var targets: [Target] = []
        var taken: Set<Target> = []
        let names = counts.keys.sorted().shuffled(using: &random)
        var round = 0
        while targets.count < count && round < 1000 {
            for name in names {
                let most = counts[name] ?? 1
                let number = round == 0 ? 1 : round == 1 ? most : Int.random(in: 1...most, using: &random)
                let target = Target(name: name, number: number)
                if taken.insert(target).inserted { targets.append(target) }
            }
            round += 1
        }
        return targets
    }
}
