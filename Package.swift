// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Cores are pure, and their tests go through months of an estate minute by minute: without optimisation that is most of
/// what a run of all tests takes. Checks of bounds and overflow stay.
let coreSettings = swiftSettings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// Packages from outside, each for its own field (docs/architecture.md names them).
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let systemPaths = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

func room(_ name: String, in folder: String, _ needs: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(
        name: name, dependencies: needs, path: "Sources/\(folder)/\(name)", resources: resources,
        swiftSettings: folder == "Core" ? coreSettings : swiftSettings)
}

func tests(_ name: String, _ needs: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: ["TestKit"] + needs, path: "Tests/\(name)Tests", exclude: exclude,
        swiftSettings: name == "Analysis" ? coreSettings : swiftSettings)
}

func benchmark(_ name: String, _ needs: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: needs, path: "Benchmarks/\(name)", swiftSettings: swiftSettings)
}

func debian(_ name: String, _ pkgConfig: String, _ package: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/Shell/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

let package = Package(
    name: "sluice",
    products: [.executable(name: "sluice", targets: ["sluice"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        // 0: the words
        .target(name: "Model", path: "Sources/Model", swiftSettings: coreSettings),
        // 1: the cores
        room("ModbusCodec", in: "Core"),
        room("Profiles", in: "Core", ["Model", "ModbusCodec", yams]),
        room("Polling", in: "Core", ["Model", "ModbusCodec"]),
        room("Analysis", in: "Core", ["Model"]),
        room("Counters", in: "Core", ["Model"]),
        room("Savings", in: "Core", ["Model"]),
        room("Aggregation", in: "Core", ["Model"]),
        room("Alarms", in: "Core", ["Model"]),
        room("Tickets", in: "Core", ["Model"]),
        room("Prevention", in: "Core", ["Model"]),
        room("Telemetry", in: "Core", ["Model"]),
        room("Outbox", in: "Core", ["Model", collections]),
        room("Notices", in: "Core", ["Model", "Outbox", crypto]),
        room("People", in: "Core", ["Model", crypto]),
        // 2: the cores joined, and the ports
        .target(
            name: "Pipeline",
            dependencies: [
                "Model", "ModbusCodec", "Profiles", "Polling", "Analysis", "Counters", "Savings", "Aggregation",
                "Alarms",
                "Tickets", "Prevention", "Telemetry", "Outbox", "Notices", "People",
            ], path: "Sources/Pipeline", swiftSettings: swiftSettings),
        // 3: the shells
        debian("CModbus", "libmodbus", "libmodbus-dev"),
        debian("CMosquitto", "libmosquitto", "libmosquitto-dev"),
        debian("CZlib", "zlib", "zlib1g-dev"),
        debian("CCurl", "libcurl", "libcurl4-openssl-dev"),
        debian("CQrencode", "libqrencode", "libqrencode-dev"),
        debian("CMarkdown", "libcmark-gfm", "libcmark-gfm-extensions-dev"),
        debian("CSystemd", "libsystemd", "libsystemd-dev"),
        room("Supervision", in: "Shell", ["CSystemd"]),
        room("Failpoints", in: "Shell"),
        room(
            "ModbusTransport", in: "Shell", ["Model", "ModbusCodec", "Pipeline", "CModbus", nioCore, nioPosix, logging]),
        room("WorkThread", in: "Shell"),
        room("Passwords", in: "Shell", ["People", "Pipeline", "WorkThread", crypto, cryptoExtras]),
        room("MQTTTransport", in: "Shell", ["Model", "Pipeline", "CMosquitto", logging]),
        room(
            "Store", in: "Shell",
            [
                "Model", "ModbusCodec", "Polling", "Aggregation", "Prevention", "Outbox", "Notices", "People",
                "Pipeline", "WorkThread", "CZlib", "Failpoints", grdb, crypto, logging,
            ]),
        room(
            "Dashboard", in: "Shell",
            [
                "Model", "ModbusCodec", "Telemetry", "Savings", "Aggregation", "Alarms", "Tickets", "Prevention",
                "Outbox", "Notices", "People", "Pipeline", "CQrencode", "CZlib", "CMarkdown", hummingbird,
                hummingbirdCore, hummingbirdTLS, mustache, nioCore, nioHTTPTypes, nioSSL, logging,
            ],
            resources: [.copy("Resources")]),
        room(
            "SiteFiles", in: "Shell",
            [
                "Model", "ModbusCodec", "Profiles", "Savings", "Alarms", "Tickets", "Prevention", "Outbox", "Notices",
                "Pipeline", yams,
            ]),
        room("Delivery", in: "Shell", ["Notices", "WorkThread", "CCurl"]),
        room("Leakbench", in: "Shell", ["Model", "Analysis", "Pipeline", "CZlib"]),
        // beside: an estate to practise on
        room("EstateSimulator", in: "Simulation", ["Model", "ModbusCodec"]),
        room("EstateMaker", in: "Simulation", ["Model", "CZlib"]),
        room(
            "SimulatorServer", in: "Simulation",
            ["Model", "ModbusCodec", "EstateSimulator", nioCore, nioPosix, logging]),
        // 4, 5: configuration into services, and the commands
        .systemLibrary(name: "CKernel", path: "Sources/App/CKernel"),
        room(
            "Gateway", in: "App",
            [
                "Model", "ModbusCodec", "Profiles", "Polling", "Analysis", "Counters", "Savings", "Aggregation",
                "Alarms", "Tickets", "Prevention", "Telemetry", "Outbox", "Notices", "People", "Pipeline",
                "ModbusTransport", "MQTTTransport", "Store", "WorkThread", "Passwords", "Delivery", "Dashboard",
                "SiteFiles",
                "Leakbench", "EstateMaker", "EstateSimulator", "SimulatorServer", "CKernel", "Failpoints", lifecycle,
                signals,
                logging, nioCore, nioPosix,
                subprocess, systemPaths,
            ]),
        .executableTarget(
            name: "sluice",
            dependencies: [
                "Model", "ModbusCodec", "Profiles", "Analysis", "Savings", "Aggregation", "Alarms", "Tickets",
                "Prevention", "Pipeline", "SiteFiles", "Notices", "People", "Gateway", "Leakbench", "Store",
                "Dashboard", "EstateSimulator", "SimulatorServer", "Supervision", arguments, crypto, logging, nioCore,
                nioPosix, nioHTTP, signals,
            ], path: "Sources/App/sluice", swiftSettings: swiftSettings),
        // tests
        .target(name: "TestKit", path: "Tests/TestKit", swiftSettings: swiftSettings),
        tests("Model", ["Model"]),
        tests("ModbusCodec", ["ModbusCodec"]),
        tests("Profiles", ["Model", "ModbusCodec", "Profiles", "Polling", yams]),
        tests("Polling", ["Model", "ModbusCodec", "Polling", "BusTrials"]),
        tests("Analysis", ["Model", "Analysis"]),
        tests("Counters", ["Model", "Counters"]),
        tests("Savings", ["Model", "Savings"]),
        tests("Aggregation", ["Model", "Aggregation"]),
        tests("Alarms", ["Model", "Alarms"]),
        tests("Tickets", ["Model", "Tickets"]),
        tests("Prevention", ["Model", "Prevention"]),
        tests("Telemetry", ["Telemetry"]),
        tests("Outbox", ["Model", "Outbox", "Pipeline"]),
        tests("Notices", ["Model", "Notices", crypto]),
        tests("People", ["Model", "People"]),
        tests("Passwords", ["People", "Pipeline", "Passwords"]),
        tests("ModbusTransport", ["Model", "ModbusCodec", "Pipeline", "ModbusTransport", nioCore, nioPosix, logging]),
        tests("WorkThread", ["WorkThread"]),
        tests("MQTTTransport", ["Model", "Notices", "Pipeline", "MQTTTransport", logging]),
        tests(
            "Store",
            [
                "Model", "ModbusCodec", "Polling", "Aggregation", "Prevention", "Notices", "People", "Pipeline",
                "Store",
                grdb,
                logging,
            ]),
        tests(
            "Dashboard",
            [
                "Model", "ModbusCodec", "Savings", "Aggregation", "Tickets", "Alarms", "People", "Pipeline",
                "Dashboard",
                hummingbird, nioCore, nioEmbedded, nioHTTPTypes, logging,
            ]),
        tests(
            "SiteFiles",
            [
                "Model", "ModbusCodec", "Profiles", "Analysis", "Savings", "Alarms", "Tickets", "Outbox", "Notices",
                "Pipeline", "SiteFiles",
            ]),
        tests("Leakbench", ["Model", "Analysis", "Leakbench"]),
        tests(
            "EstateSimulator",
            ["Model", "ModbusCodec", "EstateSimulator", "SimulatorServer", nioCore, nioPosix, logging]),
        tests(
            "Pipeline",
            [
                "Model", "ModbusCodec", "Profiles", "Counters", "Analysis", "Alarms", "Tickets", "Telemetry",
                "Pipeline", "Outbox",
                "Notices", "MQTTTransport",
            ]),
        tests(
            "Gateway",
            [
                "Model", "ModbusCodec", "Polling", "Analysis", "Counters", "Aggregation", "Outbox", "Pipeline",
                "Notices", "People",
                "SiteFiles", "Store", "Dashboard",
                "Gateway", "sluice", "Failpoints", logging,
            ],
            exclude: ["Peers"]),
        tests(
            "Catalogue",
            [
                "Model", "ModbusCodec", "Profiles", "Polling", "Pipeline", "SiteFiles", "ModbusTransport",
                "EstateSimulator", "SimulatorServer", nioCore, nioPosix, logging,
            ]),
        tests("LineBench", ["EstateSimulator", "SimulatorServer", "LineBench"]),
        tests("EstateMaker", ["Model", "Analysis", "Leakbench", "SiteFiles", "EstateMaker"]),
        tests("FindingScore", ["Model", "EstateMaker", "FindingScore"]),
        tests("Architecture", []),
        // programs that print figures
        benchmark("EndToEnd", ["Model", "EstateSimulator", "SimulatorServer", arguments]),
        .executableTarget(name: "PlainLoop", dependencies: ["CModbus", "CMosquitto"], path: "Benchmarks/PlainLoop"),
        .target(
            name: "LineBench",
            dependencies: [
                "Model", "ModbusCodec", "Profiles", "Polling", "Pipeline", "ModbusTransport", "Gateway",
                "SimulatorServer", logging,
            ], path: "Benchmarks/LineBench", swiftSettings: swiftSettings),
        benchmark("SerialLine", ["LineBench", "EstateSimulator", "SimulatorServer", arguments]),
        benchmark("DeadUnits", ["LineBench", "EstateSimulator", "SimulatorServer", arguments]),
        .target(name: "HeapCount", path: "Benchmarks/HeapCount"),
        benchmark("AnalyzerCost", ["Model", "Analysis", "Leakbench", "EstateMaker", "HeapCount", arguments]),
        benchmark("HistoryCost", ["Model", "Aggregation", "Pipeline", "Store", arguments, logging]),
        .target(
            name: "BusTrials", dependencies: ["Model", "ModbusCodec", "Profiles", "Polling"],
            path: "Benchmarks/BusTrials", swiftSettings: swiftSettings),
        benchmark("BusSimulation", ["Model", "BusTrials"]),
        benchmark("HostileFrames", ["ModbusCodec"]),
        // made-up estates to judge the analyzer by
        benchmark("make-estate", ["Model", "EstateMaker", arguments]),
        .target(
            name: "FindingScore", dependencies: ["Model", "Leakbench"], path: "Benchmarks/FindingScore",
            swiftSettings: swiftSettings
        ),
        benchmark("score-findings", ["FindingScore", arguments]),
        benchmark(
            "SharedSets", ["Model", "Analysis", "EstateMaker", "FindingScore", "CZlib", arguments]),
        benchmark("EstateTrials", ["Model", "Analysis", "Leakbench", "EstateMaker", "FindingScore", arguments]),
        benchmark("Steadiness", ["Model", "Analysis", "Leakbench", "EstateMaker", arguments]),
    ],
    swiftLanguageModes: [.v6]
)
