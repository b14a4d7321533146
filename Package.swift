// swift-tools-version: 6.3
import PackageDescription

// Arrows point one way (docs/architecture.md draws them):
//   CSeqlock <- FillProducer, ShmReader, ShmBridge      FixedPoint <- LotMatching <- Accumulator -> ShmBridge
//   Feeds -> Accumulator                    pks composes everything
// FillProducer, ShmReader and CSeqlock depend on nothing outside the toolchain.

let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let strictC: [CSetting] = [
    .treatAllWarnings(as: .error)
]

let package = Package(
    name: "pks",
    products: [
        .executable(name: "pks", targets: ["pks"]),
        .library(name: "ShmReader", targets: ["ShmReader"]),
        .library(name: "FillProducer", targets: ["FillProducer"]),
        .library(name: "CSeqlock", targets: ["CSeqlock"]),
    ],
    targets: [
        .target(name: "CSeqlock", cSettings: strictC),
        .target(name: "FillProducer", dependencies: ["CSeqlock"], swiftSettings: strict),
        .target(name: "FixedPoint", swiftSettings: strict),
        .target(name: "LotMatching", dependencies: ["FixedPoint"], swiftSettings: strict),
        .target(name: "CFaultGuard", dependencies: ["CSeqlock"], cSettings: strictC),
        .target(name: "CThreads", cSettings: strictC),
        .target(name: "ShmFiles", dependencies: ["CFaultGuard", "CSeqlock"], swiftSettings: strict),
        .target(name: "ShmReader", dependencies: ["CSeqlock", "ShmFiles"], swiftSettings: strict),
        .target(name: "ShmBridge", dependencies: ["CSeqlock", "ShmFiles"], swiftSettings: strict),
        .target(
            name: "Accumulator",
            dependencies: ["CJournal", "CSeqlock", "FixedPoint", "LotMatching", "ShmBridge"],
            swiftSettings: strict),
        .target(
            name: "Service",
            dependencies: [
                "Accumulator", "CSeqlock", "CThreads", "Journal", "LotMatching", "PositionText", "ShmBridge",
                "ShmFiles", "ShmReader",
            ],
            swiftSettings: strict),
        .target(name: "CJournal", cSettings: strictC),
        .systemLibrary(
            name: "CLiburing", pkgConfig: "liburing", providers: [.apt(["liburing-dev"])]),
        .target(name: "CWriteRing", dependencies: ["CLiburing"], cSettings: strictC),
        .target(
            name: "Journal",
            dependencies: ["Accumulator", "CJournal", "CSeqlock", "CThreads", "CWriteRing", "ShmFiles"],
            swiftSettings: strict),
        .target(
            name: "JournalSupport",
            dependencies: ["Accumulator", "CJournal", "CSeqlock", "Journal", "TestSupport"],
            path: "Tests/JournalSupport", swiftSettings: strict),
        .testTarget(
            name: "JournalTests",
            dependencies: [
                "Accumulator", "CJournal", "CSeqlock", "Journal", "JournalSupport", "TestSupport",
            ],
            swiftSettings: strict),
        .systemLibrary(
            name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(
            name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "FillRecords", dependencies: ["Accumulator", "CSeqlock", "FixedPoint"],
            swiftSettings: strict),
        .target(
            name: "Feeds",
            dependencies: ["Accumulator", "CSeqlock", "CZlib", "FillRecords", "FixedPoint", "LotMatching"],
            swiftSettings: strict),
        .systemLibrary(
            name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
        .target(name: "CBusMessages", dependencies: ["CProtobufC"], cSettings: strictC),
        .target(
            name: "BusMessages",
            dependencies: [
                "Accumulator", "CBusMessages", "CSeqlock", "FillRecords", "FixedPoint",
                "LotMatching",
                "PositionText",
            ],
            swiftSettings: strict),
        .target(name: "CToml", cxxSettings: [.treatAllWarnings(as: .error)]),
        .target(
            name: "Configuration",
            dependencies: [
                "Accumulator", "CToml", "Feeds", "FixedPoint", "LotMatching", "NATSBridge", "Service",
                "ShmBridge", "ShmFiles",
            ],
            swiftSettings: strict),
        .systemLibrary(
            name: "CNATS", pkgConfig: "libnats", providers: [.apt(["libnats-dev"])]),
        .target(
            name: "NATSBridge",
            dependencies: [
                "Accumulator", "BusMessages", "CJournal", "CNATS", "CSeqlock", "CThreads", "FillProducer",
                "ShmFiles",
            ],
            exclude: ["Protos"],
            swiftSettings: strict),
        .target(
            name: "NATSSupport", dependencies: ["TestSupport"], path: "Tests/NATSSupport",
            swiftSettings: strict),
        .testTarget(
            name: "NATSBridgeTests",
            dependencies: [
                "Accumulator", "BusMessages", "CSeqlock", "FillProducer", "Journal", "JournalSupport",
                "NATSBridge", "NATSSupport", "Service", "ServiceSupport", "ShmBridge", "TestSupport",
            ],
            swiftSettings: strict),
        .systemLibrary(
            name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .target(
            name: "Telemetry",
            dependencies: [
                "Accumulator", "CMicrohttpd", "CSeqlock", "Journal", "Service", "ShmFiles", "ShmReader",
            ],
            swiftSettings: strict),
        .target(
            name: "PositionText", dependencies: ["CSeqlock", "FixedPoint", "ShmReader"],
            swiftSettings: strict),
        // Without pkgConfig: it states feature macros, which the package manager refuses with a warning.
        .systemLibrary(name: "CNcurses", providers: [.apt(["libncurses-dev"])]),
        .target(
            name: "Monitor",
            dependencies: ["CNcurses", "CSeqlock", "FixedPoint", "PositionText", "ShmReader"],
            swiftSettings: strict),
        .target(
            name: "PksCommand",
            dependencies: [
                "Accumulator",
                "BusMessages",
                "CJournal",
                "Configuration",
                "CSeqlock",
                "CSystemd",
                "Feeds",
                "FillProducer",
                "FixedPoint",
                "Journal",
                "LotMatching",
                "Monitor",
                "NATSBridge",
                "PositionText",
                "Service",
                "ShmBridge",
                "ShmFiles",
                "ShmReader",
                "Telemetry",
            ],
            swiftSettings: strict),
        .executableTarget(name: "pks", dependencies: ["PksCommand"], swiftSettings: strict),
        .target(
            name: "CLimits", dependencies: ["CLiburing", "CSeqlock"], path: "Benchmarks/CLimits",
            cSettings: strictC, cxxSettings: [.treatAllWarnings(as: .error)]),
        .target(name: "BenchModel", path: "Benchmarks/BenchModel", swiftSettings: strict),
        .testTarget(
            name: "BenchTests", dependencies: ["BenchModel", "GateModel", "TestSupport"],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .target(
            name: "CBusLimits", dependencies: ["CNATS"], path: "Benchmarks/CBusLimits", cSettings: strictC),
        .executableTarget(
            name: "pks-bench",
            dependencies: [
                "Accumulator", "BenchModel", "BusMessages", "CBusLimits", "CJournal", "CLimits", "CSeqlock",
                "FillProducer", "Journal", "LotMatching", "NATSBridge", "NATSSupport", "Service", "ShmBridge",
                "ShmReader",
            ],
            path: "Benchmarks/pks-bench", swiftSettings: strict),
        .target(name: "CGateMarks", path: "Benchmarks/CGateMarks", cSettings: strictC),
        .target(name: "GateModel", path: "Benchmarks/GateModel", swiftSettings: strict),
        .executableTarget(
            name: "pks-gates",
            dependencies: [
                "Accumulator", "CGateMarks", "CMallocCount", "CSeqlock", "FillProducer", "GateModel",
                "Journal", "LotMatching", "ShmBridge", "ShmReader",
            ],
            path: "Benchmarks/pks-gates", swiftSettings: strict),
        .testTarget(
            name: "GateTests", dependencies: ["GateModel", "TestSupport"], swiftSettings: strict),
        .target(name: "CTestSupport", path: "Tests/CTestSupport", cSettings: strictC),
        .target(
            name: "TestSupport", dependencies: ["CSeqlock", "CTestSupport"], path: "Tests/TestSupport",
            swiftSettings: strict),
        .testTarget(
            name: "FixedPointTests", dependencies: ["FixedPoint", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "FeedsTests",
            dependencies: [
                "Accumulator", "CSeqlock", "CZlib", "Feeds", "FillRecords", "FixedPoint", "LotMatching",
                "TestSupport",
            ],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(
            name: "BusMessagesTests",
            dependencies: [
                "Accumulator", "BusMessages", "CMallocCount", "CSeqlock", "FixedPoint", "LotMatching",
                "TestSupport",
            ],
            swiftSettings: strict),
        .target(
            name: "CTorture", dependencies: ["CSeqlock"], path: "Tests/Tools/CTorture", cSettings: strictC),
        .target(name: "CxxSlot", dependencies: ["CSeqlock"], path: "Tests/Tools/CxxSlot"),
        .executableTarget(
            name: "pks-torture",
            dependencies: [
                "CSeqlock", "CTorture", "FillProducer", "ShmBridge", "ShmFiles", "ShmReader", "TestSupport",
            ],
            path: "Tests/Tools/pks-torture", swiftSettings: strict),
        .executableTarget(
            name: "gateway-swift", dependencies: ["CSeqlock", "FillProducer"],
            path: "Tests/Tools/gateway-swift", swiftSettings: strict),
        .testTarget(
            name: "FillProducerTests",
            dependencies: [
                "CMallocCount", "CSeqlock", "CTorture", "FillProducer", "ShmBridge", "TestSupport",
                "gateway-swift", "pks-torture",
            ],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .executableTarget(
            name: "pks-soak",
            dependencies: ["Accumulator", "CSeqlock", "FillProducer", "ShmReader", "TestSupport"],
            path: "Tests/Tools/pks-soak", swiftSettings: strict),
        .executableTarget(
            name: "pks-faults",
            dependencies: [
                "Accumulator", "CJournal", "CSeqlock", "FillProducer", "Journal", "JournalSupport",
                "ShmReader",
                "TestSupport",
            ],
            path: "Tests/Tools/pks-faults", swiftSettings: strict),
        .executableTarget(
            name: "pks-bus",
            dependencies: ["BusMessages", "NATSBridge", "NATSSupport", "TestSupport"],
            path: "Tests/Tools/pks-bus", swiftSettings: strict),
        .testTarget(
            name: "ShmTests",
            dependencies: [
                "CSeqlock", "CTorture", "CxxSlot", "FillProducer", "ShmBridge", "ShmFiles", "ShmReader",
                "TestSupport", "pks-torture",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "Accumulator",
                "BusMessages",
                "CJournal",
                "Configuration",
                "CSeqlock",
                "FillProducer",
                "Journal",
                "LotMatching",
                "NATSBridge",
                "NATSSupport",
                "PksCommand",
                "PositionText",
                "Service",
                "ServiceSupport",
                "ShmBridge",
                "ShmReader",
                "Telemetry",
                "TestSupport",
                "pks-bus",
                "pks-faults",
                "pks-soak",
            ],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .executableTarget(
            name: "pks-pulse", dependencies: ["CSeqlock", "ShmBridge"], path: "Tests/Tools/pks-pulse",
            swiftSettings: strict),
        .testTarget(
            name: "MonitorTests",
            dependencies: [
                "CSeqlock", "FixedPoint", "Monitor", "PositionText", "ShmBridge", "ShmReader", "TestSupport",
            ],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(
            name: "ConfigurationTests",
            dependencies: [
                "Accumulator", "Configuration", "LotMatching", "NATSBridge", "Service", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "TelemetryTests",
            dependencies: [
                "Accumulator", "CSeqlock", "Service", "ShmReader", "Telemetry", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "LotMatchingTests", dependencies: ["FixedPoint", "LotMatching", "TestSupport"],
            swiftSettings: strict),
        .target(
            name: "ServiceSupport",
            dependencies: ["Accumulator", "CSeqlock", "FillProducer", "ShmReader", "TestSupport"],
            path: "Tests/ServiceSupport", swiftSettings: strict),
        .testTarget(
            name: "ServiceTests",
            dependencies: [
                "Accumulator", "CMallocCount", "CSeqlock", "FillProducer", "Journal", "LotMatching",
                "Service",
                "ServiceSupport",
                "ShmBridge", "ShmFiles", "ShmReader", "TestSupport",
            ],
            swiftSettings: strict),
        .target(
            name: "CMallocCount", path: "Tests/Tools/CMallocCount", cSettings: strictC),
        .testTarget(
            name: "AccumulatorTests",
            dependencies: [
                "Accumulator", "CJournal", "CMallocCount", "CSeqlock", "CZlib", "FillProducer", "FixedPoint",
                "LotMatching", "ShmBridge", "ShmReader", "TestSupport",
            ],
            resources: [.copy("Fixtures")], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11,
    cxxLanguageStandard: .cxx17
)
