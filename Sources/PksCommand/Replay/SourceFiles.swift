/// Which input file a record came from. Feeds number the files that they could open, from 0, and put the
/// number into the upper 16 bits of each record's `source_ref`, over the line.
final class SourceFiles {
    /// A place in the input, for people and for the order of rejects.
    struct Place {
        let file: String
        /// The file's place on the command line, from 0.
        let ordinal: Int
        let line: UInt64
    }

    private var opened: [(file: String, ordinal: Int)] = []
    private var current = (file: "", ordinal: 0)

    /// The file that is read from now on.
    func begin(_ file: String, ordinal: Int) { current = (file, ordinal) }

    /// The place of what is read now.
    func currentPlace(line: Int) -> Place {
        Place(file: current.file, ordinal: current.ordinal, line: UInt64(line))
    }

    /// Takes note that the file being read has the number of this record.
    func note(_ reference: UInt64) {
        let number = Int(reference >> 48)
        // Numbers in between belong to files that sent no records.
        while opened.count <= number { opened.append(current) }
    }

    /// Where a record came from.
    func place(of reference: UInt64) -> Place {
        let number = Int(reference >> 48)
        precondition(number < opened.count, "a record of a file that was noted")
        return Place(
            file: opened[number].file, ordinal: opened[number].ordinal, line: reference & 0xffff_ffff_ffff)
    }
}
