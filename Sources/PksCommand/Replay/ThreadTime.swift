import Glibc

/// CPU time of the calling thread, in ns: unlike a wall clock it stands still while others run.
func threadCPUNs() -> Int64 {
    var time = timespec()
    // SAFETY: the time outlives the call.
    _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
