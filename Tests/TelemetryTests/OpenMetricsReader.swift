/// A strict reader of OpenMetrics text, version 1.0.0, for the types that pks writes. Written from the
/// specification, not from the writer.
struct OpenMetricsReader {
    struct Sample: Equatable {
        let name: String
        let labels: [String: String]
        let value: String
    }

    struct Family: Equatable {
        let name: String
        var type = ""
        var unit: String?
        var help: String?
        var samples: [Sample] = []
    }

    struct Fault: Error, CustomStringConvertible {
        let line: String
        let what: String
        var description: String { "\(what): \(line)" }
    }

    private(set) var families: [Family] = []

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Fault(line: "the end", what: "no newline") }
        var lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map {
            String($0)
        }
        guard lines.popLast() == "# EOF" else { throw Fault(line: "the end", what: "no # EOF") }
        for line in lines {
            do { try read(line) } catch let fault as Fault {
                throw Fault(line: line, what: fault.what)
            }
        }
        for family in families { try judge(family) }
    }

    private func fault(_ what: String) -> Fault { Fault(line: "", what: what) }

    private mutating func read(_ line: String) throws {
        if line.isEmpty || line == "# EOF" { throw fault("an empty line or an early end") }
        guard line.hasPrefix("#") else { return try readSample(line) }
        let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map {
            String($0)
        }
        guard words.count == 4, words[0] == "#" else { throw fault("no metadata") }
        if families.last?.name != words[2] {
            if families.contains(where: { $0.name == words[2] }) { throw fault("a family in two places") }
            try checkName(words[2])
            families.append(Family(name: words[2]))
        }
        let last = families.count - 1
        if !families[last].samples.isEmpty { throw fault("metadata after samples") }
        switch words[1] {
        case "TYPE":
            if !families[last].type.isEmpty { throw fault("two types") }
            families[last].type = words[3]
        case "UNIT":
            if families[last].unit != nil { throw fault("two units") }
            families[last].unit = words[3]
        case "HELP":
            if families[last].help != nil { throw fault("two helps") }
            families[last].help = try unescaped(words[3])
        default: throw fault("unknown metadata")
        }
    }

    private mutating func readSample(_ line: String) throws {
        guard !families.isEmpty else { throw fault("a sample without a family") }
        let name = String(line.prefix { $0 != "{" && $0 != " " })
        try checkName(name)
        var rest = line.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.hasPrefix("{") {
            (labels, rest) = try readLabels(rest.dropFirst())
        }
        guard rest.hasPrefix(" ") else { throw fault("no blank before the value") }
        let value = String(rest.dropFirst())
        guard !value.contains(" "), Double(value) != nil else { throw fault("no number, or a timestamp") }
        let sample = Sample(name: name, labels: labels, value: value)
        let last = families.count - 1
        if families[last].samples.contains(where: { $0.name == name && $0.labels == labels }) {
            throw fault("the same sample twice")
        }
        families[last].samples.append(sample)
    }

    private func readLabels(_ text: Substring) throws -> ([String: String], Substring) {
        var labels: [String: String] = [:]
        var rest = text
        while true {
            let name = String(rest.prefix { $0 != "=" })
            let isPlain = name.utf8.allSatisfy { byte in
                (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || byte == 0x5f
                    || (0x30...0x39).contains(byte)
            }
            guard !name.isEmpty, isPlain, !(0x30...0x39).contains(name.utf8.first ?? 0) else {
                throw fault("a bad label name")
            }
            rest = rest.dropFirst(name.count)
            guard rest.hasPrefix("=\"") else { throw fault("no quote after a label") }
            rest = rest.dropFirst(2)
            var raw = ""
            while let character = rest.first, character != "\"" {
                raw.append(character)
                rest = rest.dropFirst()
                if character == "\\", let next = rest.first {
                    raw.append(next)
                    rest = rest.dropFirst()
                }
            }
            guard rest.hasPrefix("\"") else { throw fault("a label without end") }
            if labels.updateValue(try unescaped(raw), forKey: name) != nil { throw fault("a label twice") }
            rest = rest.dropFirst()
            if rest.hasPrefix("}") { return (labels, rest.dropFirst()) }
            guard rest.hasPrefix(",") else { throw fault("no comma between labels") }
            rest = rest.dropFirst()
        }
    }

    private func unescaped(_ text: String) throws -> String {
        var plain = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                switch character {
                case "n": plain += "\n"
                case "\\", "\"": plain.append(character)
                default: throw fault("an unknown escape")
                }
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                throw fault("a raw quote")
            } else {
                plain.append(character)
            }
        }
        if isEscaped { throw fault("an escape of nothing") }
        return plain
    }

    private func checkName(_ name: String) throws {
        let isPlain = name.utf8.allSatisfy { byte in
            (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || byte == 0x5f || byte == 0x3a
                || (0x30...0x39).contains(byte)
        }
        guard !name.isEmpty, isPlain, !(0x30...0x39).contains(name.utf8.first ?? 0) else {
            throw fault("a bad name")
        }
    }

    private func judge(_ family: Family) throws {
        func refuse(_ what: String) -> Fault { Fault(line: family.name, what: what) }
        if family.help == nil { throw refuse("no help") }
        if let unit = family.unit, !family.name.hasSuffix("_" + unit) {
            throw refuse("the unit is not in the name")
        }
        for sample in family.samples {
            let number = Double(sample.value) ?? -1
            switch family.type {
            case "counter":
                if sample.name != family.name + "_total" || number < 0 { throw refuse("a bad counter") }
            case "gauge":
                if sample.name != family.name { throw refuse("a bad gauge") }
            case "info":
                if sample.name != family.name + "_info" || sample.value != "1" { throw refuse("a bad info") }
                if family.unit != nil { throw refuse("an info with a unit") }
            case "stateset":
                let isState = sample.labels[family.name] != nil && ["0", "1"].contains(sample.value)
                if sample.name != family.name || !isState || family.unit != nil {
                    throw refuse("a bad state")
                }
            default: throw refuse("the type \(family.type)")
            }
        }
    }
}
