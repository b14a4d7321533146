package import Foundation

/// The committed counts, for each compiler and processor that they were taken with.
package struct GateBaseline: Codable, Equatable, Sendable {
    /// One set of counts.
    package struct Entry: Codable, Equatable, Sendable {
        package var key: GateKey
        /// Instructions an operation, by the gate's name.
        package var instructions: [String: Double]
    }

    /// The version of the JSON.
    package static let version = 1

    package var version = Self.version
    /// How far a count may be from the baseline, as a part of it.
    package var tolerance = 0.02
    package var baselines: [Entry] = []

    package init() {}

    /// Reads what `json` writes. Throws `unreadable`.
    package init(_ data: Data, file: String) throws(GateError) {
        let baseline: GateBaseline
        do { baseline = try JSONDecoder().decode(GateBaseline.self, from: data) } catch {
            throw .unreadable("\(file): not a baseline: \(error)")
        }
        guard baseline.version == Self.version else {
            throw .unreadable("\(file): version \(baseline.version) is not \(Self.version)")
        }
        self = baseline
    }

    /// Sorted, so that a change shows as little as it is.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    /// The counts for a compiler and processor; nil when there are none.
    package func counts(_ key: GateKey) -> [String: Double]? {
        baselines.first { $0.key == key }?.instructions
    }

    /// Puts counts in the place of those of the same key.
    package mutating func set(_ key: GateKey, _ counts: [String: Double]) {
        baselines.removeAll { $0.key == key }
        baselines.append(Entry(key: key, instructions: counts))
        baselines.sort { $0.key.description < $1.key.description }
    }
}
