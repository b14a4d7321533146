/// A curve in characters: as many levels as there are characters, times the lines that it may take.
enum Sparkline {
    /// The lines of the curve from top to bottom, one character a value; a blank where there is no value. A curve that
    /// stands still lies in the middle.
    static func lines(_ values: [Double?], height: Int, levels: [String]) -> [String] {
        guard height > 0, !levels.isEmpty else { return [] }
        let known = values.compactMap { $0 }
        guard let low = known.min(), let high = known.max() else {
            return [String](repeating: String(repeating: " ", count: values.count), count: height)
        }
        let steps = levels.count * height
        var lines = [String](repeating: "", count: height)
        for value in values {
            let step = value.map { value -> Int in
                if high <= low { return steps / 2 }
                let share = (value - low) / (high - low)
                return min(steps - 1, max(0, Int(share * Double(steps))))
            }
            for line in 0..<height {
                let base = (height - 1 - line) * levels.count
                guard let step, step >= base else {
                    lines[line] += " "
                    continue
                }
                lines[line] += levels[min(levels.count - 1, step - base)]
            }
        }
        return lines
    }
}
