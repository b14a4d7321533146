/// A place in a text file.
public struct TextPlace: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The file, as it was named.
    public var file: String
    /// From 1.
    public var line: Int
    /// In characters, from 1.
    public var column: Int

    /// A place.
    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `file:line:column`, as compilers say it. Allocates.
    public var description: String { "\(file):\(line):\(column)" }

    /// In the order in which somebody reads.
    public static func < (left: TextPlace, right: TextPlace) -> Bool {
        (left.file, left.line, left.column) < (right.file, right.line, right.column)
    }
}

/// Where a value comes from.
public enum Origin: Hashable, Sendable, CustomStringConvertible {
    /// Nobody stated it.
    case standard
    /// A configuration file.
    case file(TextPlace)
    /// A variable of the environment.
    case environment(String)
    /// An option of the command line, with its dashes.
    case option(String)

    /// `default`, `file:line:column`, the variable, or the option. Allocates.
    public var description: String {
        switch self {
        case .standard: "default"
        case .file(let place): place.description
        case .environment(let name): "environment \(name)"
        case .option(let name): "command line \(name)"
        }
    }
}

/// A value, and where it comes from.
public struct Setting<Value: Sendable>: Sendable {
    /// What is in force.
    public var value: Value
    /// Who said so.
    public var origin: Origin

    /// A value of an origin.
    public init(_ value: Value, _ origin: Origin) {
        self.value = value
        self.origin = origin
    }
}

extension Setting: Equatable where Value: Equatable {}
