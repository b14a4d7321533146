import CToml
import Glibc

/// One value of a TOML text with its place.
struct TOMLValue: Sendable {
    enum Content: Sendable {
        case table([TOMLEntry])
        case array([TOMLValue])
        case text(String)
        case integer(Int64)
        case float
        case boolean(Bool)
        case dateTime
    }

    let place: TextPlace
    let content: Content

    /// What it is, for messages.
    var kindText: String {
        switch content {
        case .table: "a table"
        case .array: "an array"
        case .text: "a text"
        case .integer: "a whole number"
        case .float: "a number with a fraction or exponent"
        case .boolean: "true or false"
        case .dateTime: "a date or time"
        }
    }

    /// The value itself for messages, short; what it is when it has no short form.
    var shownText: String {
        switch content {
        case .text(let text): quoted(text)
        case .integer(let number): "\(number)"
        case .boolean(let isTrue): "\(isTrue)"
        default: kindText
        }
    }
}

/// A key of a table with its value.
struct TOMLEntry: Sendable {
    let key: String
    let place: TextPlace
    let value: TOMLValue
}

/// A text in quotes for messages, cut when it is long.
func quoted(_ text: String) -> String {
    text.count <= 64 ? "\"\(text)\"" : "\"\(text.prefix(61))...\""
}

/// Reads files and texts of TOML.
enum ConfigurationText {
    /// More than any sensible configuration.
    static let bytesMax = 1 << 18
    static let lineBytesMax = 4096
    /// Dots of a line outside quotes: each makes a table in a table, and the parser frees those by recursion.
    static let lineDotsMax = 32

    /// The bytes of a regular file, or of a pipe that somebody writes to, at most one more than `bytesMax`.
    static func bytes(of path: String) throws(ConfigurationError) -> [UInt8] {
        // SAFETY: the name lives for the call.
        // A pipe that nobody has opened for writing would keep an ordinary open waiting for ever.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(path: path, code: errno) }
        defer { _ = close(descriptor) }
        // A writer that is there is waited for.
        _ = fcntl(descriptor, F_SETFL, O_RDONLY)
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        var count = 0
        while count < bytes.count {
            // SAFETY: the range from `count` lies inside the array, which does not change during the call.
            let more = unsafe bytes.withUnsafeMutableBytes { all in
                unsafe read(descriptor, all.baseAddress.map { unsafe $0 + count }, all.count - count)
            }
            if more < 0 && errno == EINTR { continue }
            if more < 0 { throw .unreadable(path: path, code: errno) }
            if more == 0 { break }
            count += more
        }
        if count == 0 && isPipe(descriptor) { throw .silentPipe(path: path) }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    private static func isPipe(_ descriptor: Int32) -> Bool {
        var status = stat()
        // SAFETY: `status` outlives the call.
        return unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
    }

    /// The root table; nil when the text is no TOML, which is then in `mistakes`.
    static func parse(_ bytes: [UInt8], file: String, _ mistakes: inout MistakeList) -> [TOMLEntry]? {
        if let (place, fault) = bounded(bytes, file) {
            mistakes.add(.file(place), fault, "a configuration of lines that a person can read")
            return nil
        }
        // SAFETY: the bytes live for the call, and the document until the end of this function; texts are copied.
        let parsed = unsafe bytes.withUnsafeBytes { all in
            unsafe pks_toml_parse(all.baseAddress?.assumingMemoryBound(to: CChar.self), all.count)
        }
        guard let document = unsafe parsed else {
            let place = TextPlace(file: file, line: 1, column: 1)
            mistakes.add(.file(place), "no memory to read it", "memory")
            return nil
        }
        defer { unsafe pks_toml_free(document) }
        var (line, column): (UInt32, UInt32) = (0, 0)
        if let fault = unsafe pks_toml_fault(document, &line, &column) {
            let place = TextPlace(file: file, line: Int(line), column: Int(column))
            mistakes.add(
                .file(place), "this is not TOML", unsafe lowercasedFirst(String(cString: fault)),
                "what follows was not read")
            return nil
        }
        guard case .table(let entries) = unsafe value(document, file: file).content else { return nil }
        return entries
    }

    /// A fault of size and shape that has to be found before parsing.
    private static func bounded(_ bytes: [UInt8], _ file: String) -> (TextPlace, String)? {
        var (line, column, dots) = (1, 0, 0)
        var quote: UInt8?
        var isComment = false
        for byte in bytes.prefix(bytesMax) {
            column += 1
            switch byte {
            case UInt8(ascii: "\n"):
                (line, column, dots, quote, isComment) = (line + 1, 0, 0, nil, false)
            case UInt8(ascii: "#") where quote == nil: isComment = true
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                if isComment { break }
                if quote == nil { quote = byte } else if quote == byte { quote = nil }
            case UInt8(ascii: ".") where quote == nil && !isComment: dots += 1
            default: break
            }
            let place = TextPlace(file: file, line: line, column: max(1, column))
            if column > lineBytesMax { return (place, "the line is longer than \(lineBytesMax) bytes") }
            if dots > lineDotsMax { return (place, "more than \(lineDotsMax) dots in the keys of a line") }
        }
        if bytes.count > bytesMax {
            return (TextPlace(file: file, line: line, column: 1), "the file is longer than \(bytesMax) bytes")
        }
        return nil
    }

    /// Builds the tree from the end: a node comes after the one that it is in.
    private static func value(_ document: OpaquePointer, file: String) -> TOMLValue {
        // SAFETY: the caller holds the document; numbers are below the count.
        let count = unsafe pks_toml_node_count(document)
        var entries = [Int: [TOMLEntry]]()
        var elements = [Int: [TOMLValue]]()
        for number in (0..<count).reversed() {
            let node = unsafe pks_toml_node_at(document, number)
            let place = unsafe TextPlace(file: file, line: Int(node.line), column: Int(node.column))
            let content: TOMLValue.Content =
                switch unsafe node.kind {
                case UInt32(PKS_TOML_TABLE):
                    .table((entries.removeValue(forKey: number) ?? []).sorted { $0.place < $1.place })
                case UInt32(PKS_TOML_ARRAY):
                    .array((elements.removeValue(forKey: number) ?? []).sorted { $0.place < $1.place })
                case UInt32(PKS_TOML_TEXT): .text(unsafe text(node.text, node.text_bytes))
                case UInt32(PKS_TOML_INTEGER): .integer(unsafe node.integer)
                case UInt32(PKS_TOML_FLOAT): .float
                case UInt32(PKS_TOML_BOOLEAN): .boolean(unsafe node.integer != 0)
                default: .dateTime
                }
            let value = TOMLValue(place: place, content: content)
            if number == 0 { return value }
            let parent = unsafe Int(node.parent)
            guard unsafe node.key != nil else {
                elements[parent, default: []].append(value)
                continue
            }
            let keyPlace = unsafe TextPlace(
                file: file, line: Int(node.key_line), column: Int(node.key_column))
            entries[parent, default: []].append(
                TOMLEntry(key: unsafe text(node.key, node.key_bytes), place: keyPlace, value: value))
        }
        return TOMLValue(place: TextPlace(file: file, line: 1, column: 1), content: .table([]))
    }

    private static func text(_ start: UnsafePointer<CChar>?, _ byteCount: Int) -> String {
        // SAFETY: the document's own text of that length.
        unsafe String(
            decoding: UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : byteCount), as: UTF8.self
        )
    }

    private static func lowercasedFirst(_ text: String) -> String {
        text.prefix(1).lowercased() + text.dropFirst()
    }
}

/// The C library's words for an errno. Allocates.
func errnoText(_ code: Int32) -> String {
    // SAFETY: strerror returns a NUL-ended text that lives until this thread's next call of it.
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
}
