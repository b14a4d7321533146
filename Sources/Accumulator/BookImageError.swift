/// Why the image of a book cannot be read.
public enum BookImageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// These bytes do not begin as an image does.
    case notAnImage
    /// Written by another version of the program.
    case otherVersion(UInt64)
    /// The bytes end inside the image, or go on behind it.
    case wrongLength(offset: Int)
    /// No book can be in such a state; `offset` is where in the image it is said.
    case impossible(offset: Int, reason: String)
    /// The book needs more than the configuration allows. `bound` is the option's name in `BookConfig`.
    case tooSmall(bound: String, needed: Int, allowed: Int)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .notAnImage: "this is not the image of a book"
        case .otherVersion(let version):
            "the image has version \(version), this program reads \(BookImage.version) (use the program that wrote it)"
        case .wrongLength(let offset): "the image does not end where it says, at byte \(offset)"
        case .impossible(let offset, let reason): "impossible at byte \(offset) of the image: \(reason)"
        case .tooSmall(let bound, let needed, let allowed):
            "the book needs \(bound) of at least \(needed), the configuration allows \(allowed) (raise it)"
        }
    }
}
