import Glibc

/// Writes one line to standard output at once: whoever waits for it must not wait for a buffer to fill.
func say(_ line: String) {
    var text = line + "\n"
    // SAFETY: the bytes live for the closure.
    text.withUTF8 { bytes in _ = unsafe write(1, bytes.baseAddress, bytes.count) }
}
