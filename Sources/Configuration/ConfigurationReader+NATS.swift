import NATSBridge

extension ConfigurationReader {
    /// Reads `[nats]`.
    mutating func readNATS(_ entries: [TOMLEntry]) {
        for entry in entries {
            guard let key = NATSKey(rawValue: entry.key) else {
                decoder.unknown(entry, known: NATSKey.allCases.map(\.rawValue), in: "[nats]")
                continue
            }
            if let setting = decoder.decode(key.kind, entry) { nats[key] = setting }
        }
    }

    /// The command line and the defaults.
    mutating func resolveNATS() {
        nats.merge(commandLine.natsValues) { $1 }
        for key in NATSKey.allCases where nats[key] == nil { nats[key] = Setting(key.standard, .standard) }
    }

    /// Looks for values of `[nats]` that are wrong together, or with what books say.
    mutating func judgeNATS() {
        judgeIdentity()
        judgeNames()
        guard let servers = nats[.servers] else { return }
        if servers.value.servers.isEmpty {
            if let create = nats[.create], create.value.flag {
                decoder.mistakes.warn(
                    create.origin, "create without servers", "there is no bus",
                    "name its servers or --nats URL")
            }
            return
        }
        for book in books { judgeBookOnBus(book, servers.origin) }
    }

    private mutating func judgeIdentity() {
        func isStated(_ key: NATSKey) -> Setting<ConfigurationValue>? {
            nats[key].flatMap { $0.value == .none ? nil : $0 }
        }
        if let credentials = isStated(.credentials), isStated(.nkey) != nil {
            decoder.mistakes.add(
                credentials.origin, "credentials and nkey", "one of them was expected", "take the other away")
        }
        let pairs: [(NATSKey, NATSKey)] = [(.nkey, .nkeySeed), (.tlsCertificate, .tlsKey)]
        for (first, second) in pairs {
            for (here, there) in [(first, second), (second, first)] {
                guard let setting = isStated(here), isStated(there) == nil else { continue }
                decoder.mistakes.add(
                    setting.origin, "\(here.rawValue) without \(there.rawValue)",
                    "both or none were expected")
            }
        }
    }

    /// Two streams of one name, or two kinds of messages under one subject, would be mixed.
    private mutating func judgeNames() {
        for (keys, what) in [(NATSKey.streams, "streams"), (NATSKey.subjects, "kinds of messages")] {
            var first: [String: NATSKey] = [:]
            for key in keys {
                guard let setting = nats[key], let text = setting.value.text else { continue }
                if let other = first[text] {
                    decoder.mistakes.add(
                        setting.origin, "\(key.rawValue) and \(other.rawValue) are both \(quoted(text))",
                        "different names for different \(what) were expected")
                } else {
                    first[text] = key
                }
            }
        }
    }

    private mutating func judgeBookOnBus(_ book: BookConfiguration, _ servers: Origin) {
        if book.name.contains(".") {
            decoder.mistakes.add(
                book[.name].origin, "the book \(quoted(book.name)) on the bus",
                "a name without dots was expected, because they would split its subjects",
                "choose another name, or take it to a daemon without a bus")
        }
        if !commandLine.isForBusOnly && book[.journal].value.text?.isEmpty != false {
            decoder.mistakes.add(
                servers, "the book \(quoted(book.name)) is on the bus and has no journal",
                "a journal was expected: fills are acknowledged, and effects published, when they are on disk",
                "state where it is: journal = \"/var/lib/pks/journal\" or --journal DIR")
        }
    }
}
