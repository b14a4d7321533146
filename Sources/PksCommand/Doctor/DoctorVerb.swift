/// `pks doctor`: what this machine lacks, with the exact fix.
enum DoctorVerb: Verb {
    static let spec = VerbSpec(
        name: "doctor", summary: "what this machine lacks, with the exact fix",
        synopsis: "[--json]",
        description: [
            "Looks at the Swift runtime and toolchain, zlib, the kernel, cores, clock, limits and huge pages, at "
                + "the size of shared memory and the run directory, and for what earlier runs have left behind. "
                + "Changes nothing. ok is as it should be, warn works but could be better, fail must be mended."
        ],
        operand: nil,
        options: [OptionSpec("json", .flag, "Print JSON: one array, a check a line.")],
        examples: [("doctor", "Look."), ("doctor --json", "The same, for a program.")],
        exits: [
            (.success, "Usable, perhaps with warnings."), (.usage, "The command line is wrong."),
            (.unavailable, "Something that is required is missing; the fix is printed."),
        ])

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        let checks = MachineChecks.all() + SharedMemoryChecks.all()
        let output = ByteWriter.standardOutput()
        if options.flag("json") {
            var bytes: [UInt8] = []
            for (index, check) in checks.enumerated() {
                bytes.append(static: index == 0 ? "[\n" : ",\n")
                check.appendJSON(to: &bytes)
            }
            bytes.append(static: "\n]\n")
            try output.write(bytes)
        } else {
            let terminal = Terminal.standardOutput
            for check in checks { try output.write(check.text(terminal)) }
        }
        try output.flush()
        return checks.contains { $0.verdict == .fail } ? .unavailable : .success
    }
}
