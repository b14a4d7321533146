import CFaultGuard

/// Keeps a process alive when a shared file is cut short under one of its mappings.
package enum FaultGuard {
    /// From now on guarded mappings (`MappedFile.guardAgainstCuts`) read as zero when their file has lost pages.
    /// Any other SIGBUS does what it did before. Call it once, before there are other threads; again, it does
    /// nothing. Throws `system`.
    package static func install() throws(SystemError) {
        let code = pks_fault_guard_install()
        if code != 0 { throw SystemError("sigaction", "SIGBUS", code: code) }
    }
}
