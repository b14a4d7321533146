import Glibc
import ShmFiles

/// A shared-memory file that is being built under a temporary name: reserved in full from the start, given
/// its name in one step when it is ready, removed when it never gets there. Only the holder of the name's
/// lock may build, so what stands under the temporary name was left by a process that died.
struct BuildingFile: ~Copyable {
    private let file: FileHandle
    private let path: String
    private var isNamed = false

    /// Makes the file with `byteCount` reserved bytes of zero and exactly the given mode.
    init(path: String, byteCount: Int, mode: UInt32) throws(ShmError) {
        let building = SharedNames.buildingPath(of: path)
        let file = try shmCall { () throws(SystemError) in
            try Paths.remove(building)
            return try FileHandle(path: building, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        }
        do throws(SystemError) {
            try file.setMode(mode_t(mode))
            try file.reserve(byteCount: byteCount)
        } catch {
            let availableBytes = Paths.availableBytes(at: building)
            try? Paths.remove(building)
            guard error.code == ENOSPC || error.code == EFBIG else { throw ShmError(error) }
            throw .noSpace(object: path, neededBytes: byteCount, availableBytes: availableBytes)
        }
        self.file = file
        self.path = path
    }

    deinit {
        if !isNamed { try? Paths.remove(file.path) }
    }

    /// Maps the whole file for writing, with every page present.
    func map(byteCount: Int) throws(ShmError) -> MappedFile {
        try shmCall { () throws(SystemError) in
            try MappedFile(file, byteCount: byteCount, writable: true)
        }
    }

    /// Gives the file its name, in place of what stood there.
    mutating func name() throws(ShmError) -> FileStatus {
        let (building, path) = (file.path, path)
        let status = try shmCall { () throws(SystemError) in try file.status() }
        try shmCall { () throws(SystemError) in try Paths.rename(building, to: path) }
        isNamed = true
        return status
    }
}

/// A random number that is never zero: the epoch of a new segment or ring.
func randomEpoch() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return UInt64.random(in: 1...UInt64.max, using: &generator)
}
