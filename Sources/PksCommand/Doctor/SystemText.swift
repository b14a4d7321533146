import Glibc

/// Small files of the kernel's, and what they say.
enum SystemText {
    /// The whole of a small file, without the line end at its end; nil when it cannot be read.
    static func file(_ path: String) -> String? {
        // SAFETY: the name lives for the call.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { _ = close(descriptor) }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while text.count < 1 << 22 {
            // SAFETY: the array's storage lives for the call, which stays inside it.
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            text.append(contentsOf: chunk[..<count])
        }
        while text.last == UInt8(ascii: "\n") { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }

    /// The path of a shared library that this process has loaded.
    static func loadedLibrary(_ name: String) -> String? {
        let maps = file("/proc/self/maps") ?? ""
        for line in maps.split(separator: "\n") {
            guard let path = line.split(separator: " ").last, path.hasPrefix("/") else { continue }
            if path.split(separator: "/").last?.hasPrefix(name + ".so") == true { return String(path) }
        }
        return nil
    }

    /// The word in brackets of a kernel setting such as `always [madvise] never`.
    static func chosen(_ path: String) -> String? {
        file(path)?.split(separator: " ").first { $0.hasPrefix("[") }.map {
            String($0.dropFirst().dropLast())
        }
    }

    /// A number of kB in /proc/meminfo, in bytes, or a plain count.
    static func memory(_ name: String) -> Int? {
        for line in (file("/proc/meminfo") ?? "").split(separator: "\n") where line.hasPrefix(name + ":") {
            let words = line.split(separator: " ")
            guard words.count > 1, let number = Int(words[1]) else { return nil }
            return words.count > 2 ? number * 1024 : number
        }
        return nil
    }

    /// A field of /proc/self/status.
    static func status(_ name: String) -> String? {
        for line in (file("/proc/self/status") ?? "").split(separator: "\n") where line.hasPrefix(name + ":")
        {
            return line.split(whereSeparator: { $0 == ":" || $0 == "\t" || $0 == " " }).dropFirst().first.map
            {
                String($0)
            }
        }
        return nil
    }

    /// The soft limit in /proc/self/limits: a number, or `unlimited`.
    static func limit(_ name: String) -> String? {
        for line in (file("/proc/self/limits") ?? "").split(separator: "\n") where line.hasPrefix(name) {
            return line.dropFirst(name.count).split(separator: " ").first.map { String($0) }
        }
        return nil
    }

    /// The file of a program on PATH.
    static func program(_ name: String) -> String? {
        for directory in (environment("PATH") ?? "").split(separator: ":") {
            let path = "\(directory)/\(name)"
            // SAFETY: the name lives for the call.
            if unsafe access(path, X_OK) == 0 { return path }
        }
        return nil
    }

    /// What a command prints; nil when it cannot be run. The command is one of this program's own.
    static func output(of command: String) -> String? {
        // SAFETY: the stream is open between popen and pclose; fread stays inside the array.
        guard let stream = unsafe popen(command, "r") else { return nil }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while text.count < 1 << 16 {
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe fread($0.baseAddress, 1, $0.count, stream)
            }
            if count == 0 { break }
            text.append(contentsOf: chunk[..<count])
        }
        let status = unsafe pclose(stream)
        return status == 0 ? String(decoding: text, as: UTF8.self) : nil
    }
}
