import CSeqlock

/// Why a name cannot stand in a file name.
package enum NameFault: Error, Equatable, Sendable {
    case empty
    case tooLong(bytesMax: Int)
    case badCharacter(Character)
    case badStart
    case reservedEnding

    package var text: String {
        switch self {
        case .empty: "is empty"
        case .tooLong(let bytesMax): "is longer than \(bytesMax) bytes"
        case .badCharacter(let character):
            "contains \"\(character)\" (letters, digits, dot, dash and underscore are allowed)"
        case .badStart: "starts with a dot or a dash"
        case .reservedEnding: "ends with .ring, which names lock files"
        }
    }
}

/// How books and producers become file names.
package enum SharedNames {
    /// Where the C library's shm_open puts its names on Linux.
    package static let standardDirectory = "/dev/shm"

    /// Throws when `name` cannot be the name of a book or a producer.
    package static func check(_ name: String, bytesMax: Int) throws(NameFault) {
        if name.isEmpty { throw .empty }
        if name.utf8.count > bytesMax { throw .tooLong(bytesMax: bytesMax) }
        if name.first == "." || name.first == "-" { throw .badStart }
        for character in name {
            let isPlain = character.isASCII && (character.isLetter || character.isNumber)
            if !isPlain && !".-_".contains(character) { throw .badCharacter(character) }
        }
        if name.hasSuffix(".ring") { throw .reservedEnding }
    }

    /// The file of a book's positions segment.
    package static func segmentPath(book: String, directory: String) throws(NameFault) -> String {
        try check(book, bytesMax: Int(PKS_BOOK_BYTES))
        return directory + PKS_SEGMENT_PREFIX + book
    }

    /// The file of a producer's fill ring.
    package static func ringPath(
        book: String, producer: String, directory: String
    ) throws(NameFault) -> String {
        try check(book, bytesMax: Int(PKS_BOOK_BYTES))
        try check(producer, bytesMax: Int(PKS_PRODUCER_BYTES))
        return directory + PKS_RING_PREFIX + book + "-" + producer
    }

    /// Where a file is built before it gets its name. One builder at a time holds the lock of the name,
    /// so whatever stands there was left by one that died.
    package static func buildingPath(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." + path + ".building" }
        let name = path[path.index(after: slash)...]
        return path[...slash] + "." + name + ".building"
    }
}
