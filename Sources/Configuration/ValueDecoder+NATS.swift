import NATSBridge

extension ValueDecoder {
    /// Addresses, one text with commas between or an array. No message shows what is before an `@`.
    mutating func servers(_ entry: TOMLEntry) -> ConfigurationValue? {
        var texts: [(text: String, place: TextPlace)] = []
        switch entry.value.content {
        case .text(let text): texts = text.split(separator: ",").map { (String($0), entry.value.place) }
        case .array(let elements):
            for element in elements {
                guard case .text(let text) = element.content else {
                    mistakes.add(
                        .file(element.place), "\(shown(entry.key)) holds \(element.kindText)",
                        "addresses in quotes were expected")
                    return nil
                }
                texts.append((text, element.place))
            }
        default: return wrong(entry, "an array of addresses, such as [\"nats://localhost:4222\"]")
        }
        var servers: [NATSAddress] = []
        var isRight = true
        for (text, place) in texts {
            do throws(BusError) {
                let server = try NATSAddress(text.trimmed)
                if text.contains("://***@") {
                    mistakes.add(
                        .file(place), "the server \(server) has a secret that was hidden by pks config show",
                        "the secret itself was expected", "write it there, or name a credentials file")
                    isRight = false
                }
                servers.append(server)
            } catch {
                mistakes.add(
                    .file(place), "\(shown(entry.key)) holds \(quoted(ServerText.hidden(text)))",
                    "an address such as \"nats://host:4222\" or \"tls://host\" was expected")
                isRight = false
            }
        }
        return isRight ? .servers(servers) : nil
    }

    /// The name of a stream.
    mutating func streamName(_ text: String, _ entry: TOMLEntry) -> ConfigurationValue? {
        isSubjectWord(text[...]) ? .text(text) : wrong(entry, ValueKind.streamName.expectation)
    }

    /// The name of a consumer with `{book}` in it.
    mutating func consumerTemplate(_ text: String, _ entry: TOMLEntry) -> ConfigurationValue? {
        let parts = text.split(separator: "{book}", omittingEmptySubsequences: false)
        let isRight = parts.count == 2 && parts.allSatisfy { $0.isEmpty || isSubjectWord($0) }
        return isRight ? .text(text) : wrong(entry, ValueKind.consumerTemplate.expectation)
    }

    /// A subject with `{book}` as one of its words.
    mutating func subjectTemplate(_ text: String, _ entry: TOMLEntry) -> ConfigurationValue? {
        let words = text.split(separator: ".", omittingEmptySubsequences: false)
        let isRight =
            text.utf8.count <= 200 && words.count { $0 == "{book}" } == 1
            && words.allSatisfy { $0 == "{book}" || isSubjectWord($0) }
        return isRight ? .text(text) : wrong(entry, ValueKind.subjectTemplate.expectation)
    }

    /// A public NKey of a user.
    mutating func publicKey(_ text: String, _ entry: TOMLEntry) -> ConfigurationValue? {
        if text.isEmpty { return ConfigurationValue.none }
        if NATSKey.isPublicKey(text) { return .text(text) }
        // Somebody may have put the seed there: it is not repeated.
        mistakes.add(
            .file(entry.value.place), "\(shown(entry.key)) is no public NKey",
            "56 letters and digits that begin with U were expected",
            text.hasPrefix("S") ? "a seed belongs in a file, which nkey_seed names" : nil)
        return nil
    }

    /// A name without blanks and control characters, or nothing.
    mutating func word(_ text: String, _ entry: TOMLEntry) -> ConfigurationValue? {
        if text.isEmpty { return ConfigurationValue.none }
        let isRight = text.utf8.count <= 255 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        return isRight ? .text(text) : wrong(entry, ValueKind.word.expectation)
    }

    /// A length of time within bounds.
    mutating func duration(
        _ text: String, _ range: ClosedRange<Int64>, _ entry: TOMLEntry
    ) -> ConfigurationValue? {
        guard let ns = DurationText.parse(text), range.contains(ns) else {
            return wrong(entry, ValueKind.durationBetween(range).expectation)
        }
        return .durationNs(ns)
    }

    private func isSubjectWord(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 128 && text.utf8.allSatisfy { isBare($0) }
    }
}

/// Addresses of servers as messages may show them.
package enum ServerText {
    /// The text with `***` for all that is before its last `@`, but for the scheme.
    package static func hidden(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return text }
        let scheme = text.firstRange(of: "://").map { text[..<$0.upperBound] } ?? ""
        return scheme + "***" + text[at...]
    }
}

extension String {
    /// Without blanks at both ends.
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
