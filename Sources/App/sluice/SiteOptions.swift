// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SiteFiles
import Glibc
import Logging
import Model
import Pipeline

/// The site's file and where its device profiles are.
struct SiteOptions: ParsableArguments {
    @Option(help: "The site's file.")
    var config = "/etc/sluice/sluice.yaml"

    @Option(help: "A folder of device profiles that wins over the standard ones; may be given more than once.")
    var profiles: [String] = []

    /// Loads the site; prints every problem and exits 78 when there is an error.
    func load() throws -> SiteConfiguration { try loadAll(keepsRecord: false).configuration }

    /// The same with the texts it was read from and the settings that hold.
    func loadEstate() throws -> EstateFiles.Estate {
        let (loaded, configuration) = try loadWithRecord()
        return EstateFiles.Estate(loaded, configuration, at: config)
    }

    /// The same with the record of what the file sets and leaves to defaults.
    func loadWithRecord() throws -> (site: LoadedSite, configuration: SiteConfiguration) {
        try loadAll(keepsRecord: true)
    }

    private func loadAll(keepsRecord: Bool) throws -> (site: LoadedSite, configuration: SiteConfiguration) {
        let loaded = loadSite(
            at: config, profileFolders: ProfileFolders.standard + profiles, keepsRecord: keepsRecord)
        for problem in loaded.problems { say(problem.description) }
        guard let configuration = loaded.configuration else {
            say("The configuration was not accepted; `sluice check \(config)` shows each mistake with its line.")
            throw ExitStatus.configuration
        }
        return (loaded, configuration)
    }
}

/// Where device profiles stand.
enum ProfileFolders {
    /// Those that exist of: the package's folder, the DeviceProfiles beside the sources this program was built from,
    /// and the site's own folder; a later one wins.
    static var standard: [String] {
        (["/usr/share/sluice/DeviceProfiles", besideSources].compactMap { $0 } + ["/etc/sluice/profiles"])
            .filter { access($0, R_OK) == 0 }
    }

    /// `DeviceProfiles` in a folder above the program, as in a source tree with `.build/release/sluice`.
    private static var besideSources: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard length > 0 else { return nil }
        var parts = String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: "/")
        while !parts.isEmpty {
            parts.removeLast()
            let candidate = "/" + (parts + ["DeviceProfiles"]).joined(separator: "/")
            if access(candidate, R_OK) == 0 { return candidate }
        }
        return nil
    }
}

/// How much the program tells about its work.
struct LogOptions: ParsableArguments {
    @Option(help: "Least important message shown: debug, info, notice, warning or error.")
    var logLevel = "info"

    func makeLogger() throws -> Logger {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError("'\(logLevel)' is not a log level. Use debug, info, notice, warning or error.")
        }
        var logger = Logger(label: "sluice") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }
}
