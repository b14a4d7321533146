import CSeqlock
import Glibc
import ShmBridge
import ShmFiles
import ShmReader

/// Shared memory, and what earlier runs have left there.
enum SharedMemoryChecks {
    private static let directory = "/dev/shm"
    /// A book with the defaults of `pks replay`, its ring, and some air.
    private static let bookBytes = 12 << 20

    static func all() -> [Check] { [size(), runDirectory()] + leftovers() }

    private static func size() -> Check {
        let name = "/dev/shm"
        let remount = "mount -o remount,size=1G /dev/shm (in a container: --shm-size=1g)"
        var status = statvfs()
        // SAFETY: name and status outlive the call.
        guard unsafe statvfs(directory, &status) == 0 else {
            return .fail(
                name, errnoText(errno), fix: "mount -t tmpfs -o mode=1777,size=1G tmpfs /dev/shm")
        }
        let unit = Int(status.f_frsize)
        let total = Int(clamping: status.f_blocks) * unit
        let free = Int(clamping: status.f_bavail) * unit
        let mount = self.mount()
        let finding =
            "\(mount?.type ?? "no file system of its own"), \(bytesText(total)), \(bytesText(free)) free"
            + (mount.map { " (\($0.options))" } ?? "")
        // SAFETY: the name lives for the call.
        if unsafe access(directory, R_OK | W_OK | X_OK) != 0 {
            return .fail(
                name, finding + ": not writable for this user", fix: "mount -o remount,rw,mode=1777 /dev/shm")
        }
        if free < bookBytes {
            return .fail(name, finding + ": too small for a book of \(bytesText(bookBytes))", fix: remount)
        }
        if mount?.type != "tmpfs" {
            return .warn(
                name, finding + ": not in memory, so every page may be written to a disk",
                fix: "mount -t tmpfs -o mode=1777,size=1G tmpfs /dev/shm")
        }
        if free < 8 * bookBytes {
            return .warn(name, finding + ": enough for \(free / bookBytes) books", fix: remount)
        }
        return .ok(name, finding)
    }

    /// What is mounted on /dev/shm: of several, the last covers the others.
    private static func mount() -> (type: String, options: String)? {
        var mount: (type: String, options: String)?
        for line in (SystemText.file("/proc/self/mounts") ?? "").split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count > 3, fields[1] == directory { mount = (String(fields[2]), String(fields[3])) }
        }
        return mount
    }

    /// The same rules as a lock's, without taking one.
    private static func runDirectory() -> Check {
        let path = WriterLock.defaultRunDirectory
        var status = stat()
        // SAFETY: name and status outlive the calls.
        if unsafe lstat(path, &status) != 0 {
            let parent = path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
            if unsafe errno == ENOENT && access(parent.isEmpty ? "/" : parent, W_OK | X_OK) == 0 {
                return .ok("run directory", "\(path) will be made")
            }
            return .fail(
                "run directory", "\(path) cannot be made: \(errnoText(errno))",
                fix: "export PKS_RUN_DIR=$HOME/.pks-run")
        }
        if status.st_mode & S_IFMT != S_IFDIR {
            return .fail("run directory", "\(path) is no directory", fix: "remove it, or set PKS_RUN_DIR")
        }
        if status.st_uid != geteuid() {
            return .fail(
                "run directory", "\(path) belongs to uid \(status.st_uid)",
                fix: "export PKS_RUN_DIR=$HOME/.pks-run")
        }
        if status.st_mode & 0o022 != 0 {
            return .fail("run directory", "\(path) can be written by others", fix: "chmod 700 \(path)")
        }
        return .ok("run directory", path)
    }

    // MARK: - Leftovers

    private static func leftovers() -> [Check] {
        let names = ((try? Paths.names(in: directory)) ?? []).sorted()
        var segmentCount = 0
        var checks: [Check] = []
        let segmentPrefix = PKS_SEGMENT_PREFIX.dropFirst()
        for name in names {
            if name.hasPrefix(segmentPrefix) {
                segmentCount += 1
                checks += segment(String(name.dropFirst(segmentPrefix.count)))
            } else if name.hasPrefix(PKS_RING_PREFIX.dropFirst()) {
                checks += ring(name)
            } else if isUnfinished(name) {
                checks.append(
                    .warn(
                        "leftover", "\(directory)/\(name): a run was killed here",
                        fix: "rm -r \(directory)/\(name), if no pks is running"))
            }
        }
        let finding =
            "\(segmentCount) segment\(segmentCount == 1 ? "" : "s")"
            + (checks.isEmpty ? ", nothing that should not be there" : "")
        return [.ok("segments", finding)] + checks
    }

    /// A file that was being built, or the private directory of a verify run that is no more.
    private static func isUnfinished(_ name: String) -> Bool {
        if name.hasPrefix(".pks-") && name.hasSuffix(".building") { return true }
        guard let pid = ScratchPlace.owner(of: name) else { return false }
        return kill(pid, 0) != 0 && errno == ESRCH
    }

    private static func segment(_ book: String) -> [Check] {
        do throws(AttachError) {
            let reader = try SegmentReader(book: book)
            if !reader.hasWriterDied() { return [] }
            return [
                .warn(
                    "leftover", "book \(book): its writer (process \(reader.header.writer.pid)) is dead",
                    fix: "start its writer again, which replaces it, or rm \(reader.path)")
            ]
        } catch {
            // Another user's is not ours to judge.
            if CommandError(error).status == .noPermission { return [] }
            return [
                .warn(
                    "leftover", error.description,
                    fix: "start the book's writer, or rm \(directory)\(PKS_SEGMENT_PREFIX)\(book)")
            ]
        }
    }

    private static func ring(_ name: String) -> [Check] {
        let path = "\(directory)/\(name)"
        do throws(HeaderFault) {
            let header = try HeaderCheck.open(
                path: path, flags: O_RDONLY, magic: UInt64(PKS_RING_MAGIC), empty: pks_ring_header()
            ).header
            if ProcessIdentity.isAlive(header.producer) { return [] }
            return [
                .warn(
                    "leftover", "\(path): its producer (process \(header.producer.pid)) is dead",
                    fix: "start the producer again, which goes on with it, or rm \(path) and lose its fills")
            ]
        } catch {
            return [.warn("leftover", "\(path): \(error.text)", fix: "rm \(path)")]
        }
    }
}
