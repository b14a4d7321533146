package import Foundation

/// A report as it was written, by the suite or by the gates: what a comparison needs of it.
package struct StoredReport: Sendable {
    /// One bound of a goal.
    package struct Part: Equatable, Sendable {
        package var id: String
        package var title: String
        /// Not a number where the report has none.
        package var value: Double
        package var isAtMost: Bool
        package var isNoisy: Bool
        package var passes: Bool
        /// It has no noise: a count that is the same in every run, or one that has to be zero.
        package var isExact: Bool
        /// Empty where the report has none.
        package var repetitions: [Double]
    }

    package var machine: [String: String]
    /// Its run was ended, or a benchmark failed, before all was measured.
    package var isPartial: Bool
    package var parts: [Part]

    /// Reads what `BenchReport.json` wrote, or the gates. Texts of it are made fit for a terminal. Throws what is
    /// wrong with it, with the file's name.
    package init(_ data: Data, file: String) throws(BenchModelError) {
        struct Version: Decodable {
            var version: Int
        }
        guard !data.isEmpty else { throw .notAReport(file: file, why: "it is empty") }
        guard (try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)) != nil else {
            throw .notAReport(file: file, why: "it is cut short, or no JSON at all")
        }
        guard let version = try? JSONDecoder().decode(Version.self, from: data) else {
            throw .notAReport(file: file, why: "it has no version")
        }
        guard version.version == BenchReport.version else {
            throw .otherVersion(file: file, version: version.version)
        }
        do {
            let stored = try JSONDecoder().decode(Stored.self, from: data)
            machine = stored.machine.mapValues(Self.visible)
            isPartial = stored.partial ?? false
            parts = stored.goals.flatMap(\.parts)
        } catch {
            throw .notAReport(file: file, why: Self.words(error))
        }
    }

    /// Where the file is not as it should be, for people.
    private static func words(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, let context): "there is no '\(place(context.codingPath + [key]))'"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "'\(place(context.codingPath))' is of another kind than in a report"
        case .dataCorrupted(let context): "'\(place(context.codingPath))' cannot be read"
        default: "it cannot be read"
        }
    }

    /// "goals[3].detail.title".
    private static func place(_ path: [any CodingKey]) -> String {
        path.reduce("") { text, key in
            if let index = key.intValue { return "\(text)[\(index)]" }
            return text + (text.isEmpty ? "" : ".") + visible(key.stringValue)
        }
    }

    /// A text of a file, without what a terminal would obey.
    private static func visible(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }

    private struct Stored: Decodable {
        var machine: [String: String]
        var partial: Bool?
        var goals: [StoredGoal]
    }

    private struct StoredGoal: Decodable {
        var id: String
        var value: Double?
        var goal: Double?
        var pass: Bool
        var noisy: Bool
        var detail: Detail

        var parts: [Part] {
            let id = StoredReport.visible(self.id)
            // Of the whole goal `pass` and `noisy` speak for all bounds; those of the first alone are inside.
            let headline = Part(
                id: id, title: StoredReport.visible(detail.title), value: value ?? .nan,
                isAtMost: detail.direction != "at_least", isNoisy: detail.headlineNoisy ?? noisy,
                passes: detail.headlinePass ?? pass, isExact: detail.exact ?? false || goal == 0,
                repetitions: (detail.repetitions ?? []).compactMap(\.self))
            let variants = (detail.variants ?? [:]).sorted { $0.key < $1.key }.map { name, variant in
                Part(
                    id: "\(id).\(StoredReport.visible(name))", title: StoredReport.visible(variant.title),
                    value: variant.value ?? .nan,
                    isAtMost: variant.direction != "at_least", isNoisy: variant.noisy, passes: variant.pass,
                    isExact: variant.exact ?? false || variant.goal == 0,
                    repetitions: variant.repetitions.compactMap(\.self))
            }
            return [headline] + variants
        }
    }

    private struct Detail: Decodable {
        var title: String
        var direction: String
        var headlinePass: Bool?
        var headlineNoisy: Bool?
        var exact: Bool?
        /// None of a count.
        var repetitions: [Double?]?
        var variants: [String: Variant]?

        enum CodingKeys: String, CodingKey {
            case title, direction, exact, repetitions, variants
            case headlinePass = "headline_pass"
            case headlineNoisy = "headline_noisy"
        }
    }

    private struct Variant: Decodable {
        var title: String
        var value: Double?
        var goal: Double?
        var pass: Bool
        var direction: String
        var noisy: Bool
        var exact: Bool?
        var repetitions: [Double?]
    }
}

/// What can be wrong with reports.
package enum BenchModelError: Error, Equatable, CustomStringConvertible {
    case cannotRead(file: String, why: String)
    case notAReport(file: String, why: String)
    case otherVersion(file: String, version: Int)
    case otherMachine(what: String, one: String, other: String)
    /// The two reports have no figure in common.
    case nothingToCompare(before: [String], after: [String])
    /// The second report is of a run that did not end; `text` is what can be said all the same.
    case partial(text: String)
    case cannotWrite(file: String, why: String)

    package var description: String {
        switch self {
        case .cannotRead(let file, let why):
            "\(file): cannot be read: \(why) (give two files that `bench --json FILE` wrote)"
        case .notAReport(let file, let why):
            "\(file): not a report of this suite: \(why) (give two files that `bench --json FILE` wrote)"
        case .otherVersion(let file, let version):
            "\(file): a report of version \(version), and this program reads \(BenchReport.version) "
                + "(measure again, or compare with the program that wrote it)"
        case .otherMachine(let what, let one, let other):
            "the two reports are of different machines: \(what) is '\(one)' in the first and '\(other)' in the "
                + "second (measure both on one machine; figures of two machines say nothing about the program)"
        case .nothingToCompare(let before, let after):
            "the two reports have no figure in common: the first has \(Self.list(before)), the second "
                + "\(Self.list(after)) (measure the same benchmarks twice)"
        case .partial(let text):
            "the second report is partial: its run was ended, or a benchmark failed, before all was measured, so "
                + "that what is missing may be worse (measure again). What it has:\n\n\(text)"
        case .cannotWrite(let file, let why): "\(file): cannot be written: \(why) (name another place)"
        }
    }

    private static func list(_ ids: [String]) -> String {
        ids.isEmpty ? "nothing" : ids.joined(separator: ", ")
    }
}

extension BenchModelError {
    /// Of sysexits.
    package var exitStatus: Int32 {
        switch self {
        case .cannotRead: 66
        case .notAReport, .otherVersion, .otherMachine, .nothingToCompare, .partial: 65
        case .cannotWrite: 73
        }
    }
}
