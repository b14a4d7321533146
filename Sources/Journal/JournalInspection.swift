import Glibc

/// Looks at every block of a journal, also behind the first fault, and says what is whole and what is not; a
/// `JournalScan` stops at the first fault. Needs no lock and may run while the journal is written: what comes behind
/// the newest record that was durable when a look began is not judged, and a fault is believed only when a second
/// look finds it again. One thread; reads each byte once, or twice when there are faults.
public struct JournalInspection {
    /// Takes records in order, in runs of up to 31; they are valid during the call, aligned to eight. False: enough.
    public typealias Body = (_ firstSeq: UInt64, _ records: UnsafeRawBufferPointer) -> Bool

    // SAFETY (all of this type): records are handed on for the call only.
    private let directory: any JournalDirectory
    private let book: String?
    private static let looksMax = 4

    /// An inspection of a directory; `book`: whose journal it has to be, nil for anybody's.
    public init(_ directory: any JournalDirectory, book: String?) {
        self.directory = directory
        self.book = book
    }

    /// Looks, and calls `body` with every record of the unbroken chain on the way. Throws when a file cannot be
    /// read at all.
    public func run(_ body: Body) throws(JournalError) -> JournalReport {
        var report = unsafe try first(body)
        var looks = 1
        while report.faultCount > 0 && looks < Self.looksMax {
            let again = unsafe try InspectionPass(directory, book: book).run { _, _ in true }
            let isSame = again.faults.first == report.faults.first && again.faultCount == report.faultCount
            report = again
            looks += 1
            if isSame { break }
        }
        return report
    }

    /// The look that gives the records. A file that goes before any record was given has aged out meanwhile.
    private func first(_ body: Body) throws(JournalError) -> JournalReport {
        var hasGiven = false
        var looks = 1
        while true {
            do throws(JournalError) {
                return unsafe try InspectionPass(directory, book: book).run { seq, records in
                    hasGiven = true
                    return unsafe body(seq, records)
                }
            } catch {
                guard case .system(ENOENT, _, _) = error, !hasGiven, looks < Self.looksMax else {
                    throw error
                }
                looks += 1
            }
        }
    }
}
