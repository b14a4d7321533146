package import Foundation

/// A report as it was written: what a comparison needs of it.
package struct StoredReport: Sendable {
    /// One bound of a goal.
    package struct Part: Equatable, Sendable {
        package var id: String
        package var title: String
        package var value: Double
        package var isAtMost: Bool
        package var isNoisy: Bool
        /// Empty where the report has none.
        package var repetitions: [Double]
    }

    package var machine: [String: String]
    package var parts: [Part]

    /// Reads what `BenchReport.json` wrote. Throws what is wrong with it, with the file's name.
    package init(_ data: Data, file: String) throws(BenchModelError) {
        struct Version: Decodable {
            var version: Int
        }
        guard let version = try? JSONDecoder().decode(Version.self, from: data) else {
            throw .notAReport(file: file, why: "it has no version")
        }
        guard version.version == BenchReport.version else {
            throw .otherVersion(file: file, version: version.version)
        }
        do {
            let stored = try JSONDecoder().decode(Stored.self, from: data)
            machine = stored.machine
            parts = stored.goals.flatMap(\.parts)
        } catch {
            throw .notAReport(file: file, why: "\(error)")
        }
    }

    private struct Stored: Decodable {
        var machine: [String: String]
        var goals: [StoredGoal]
    }

    private struct StoredGoal: Decodable {
        var id: String
        var value: Double?
        var noisy: Bool
        var detail: Detail

        var parts: [Part] {
            let headline = Part(
                id: id, title: detail.title, value: value ?? .nan, isAtMost: detail.direction != "at_least",
                isNoisy: noisy, repetitions: detail.repetitions.compactMap(\.self))
            let variants = (detail.variants ?? [:]).sorted { $0.key < $1.key }.map { name, variant in
                Part(
                    id: "\(id).\(name)", title: variant.title, value: variant.value ?? .nan,
                    isAtMost: variant.direction != "at_least", isNoisy: variant.noisy,
                    repetitions: variant.repetitions.compactMap(\.self))
            }
            return [headline] + variants
        }
    }

    private struct Detail: Decodable {
        var title: String
        var direction: String
        var repetitions: [Double?]
        var variants: [String: Variant]?
    }

    private struct Variant: Decodable {
        var title: String
        var value: Double?
        var direction: String
        var noisy: Bool
        var repetitions: [Double?]
    }
}

/// What can be wrong with reports.
package enum BenchModelError: Error, Equatable, CustomStringConvertible {
    case cannotRead(file: String, why: String)
    case notAReport(file: String, why: String)
    case otherVersion(file: String, version: Int)
    case otherMachine(what: String, one: String, other: String)
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
        case .cannotWrite(let file, let why): "\(file): cannot be written: \(why) (name another place)"
        }
    }
}

extension BenchModelError {
    /// Of sysexits.
    package var exitStatus: Int32 {
        switch self {
        case .cannotRead: 66
        case .notAReport, .otherVersion, .otherMachine: 65
        case .cannotWrite: 73
        }
    }
}
