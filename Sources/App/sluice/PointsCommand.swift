// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import ModbusCodec
import Model
import Profiles
import SiteFiles

struct PointsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "points",
        abstract: "Lists of registers kept in a spreadsheet: into device profiles, and back.",
        discussion: """
            Examples:
              sluice points import points.csv --address-base 1 --out my-profiles
              sluice points export DeviceProfiles/water-meter/tuf-2000-ultrasonic --out points.csv
            """,
        subcommands: [ImportPoints.self, ExportPoints.self])
}

struct ImportPoints: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make one device profile for each device of a list saved as CSV.",
        discussion: """
            Examples:
              sluice points import points.csv --address-base 4xxxx
              sluice points import 点表.csv --address-base 1 --name '1#水表=inlet-meter' --kind water-meter --out my-profiles

            Columns are found by their headers, in Chinese or English; docs/points.md lists them. Nothing is written
            when there is an error, and nothing is overwritten without --force. Exits 1 for errors, and when a profile
            that is there already differs.
            """)

    @Argument(help: "The list: cells separated by comma, semicolon or tab; - reads standard input.")
    var file: String

    @Option(help: "utf-8, utf-16le, utf-16be or gbk (default: by byte order mark, else UTF-8, else GBK).")
    var encoding: String?

    @Option(help: "What addresses are counted from: 0, 1, or 4xxxx for numbers such as 40017 and 30001.")
    var addressBase: String?

    @Flag(help: "Bare addresses are hexadecimal.")
    var hexadecimal = false

    @Option(help: "Name of the profile, when the list has no column of devices.")
    var device: String?

    @Option(
        name: .customLong("name"),
        help: "DEVICE=PROFILE: name of the profile of a device of the list; may be given more than once.")
    var names: [String] = []

    @Option(help: "Kind of devices whose rows say none, such as water-meter.")
    var kind = "other"

    @Option(help: "Order of values whose rows say none: ABCD, CDAB, BADC or DCBA.")
    var order: String?

    @Option(name: [.customShort("o"), .customLong("out")], help: "Folder of profiles to write into (default: print).")
    var out: String?

    @Flag(help: "Overwrite profiles that differ.")
    var force = false

    func run() throws {
        let options = try listOptions()
        let list: ListText
        do { list = try readListFile(at: file, encoding: try listEncoding()) } catch let problem as ListProblem {
            say(problem.description)
            throw ExitStatus.problemsFound
        }
        let found = importPoints(list.text, path: file, options: options)
        for problem in found.problems { say(problem.description) }
        say("\(file): \(list.encoding.rawValue) (\(list.reason)), separated by \(found.separator).")
        if !found.samples.isEmpty {
            say(
                found.base.map { "Addresses are taken as \($0.sentence); compare with the manual:" }
                    ?? "Addresses may be read in these ways:")
            for sample in found.samples { say("  \(sample)") }
        }
        let errors = found.problems.count { $0.severity == .error }
        guard errors == 0 else {
            say("\(counted(errors, "error")); nothing was written.")
            throw ExitStatus.problemsFound
        }
        guard let out else {
            guard found.profiles.count == 1 else {
                say("The list has \(found.profiles.count) devices; say where their profiles go: --out FOLDER.")
                throw ExitStatus.problemsFound
            }
            put(found.profiles[0].text)
            return
        }
        try write(found.profiles, below: out)
    }

    private func listEncoding() throws -> ListEncoding? {
        guard let encoding else { return nil }
        guard let found = ListEncoding(named: encoding) else {
            throw ValidationError("--encoding '\(encoding)' is not known. Use utf-8, utf-16le, utf-16be or gbk.")
        }
        return found
    }

    private func listOptions() throws -> PointListOptions {
        var options = PointListOptions(isHexadecimal: hexadecimal, device: device, kind: kind)
        if let addressBase {
            guard let base = AddressBase(rawValue: addressBase.lowercased()) else {
                throw ValidationError("--address-base '\(addressBase)' is not one of 0, 1 and 4xxxx.")
            }
            options.base = base
        }
        if let order {
            guard let known = WordOrder(rawValue: order.uppercased()) else {
                throw ValidationError("--order '\(order)' is not one of ABCD, CDAB, BADC and DCBA.")
            }
            options.order = known
        }
        for pair in names {
            guard let mark = pair.lastIndex(of: "=") else {
                throw ValidationError(
                    "--name '\(pair)' needs the device of the list and the profile: '1#=inlet-meter'.")
            }
            options.names[String(pair[..<mark])] = String(pair[pair.index(after: mark)...])
        }
        return options
    }

    private func write(_ profiles: [ListedProfile], below folder: String) throws {
        var differing = 0
        for profile in profiles {
            let path = "\(folder)/\(profile.path)"
            let size = counted(profile.pointCount, "point")
            if let old = try? Data(contentsOf: URL(filePath: path)) {
                let lines = lineDifference(String(decoding: old, as: UTF8.self), profile.text)
                guard !lines.isEmpty else {
                    say("\(path): \(size), as it was.")
                    continue
                }
                for line in ["--- \(path)", "+++ \(file)"] + lines { tell(line) }
                guard force else {
                    differing += 1
                    say(
                        "\(path): \(counted(lines.count, "line")) would change; --force writes them over what is there."
                    )
                    continue
                }
            }
            do {
                let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
                try FileManager.default.createDirectory(
                    atPath: parent.joined(separator: "/"), withIntermediateDirectories: true)
                try Data(profile.text.utf8).write(to: URL(filePath: path), options: .atomic)
            } catch {
                say("\(path): cannot be written: \(error)")
                throw ExitStatus.cannotCreate
            }
            say("\(path): \(size) written. `sluice decode` and `sluice poll --once` compare it with the device.")
        }
        sayDevices(profiles)
        if differing > 0 { throw ExitStatus.problemsFound }
    }

    /// What the site's file says of devices whose units the list names.
    private func sayDevices(_ profiles: [ListedProfile]) {
        let lines = profiles.compactMap { profile in
            profile.unit.map { "  \(profile.identifier): {profile: \(profile.identifier), bus: BUS, unit: \($0)}" }
        }
        guard !lines.isEmpty else { return }
        say("For the devices of the site's file:")
        lines.forEach { say($0) }
    }
}

struct ExportPoints: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the points of a profile as CSV, UTF-8 with a byte order mark.",
        discussion: """
            Examples:
              sluice points export DeviceProfiles/energy-meter/eastron-sdm120 --out sdm120.csv
              sluice points export my-profiles/pump/acme-p1/profile.yaml --headers zh > points.csv

            What a list has no room for, such as limits and choices of the site, is said on standard error.
            """)

    @Argument(help: "The profile's file, or its folder.")
    var profile: String

    @Option(help: "Language of the headers: en or zh.")
    var headers = "en"

    @Option(name: [.customShort("o"), .customLong("out")], help: "File to write (default: print).")
    var out: String?

    func run() throws {
        guard let language = ListLanguage(rawValue: headers) else {
            throw ValidationError("--headers '\(headers)' is not en or zh.")
        }
        let files = profileFiles(at: profile)
        guard files.count == 1 else {
            say(
                "\(profile): \(files.isEmpty ? "no profile is" : "\(files.count) profiles are") here. Name one profile."
            )
            throw ExitStatus.configuration
        }
        let bundle = loadProfileBundle(at: files[0], folders: ProfileFolders.standard)
        guard let read = bundle.profile else {
            for problem in bundle.problems { say(problem.description) }
            throw ExitStatus.configuration
        }
        let export = exportPoints(read, language: language)
        // Spreadsheets take a file without the mark for one in the encoding of the country.
        let text = "\u{FEFF}" + export.text
        if let out {
            do { try Data(text.utf8).write(to: URL(filePath: out), options: .atomic) } catch {
                say("\(out): cannot be written: \(error)")
                throw ExitStatus.cannotCreate
            }
        } else {
            put(text)
        }
        say("\(counted(read.points.count, "point")) of \(read.identifier). Not in the list:")
        for line in export.leftOut { say("  \(line)") }
    }
}
