import CSeqlock
import ShmFiles

/// Finds the segments there are.
public enum SegmentLister {
    /// The books that have a file of a segment's name, sorted. Whether each can be attached is for
    /// `SegmentReader` to say. Throws `system` when the directory cannot be read.
    public static func books(directory: String = "/dev/shm") throws(AttachError) -> [String] {
        let names = try translating { () throws(SystemError) in
            try Paths.names(in: directory)
        } _: {
            AttachError($0)
        }
        let prefix = PKS_SEGMENT_PREFIX.dropFirst()
        return names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted()
    }
}
