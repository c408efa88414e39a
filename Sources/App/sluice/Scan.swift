// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import Gateway
import Glibc
import Model
import ModbusCodec
import Pipeline
import Profiles
import SiteFiles

struct Scan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find the units that answer on a bus, and the profiles that fit them. Reads only.",
        discussion: """
            Examples:
              sluice scan line-1 --unit 1-247 --config site.yaml
              sluice scan --serial /dev/ttyUSB0 --baud 9600 --parity none --unit 1-32
              sluice scan line-1 --unit 7 --all-probes --config site.yaml    when unit 7 should be there

            Reads the probe of each profile and the registers that tell its model, nothing else,
            through the running gateway if it holds the bus.
            Exits 1 when nothing answered.
            """)

    @Argument(help: "A bus of the site's file; none with --serial or --tcp.")
    var bus: String?

    @Option(help: "Units to ask: numbers and ranges, such as 1-16,100.")
    var unit = "1-247"

    @Option(help: "Longest wait for an answer.")
    var timeoutMilliseconds = 300

    @Option(help: "Only this profile; may be given more than once.")
    var profile: [String] = []

    @Flag(
        help: "Try the probe of each profile at a silent unit, and not only the read that most of them share. Slow.")
    var allProbes = false

    @Flag(help: "Say what would be asked and how long it takes, and end.")
    var dryRun = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var wire: WireOptions
    @OptionGroup var site: SiteOptions

    func validate() throws {
        guard (bus == nil) == wire.isGiven else {
            throw ValidationError("Name a bus of the site's file, or say --serial PATH or --tcp HOST:PORT.")
        }
        guard (10...60_000).contains(timeoutMilliseconds) else {
            throw ValidationError("--timeout-milliseconds \(timeoutMilliseconds) is not in 10 ... 60000.")
        }
        _ = try units()
    }

    func run() async throws {
        let profiles = try candidates()
        let (settings, door) = try place()
        let plan = ScanPlan(
            units: try units(), profiles: profiles, timeout: .milliseconds(timeoutMilliseconds), bus: settings,
            triesAllProbes: allProbes)
        say(
            "\(counted(plan.units.count, "unit")), \(counted(plan.reads.count, "read")) each: \(text(plan.silentDuration)) "
                + "if nobody answers, and \(text(plan.durationOfAnswer)) more for each unit that does.")
        if dryRun { return plan.reads.forEach { tell("\($0)") } }
        let port = try door?.open(settings) ?? BusDoor.openAlone(settings, for: "sluice scan", logger: .quiet)
        var found: [ScannedUnit] = []
        do {
            try await scan(plan, profiles, on: port) {
                found.append($0)
                if !json { show($0) }
            }
        } catch let failure as ScanFailure {
            await port.close()
            say(
                "sluice scan: bus \(settings.identifier) cannot be reached: \(failure)\(BusHelp.sentence(for: "\(failure)"))"
            )
            throw ExitStatus.unavailable
        }
        await port.close()
        if json { try tellJSON(found, asked: plan.units.count) }
        say("\(counted(found.count, "unit")) of \(plan.units.count) answered.")
        if found.isEmpty {
            let more = allProbes ? "" : " Some devices answer their own registers only: try --all-probes."
            say("Check A and B, power, baud and parity; slow devices need a longer --timeout-milliseconds.\(more)")
            throw ExitStatus.problemsFound
        }
    }

    private func place() throws -> (BusSettings, BusDoor?) {
        if wire.isGiven { return (try wire.bus(), nil) }
        let configuration = try site.load()
        let settings = try configuration.bus(named: bus ?? "")
        if dryRun { return (settings, nil) }
        return (settings, try BusDoor(to: configuration, for: "sluice scan", logger: .quiet))
    }

    /// The profiles of the catalogue that have no mistake.
    private func candidates() throws -> [DeviceProfile] {
        let index = loadProfiles(in: ProfileFolders.standard + site.profiles)
        for name in profile where index.paths[name] == nil {
            throw ValidationError("There is no profile '\(name)'.\(suggestion(for: name, in: index.paths.keys))")
        }
        let paths = index.paths.filter { profile.isEmpty || profile.contains($0.key) }
        let profiles = paths.sorted { $0.key < $1.key }.compactMap { loadProfile(at: $0.value, in: index).profile }
        guard !profiles.isEmpty else {
            say(
                "sluice scan: there is no profile in \(index.folders.joined(separator: ", ")). Give a folder with --profiles."
            )
            throw ExitStatus.configuration
        }
        return profiles
    }

    /// - Throws: A validation error for what is no unit.
    private func units() throws -> [UnitIdentifier] {
        let isLine = wire.serial != nil
        var found: Set<UInt8> = []
        for part in unit.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt8($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
                first >= 1, !isLine || last <= 247
            else {
                throw ValidationError(
                    "'\(part)' is not a unit or a range of units. Use numbers such as 1-247 or 3,7,20-30.")
            }
            found.formUnion(first...last)
        }
        return found.sorted().map(UnitIdentifier.init)
    }

    private func text(_ span: Duration) -> String {
        let seconds = span.inSeconds
        return seconds < 60 ? "\((seconds * 10).rounded() / 10) s" : "\((seconds / 6).rounded() / 10) min"
    }

    private func show(_ unit: ScannedUnit) {
        let time = unit.turnaround.map { ", \(($0.inSeconds * 10_000).rounded() / 10) ms" } ?? ""
        tell("unit \(unit.unit)\(time): \(sentence(unit.matches))")
    }

    private func sentence(_ matches: [ScanMatch]) -> String {
        if matches.isEmpty { return "answers, but no profile fits what it says" }
        let more = matches.count > 4 ? ", and \(matches.count - 4) more (--json names each)" : ""
        return matches.prefix(4).map { match in
            match.grade == .identified ? "is a \(match.profile)" : "may be a \(match.profile)"
        }.joined(separator: ", ") + more
    }

    private struct Answer: Encodable {
        var schema = 1
        var asked: Int
        var units: [Unit]

        struct Unit: Encodable {
            var unit: Int
            var turnaroundMilliseconds: Double?
            var matches: [Match]
        }
        struct Match: Encodable {
            var profile: String
            var isIdentified: Bool
            var goodValues: Int
        }
    }

    private func tellJSON(_ found: [ScannedUnit], asked: Int) throws {
        let units = found.map { unit in
            Answer.Unit(
                unit: Int(unit.unit.value), turnaroundMilliseconds: unit.turnaround.map { $0.inSeconds * 1000 },
                matches: unit.matches.map {
                    .init(profile: $0.profile, isIdentified: $0.grade == .identified, goodValues: $0.goodValues)
                })
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        tell(String(decoding: try encoder.encode(Answer(asked: asked, units: units)), as: UTF8.self))
    }
}
