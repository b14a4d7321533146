import Foundation

/// Says on stderr what is being measured.
struct Progress {
    var isQuiet: Bool

    func say(_ text: String) {
        guard !isQuiet else { return }
        FileHandle.standardError.write(Data("pks-bench: \(text)\n".utf8))
    }
}
