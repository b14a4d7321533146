import Foundation
import TestSupport
import Testing

/// What the comparison with peers says of their results.
@Suite struct PeersTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

    /// Runs lines of Python with the modules of the comparison; nil without Python.
    private static func python(_ lines: String) -> (status: Int32, text: String)? {
        guard
            let process = try? Subprocess([
                "python3", "-B", "-c", "import sys\nsys.path.insert(0, '\(root)/Benchmarks/peers')\n" + lines,
            ])
        else { return nil }
        let text = process.rest()
        return (process.wait(), text)
    }

    private static let hasPython = python("")?.status == 0

    @Test(.enabled(if: hasPython, "needs python3"))
    func anUnequalRepetitionIsNotHiddenByALaterEqualOne() throws {
        let run = try #require(
            Self.python(
                """
                import types, peers
                turns = iter([(True, 'all equal'), (False, '2 of 9 differ'), (True, 'all equal')])
                run = peers.Comparison(types.SimpleNamespace(repetitions=3), None, 'x', [], [])
                row = peers.Row('positions, x', 'other', 'C', differs='it rounds')
                run.measure(row, lambda: ({'fill': 5.0}, *next(turns)))
                same = peers.Row('positions, x', 'same', 'C')
                run.measure(same, lambda: ({'fill': 5.0}, True, 'all equal'))
                print(row.equal, row.fields()['ns'], same.equal)
                print(peers.table(run.rows))
                """))
        #expect(run.status == 0)
        #expect(run.text.hasPrefix("False {'fill': 5.0} True\n"), "its time is kept")
        let why = "NOT EQUAL to pks replay, which is exact: 2 of 9 differ (in 1 of 3 repetitions); it rounds"
        #expect(run.text.contains(why))
        #expect(run.text.contains("same [C]") && run.text.components(separatedBy: "NOT EQUAL to").count == 2)
    }

    @Test(.enabled(if: hasPython, "needs python3"))
    func aPeerThatFailsAfterAnEqualRepetitionHasNoVerdict() throws {
        let run = try #require(
            Self.python(
                """
                import types, peers
                turns = iter([({'fill': 5.0}, True, 'all equal')])
                run = peers.Comparison(types.SimpleNamespace(repetitions=2), None, 'x', [], [])
                row = peers.Row('positions, x', 'other', 'C')
                run.measure(row, lambda: next(turns))
                print(row.equal, row.why_not)
                """))
        #expect(run.text.hasPrefix("None StopIteration"))
    }
}
