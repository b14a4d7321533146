import BenchModel
import Testing

/// What is said of a machine whose files say this.
@Suite struct MachineTests {
    @Test func theMountOfSharedMemoryDecidesItsHugePages() {
        let enabled = "always within_size advise [never] deny force"
        let plain = "proc /proc proc rw 0 0\ntmpfs /dev/shm tmpfs rw,relatime,size=24684100k 0 0"
        #expect(
            Machine.sharedHugePages(mounts: plain, enabled: enabled)
                == "/dev/shm huge=never (by default); shmem_enabled \(enabled)")
        let later = plain + "\ntmpfs /dev/shm tmpfs rw,huge=within_size,size=1g 0 0\ntmpfs /run tmpfs rw 0 0"
        #expect(
            Machine.sharedHugePages(mounts: later, enabled: enabled)
                == "/dev/shm huge=within_size; shmem_enabled \(enabled)")
        #expect(
            Machine.sharedHugePages(mounts: "", enabled: "[deny]")
                == "/dev/shm is no mount; shmem_enabled [deny]")
        #expect(Machine.sharedHugePages(mounts: plain, enabled: nil) == nil, "a kernel without it")
    }

    @Test func turboIsReadFromEitherDriver() {
        #expect(Machine.turbo(noTurbo: "0", boost: nil) == "on (no_turbo 0)")
        #expect(Machine.turbo(noTurbo: "1", boost: "1") == "off (no_turbo 1)")
        #expect(Machine.turbo(noTurbo: nil, boost: "1") == "on (boost 1)")
        #expect(Machine.turbo(noTurbo: nil, boost: "0") == "off (boost 0)")
        #expect(Machine.turbo(noTurbo: nil, boost: nil) == nil)
    }

    @Test func everyFieldOfThisMachineIsSomeText() {
        let machine = Machine.here()
        for name in ["turbo", "shared_huge_pages", "huge_pages", "real_time_limit"] {
            #expect(machine.fields[name]?.isEmpty == false, "\(name)")
        }
        #expect(machine.lines.map(\.name) == Machine.order.filter { machine.fields[$0] != nil })
    }
}
