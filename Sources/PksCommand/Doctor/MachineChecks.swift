import CSeqlock
import Glibc

/// The machine and its toolchain.
enum MachineChecks {
    static func all() -> [Check] {
        [runtime(), toolchain(), zlib(), kernel(), cores(), clock(), memory(), hugePages(), layout()]
    }

    private static func runtime() -> Check {
        let path = SystemText.loadedLibrary("libswiftCore") ?? "linked into the program"
        return .ok("swift runtime", path)
    }

    /// Only needed for building.
    private static func toolchain() -> Check {
        let name = "swift toolchain"
        let fix = "install Swift 6.3 (https://www.swift.org/install/linux) and put its usr/bin on PATH"
        guard let path = SystemText.program("swift") else {
            return .warn(name, "swift is not on PATH (it is needed for building only)", fix: fix)
        }
        let text = SystemText.output(of: "swift --version 2>/dev/null") ?? ""
        guard let start = text.firstRange(of: "Swift version ")?.upperBound else {
            return .warn(name, "\(path) does not say its version", fix: fix)
        }
        let version = text[start...].prefix { $0 == "." || $0.isNumber }
        let numbers = version.split(separator: ".").compactMap { Int($0) }
        guard let major = numbers.first else { return .warn(name, "\(path) has no version", fix: fix) }
        let isNewEnough = major > 6 || (major == 6 && numbers.count > 1 && numbers[1] >= 3)
        return isNewEnough
            ? .ok(name, "\(version), \(path)")
            : .warn(
                name, "\(version) at \(path) is older than 6.3 (it is needed for building only)", fix: fix)
    }

    private static func zlib() -> Check {
        guard let path = SystemText.loadedLibrary("libz") else {
            return .fail("zlib", "libz.so is not loaded", fix: "apt-get install zlib1g")
        }
        // SAFETY: the name lives for the call.
        if unsafe access("/usr/include/zlib.h", R_OK) != 0 {
            return .warn(
                "zlib", "\(path), but no header (it is needed for building only)",
                fix: "apt-get install zlib1g-dev")
        }
        return .ok("zlib", path)
    }

    private static func kernel() -> Check {
        let release = SystemText.file("/proc/sys/kernel/osrelease") ?? "unknown"
        let numbers = release.split { $0 == "." || $0 == "-" }.prefix(2).compactMap { Int($0) }
        let isNewEnough = numbers.count == 2 && (numbers[0], numbers[1]) >= (5, 14)
        return isNewEnough
            ? .ok("kernel", release)
            : .warn(
                "kernel", "\(release): before 5.14 memory is not brought in when it is reserved",
                fix: "use a kernel of 5.14 or later")
    }

    private static func cores() -> Check {
        let online = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        let usable = SystemText.status("Cpus_allowed_list").map(countOfList) ?? online
        let finding = "\(usable) of \(online) usable by this process"
        return usable >= 2
            ? .ok("cores", finding)
            : .warn(
                "cores", finding + ": writer and readers take turns",
                fix: "give the process a second core (taskset, cpuset, or the container's limits)")
    }

    /// How many numbers a kernel list such as `0-3,8` names.
    static func countOfList(_ list: String) -> Int {
        var count = 0
        for part in list.split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { Int($0) }
            if let first = ends.first, let last = ends.last, last >= first { count += last - first + 1 }
        }
        return count
    }

    private static func clock() -> Check {
        let source =
            SystemText.file("/sys/devices/system/clocksource/clocksource0/current_clocksource") ?? "unknown"
        let reads = 10_000
        let began = pks_monotonic_ns()
        for _ in 0..<reads { _ = pks_monotonic_ns() }
        let cost = Double(pks_monotonic_ns() - began) / Double(reads)
        let finding = "\(source), \(rounded(cost, 0)) ns a reading"
        // A clock in user space takes tens of ns; one behind a system call or a device, hundreds.
        if cost < 150 { return .ok("clock", finding) }
        return .warn(
            "clock", finding + ": the clock is read with every batch of fills",
            fix: "boot with a clocksource that is read without a system call, such as clocksource=tsc")
    }

    /// Nothing is locked into memory, so that only swap can take pages of a book away.
    private static func memory() -> Check {
        let limit = SystemText.limit("Max locked memory") ?? "unknown"
        let locked = Int(limit).map(bytesText) ?? limit
        let swap = SystemText.memory("SwapTotal") ?? 0
        let finding = "memlock limit \(locked), swap \(bytesText(swap))"
        if swap == 0 { return .ok("memory", finding) }
        return .warn(
            "memory", finding + ": pages of a book may be swapped out", fix: "swapoff -a")
    }

    private static func hugePages() -> Check {
        let path = "/sys/kernel/mm/transparent_hugepage/enabled"
        guard let mode = SystemText.chosen(path) else {
            return .warn(
                "huge pages", "the kernel has no transparent huge pages",
                fix: "use a kernel with CONFIG_TRANSPARENT_HUGEPAGE")
        }
        let reserved = SystemText.memory("HugePages_Total") ?? 0
        let finding = "transparent: \(mode); reserved: \(reserved)"
        return mode == "never"
            ? .warn(
                "huge pages", finding + ": large tables cost more misses of the TLB",
                fix: "echo madvise > \(path)")
            : .ok("huge pages", finding)
    }

    private static func layout() -> Check {
        .ok("ABI", "\(PKS_ABI_MAJOR).\(PKS_ABI_MINOR), layout \(String(pks_layout_hash(), radix: 16))")
    }
}
