import CFaultGuard
import Glibc

// SAFETY: the mapping is made in init, lives until deinit, and `base` and `byteCount` never change.
/// A shared mapping of a whole file, unmapped with its owner. The bytes behind it belong to every process
/// that maps the file: use CSeqlock's functions for anything that changes.
@safe
package struct MappedFile: ~Copyable {
    /// The first byte; page-aligned; valid for the life of this value.
    package let base: UnsafeMutableRawPointer
    /// Length of the mapping.
    package let byteCount: Int
    private let isShared: Bool
    /// The mapping's place in the table of `FaultGuard`; negative when it has none.
    private var guardPlace: Int32 = -1

    /// Maps the first `byteCount` bytes of an open file and brings every page in, so that no later touch
    /// can fault: a page that cannot be had is an error here instead of a signal later. Without `populates` pages come
    /// when they are touched, for a file on a disk of which little is looked at.
    package init(
        _ file: borrowing FileHandle, byteCount: Int, writable: Bool, populates: Bool = true
    ) throws(SystemError) {
        let protection = writable ? PROT_READ | PROT_WRITE : PROT_READ
        // SAFETY: a new mapping at an address of the kernel's choice overlaps nothing.
        let mapped = unsafe mmap(nil, byteCount, protection, MAP_SHARED, file.descriptor, 0)
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
            throw SystemError("mmap", file.path)
        }
        if !populates {
            unsafe base = mapped
            self.byteCount = byteCount
            isShared = false
            return
        }
        do throws(SystemError) {
            unsafe try Self.populate(mapped, byteCount: byteCount, writable: writable, path: file.path)
        } catch {
            // SAFETY: the mapping is ours alone and nothing refers to it yet.
            _ = unsafe munmap(mapped, byteCount)
            throw error
        }
        unsafe self.base = mapped
        self.byteCount = byteCount
        isShared = false
    }

    private static func populate(
        _ base: UnsafeMutableRawPointer, byteCount: Int, writable: Bool, path: String
    ) throws(SystemError) {
        // SAFETY: the range is a mapping of the caller's.
        while unsafe madvise(base, byteCount, writable ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) != 0 {
            let code = errno
            if code == EINTR || code == EAGAIN { continue }
            if code == EINVAL { return }  // a kernel before 5.14 does not know the advice
            throw SystemError("madvise", path, code: code)
        }
    }

    /// The same mapping once more, which stays `other`'s: it must live longer. The thread sanitizer tells
    /// memory by its address, so a run under it needs both sides of a segment on one mapping.
    package init(sharing other: borrowing MappedFile) {
        // SAFETY: the caller keeps `other` alive.
        unsafe base = other.base
        byteCount = other.byteCount
        isShared = true
    }

    /// From now on a page that the file has lost reads as zero, in a process that has called
    /// `FaultGuard.install`. Without a free place in its table the mapping stays as it is.
    package mutating func guardAgainstCuts() {
        // SAFETY: the range is this mapping, which leaves the table before it is unmapped.
        if guardPlace < 0 { guardPlace = unsafe pks_fault_guard_add(base, byteCount) }
    }

    /// A page was missing, so that all of this mapping now reads as zero and writes to it reach nobody.
    package var wasCut: Bool { pks_fault_guard_tripped(guardPlace) != 0 }

    deinit {
        if isShared { return }
        pks_fault_guard_remove(guardPlace)
        // SAFETY: the mapping was made in init and nobody else unmaps it.
        _ = unsafe munmap(base, byteCount)
    }
}
