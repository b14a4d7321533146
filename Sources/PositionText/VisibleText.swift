/// Text that is safe on a terminal: what would move its cursor or colour it is spelled out instead. Names of
/// files and what stands in shared memory may come from anybody.
package func visible(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { isHidden($0) }) else { return text }
    var safe = ""
    for scalar in text.unicodeScalars {
        if isHidden(scalar) {
            safe += "\\u{" + String(scalar.value, radix: 16) + "}"
        } else {
            safe.unicodeScalars.append(scalar)
        }
    }
    return safe
}

/// Control characters, and format characters such as those that turn the direction of text.
private func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
}
