extension BenchOptions {
    /// What of the options decides the figures, as it is stored beside them: runs of other options measure other things.
    var stated: String {
        var words = [
            "--repetitions \(repetitions)", "--keys \(keyCount)", "--fills \(fillCount)", "--reads \(reads)",
            "--rounds \(rounds)", "--gap \(gapNs)",
        ]
        if isRealTime { words.append("--fifo") }
        if isQuick { words.append("--quick") }
        return words.joined(separator: " ")
    }
}
