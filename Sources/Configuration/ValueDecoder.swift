import Glibc
import LotMatching
import Service
import ShmFiles

/// Reads values of a configuration into the types of their keys; what cannot be read becomes a mistake.
struct ValueDecoder {
    let machine: Machine
    /// The directory that relative paths start from; empty: the current one.
    let directory: String
    var mistakes = MistakeList()

    init(machine: Machine, directory: String) {
        self.machine = machine
        self.directory = directory
    }

    /// The value of a key, or nil when it is wrong.
    mutating func decode(_ kind: ValueKind, _ entry: TOMLEntry) -> Setting<ConfigurationValue>? {
        let value = entry.value
        let origin = Origin.file(value.place)
        let decoded: ConfigurationValue? =
            switch (kind, value.content) {
            case (.bookName, .text(let text)): bookName(text, entry)
            case (.method, .text(let text)): method(text, entry).map { .method($0) }
            case (.wait, .text(let text)): wait(text, entry)
            case (.path, .text(let text)): path(text, entry)
            case (.count(let range), .integer(let number)): count(Int(number), range, entry)
            case (.count(let range), .text(let text)): countText(text, range, entry)
            case (.powerOfTwo(let range), .integer(let number)): powerOfTwo(Int(number), range, entry)
            case (.powerOfTwo(let range), .text(let text)):
                CountText.parse(text).map { powerOfTwo($0, range, entry) } ?? wrong(entry, kind)
            case (.duration, .text(let text)):
                DurationText.parse(text).map { .durationNs($0) } ?? wrong(entry, kind)
            case (.size, .text(let text)): SizeText.parse(text).map { .bytes($0) } ?? wrong(entry, kind)
            case (.mode, .text(let text)): mode(text, entry)
            case (.flag, .boolean(let isTrue)): .flag(isTrue)
            case (.cpu, .integer(let number)): cpu(Int(number), entry)
            case (.cpu, .text("none")), (.address, .text("off")): ConfigurationValue.none
            case (.address, .text(let text)):
                ListenAddress(text).map { .address($0) } ?? wrong(entry, kind)
            case (.users, .array(let elements)): users(elements, entry)
            case (.durationBetween(let range), .text(let text)): duration(text, range, entry)
            case (.servers, _): servers(entry)
            case (.streamName, .text(let text)): streamName(text, entry)
            case (.consumerTemplate, .text(let text)): consumerTemplate(text, entry)
            case (.subjectTemplate, .text(let text)): subjectTemplate(text, entry)
            case (.publicKey, .text(let text)): publicKey(text, entry)
            case (.word, .text(let text)): word(text, entry)
            default: wrong(entry, kind)
            }
        return decoded.map { Setting($0, origin) }
    }

    /// The method of a key or of an entry of `class_methods`.
    mutating func method(_ entry: TOMLEntry) -> Setting<LotMethod>? {
        guard case .text(let text) = entry.value.content else {
            _ = wrong(entry, .method)
            return nil
        }
        return method(text, entry).map { Setting($0, .file(entry.value.place)) }
    }

    /// A key that means nothing there.
    mutating func unknown(_ entry: TOMLEntry, known: [String], in table: String) {
        let nearest = Suggestion.nearest(to: entry.key, in: known)
        mistakes.add(
            .file(entry.place), "unknown key \(quoted(entry.key)) in \(table)",
            nearest == nil
                ? "one of \(known.joined(separator: ", ")) was expected" : "a known key was expected",
            nearest.map { "did you mean \($0)?" })
    }

    /// Something else than a table where one belongs.
    mutating func notTable(_ entry: TOMLEntry, _ expected: String) {
        mistakes.add(
            .file(entry.value.place), "\(shown(entry.key)) is \(entry.value.kindText)",
            "\(expected) was expected")
    }

    // MARK: - one value

    mutating func wrong(_ entry: TOMLEntry, _ kind: ValueKind) -> ConfigurationValue? {
        wrong(entry, kind.expectation)
    }

    mutating func wrong(
        _ entry: TOMLEntry, _ expected: String, _ advice: String? = nil
    ) -> ConfigurationValue? {
        mistakes.add(
            .file(entry.value.place), "\(shown(entry.key)) = \(entry.value.shownText)",
            "\(expected) was expected", advice)
        return nil
    }

    private mutating func bookName(_ text: String, _ entry: TOMLEntry) -> ConfigurationValue? {
        do throws(NameFault) { try SharedNames.check(text, bytesMax: 64) } catch {
            return wrong(entry, "a name of letters, digits, dots, dashes and underscores", "it \(error.text)")
        }
        return .text(text)
    }

    private mutating func method(_ text: String, _ entry: TOMLEntry) -> LotMethod? {
        if let method = LotMethod(name: text) { return method }
        _ = wrong(entry, ValueKind.method.expectation, suggestion(text, LotMethod.allCases.map(\.name)))
        return nil
    }

    private mutating func wait(_ text: String, _ entry: TOMLEntry) -> ConfigurationValue? {
        if let wait = WaitStrategy(rawValue: text) { return .wait(wait) }
        return wrong(
            entry, ValueKind.wait.expectation, suggestion(text, WaitStrategy.allCases.map(\.rawValue)))
    }

    private mutating func path(_ text: String, _ entry: TOMLEntry) -> ConfigurationValue? {
        if text.isEmpty { return ConfigurationValue.none }
        if text.utf8.contains(0) || text.utf8.count >= 4096 {
            return wrong(entry, "a path of less than 4096 bytes without NUL")
        }
        return .text(text.hasPrefix("/") || directory.isEmpty ? text : directory + "/" + text)
    }

    private mutating func count(
        _ count: Int, _ range: ClosedRange<Int>, _ entry: TOMLEntry
    ) -> ConfigurationValue? {
        range.contains(count) ? .count(count) : wrong(entry, ValueKind.count(range).expectation)
    }

    private mutating func countText(
        _ text: String, _ range: ClosedRange<Int>, _ entry: TOMLEntry
    ) -> ConfigurationValue? {
        guard let count = CountText.parse(text) else {
            return wrong(
                entry, ValueKind.count(range).expectation, "units are k and M, or Ki and Mi for those of 1024"
            )
        }
        return self.count(count, range, entry)
    }

    private mutating func powerOfTwo(
        _ count: Int, _ range: ClosedRange<Int>, _ entry: TOMLEntry
    ) -> ConfigurationValue? {
        range.contains(count) && count & (count - 1) == 0
            ? .count(count) : wrong(entry, ValueKind.powerOfTwo(range).expectation)
    }

    private mutating func mode(_ text: String, _ entry: TOMLEntry) -> ConfigurationValue? {
        guard text.utf8.count == 4, text.hasPrefix("0"), let mode = UInt32(text, radix: 8) else {
            return wrong(entry, .mode)
        }
        if mode & 0o600 != 0o600 {
            return wrong(entry, .mode, "the writer itself must read and write its segment")
        }
        if mode & 0o022 != 0 {
            return wrong(entry, .mode, "whoever may write a segment can change every position in it")
        }
        return mode & 0o111 == 0 ? .mode(mode) : wrong(entry, .mode, "nothing in a segment can be executed")
    }

    private mutating func wrong(
        _ entry: TOMLEntry, _ kind: ValueKind, _ advice: String
    ) -> ConfigurationValue? {
        wrong(entry, kind.expectation, advice)
    }

    private mutating func cpu(_ number: Int, _ entry: TOMLEntry) -> ConfigurationValue? {
        if machine.cpus.contains(number) { return .count(number) }
        return wrong(entry, .cpu, "this process may run on \(cpuRanges(machine.cpus))")
    }

    private mutating func users(_ elements: [TOMLValue], _ entry: TOMLEntry) -> ConfigurationValue? {
        var users: [UserReference] = []
        var isRight = true
        for element in elements {
            if let user = user(element, entry) { users.append(user) } else { isRight = false }
        }
        return isRight ? .users(users) : nil
    }

    private mutating func user(_ element: TOMLValue, _ entry: TOMLEntry) -> UserReference? {
        switch element.content {
        case .integer(let number):
            if let uid = UInt32(exactly: number), uid != UInt32.max {
                return UserReference(text: "\(uid)", uid: uid)
            }
        case .text(let text):
            if let uid = machine.userID(text) { return UserReference(text: text, uid: uid) }
            mistakes.add(
                .file(element.place), "there is no user \(quoted(text))",
                "a user of this machine was expected",
                "name one, or write its number")
            return nil
        default: break
        }
        mistakes.add(
            .file(element.place), "\(shown(entry.key)) holds \(element.shownText)",
            "names of users or their numbers were expected")
        return nil
    }

    private func suggestion(_ word: String, _ words: [String]) -> String? {
        Suggestion.nearest(to: word, in: words).map { "did you mean \"\($0)\"?" }
    }
}

/// A key for messages: as it is when that can be read, else in quotes.
func shown(_ key: String) -> String {
    !key.isEmpty && key.utf8.allSatisfy { isBare($0) } ? key : quoted(key)
}

/// Whether a byte may stand in a key of TOML without quotes.
func isBare(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
    default: false
    }
}

/// `0-3, 6`: ascending numbers for a person.
func cpuRanges(_ cpus: [Int]) -> String {
    var parts: [(Int, Int)] = []
    for cpu in cpus {
        if let last = parts.last, last.1 + 1 == cpu {
            parts[parts.count - 1].1 = cpu
        } else {
            parts.append((cpu, cpu))
        }
    }
    let text = parts.map { $0.0 == $0.1 ? "\($0.0)" : "\($0.0)-\($0.1)" }.joined(separator: ", ")
    return cpus.count == 1 ? "CPU \(text)" : "CPUs \(text)"
}

extension ValueKind {
    /// What a key of this kind expects, as a noun.
    var expectation: String {
        switch self {
        case .bookName: "a name in quotes"
        case .method: "one of \(LotMethod.allCases.map { "\"\($0.name)\"" }.joined(separator: ", "))"
        case .wait: "one of \(WaitStrategy.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))"
        case .path: "a path in quotes, relative to this file"
        case .count(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .powerOfTwo(let range): "a power of two from \(range.lowerBound) to \(range.upperBound)"
        case .duration: "a length of time with a unit (ns, us, ms, s, m, h, d) in quotes, such as \"5s\""
        case .size: "a size with a unit (B, KiB, MiB, GiB) in quotes, such as \"256MiB\","
        case .mode: "permission bits in octal, in quotes, such as \"0640\""
        case .flag: "true or false"
        case .cpu: "the number of a CPU, or \"none\""
        case .address:
            "an address and a port in quotes, such as \"127.0.0.1:9464\" or \"[::1]:0\", or \"off\""
        case .users: "an array of users, such as [\"alice\", 1001]"
        case .durationBetween(let range):
            "a length of time from \"\(DurationText.text(range.lowerBound))\" to "
                + "\"\(DurationText.text(range.upperBound))\" in quotes"
        case .servers: "an array of addresses, such as [\"nats://localhost:4222\"]"
        case .streamName: "a name of letters, digits, dashes and underscores in quotes"
        case .consumerTemplate:
            "a name of letters, digits, dashes and underscores with {book} in it, in quotes,"
        case .subjectTemplate: "words with dots between, one of them {book}, in quotes,"
        case .publicKey: "a public NKey in quotes"
        case .word: "a name without blanks in quotes"
        }
    }
}
