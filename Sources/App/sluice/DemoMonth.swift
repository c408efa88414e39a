// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dashboard
import FoundationEssentials
import Gateway
import Logging
import Model
import Pipeline

extension Demo {
    /// Lives through the month, tells its report, and how to look further when its folder stays.
    func runMonth() async throws {
        let place = try folder ?? temporaryFolder()
        defer { if folder == nil { try? FileManager.default.removeItem(atPath: place) } }
        var logger = try log.makeLogger()
        if log.logLevel == "info" { logger.logLevel = .warning }
        do {
            var options = SimulatedMonth.Options(folder: place, profileFolders: ProfileFolders.standard + profiles)
            (options.seed, options.recording) = (seed, readings)
            (options.dwellings, options.days) = (dwellings, days)
            let simulated = try SimulatedMonth(options, logger: logger)
            let result = try await simulated.run()
            let site = simulated.configuration
            let now = SystemClock().now().wall
            let request = try ReportRequest(.monthly, result.words, now: now, zone: site.site.zone)
            let report = try ReportReading.report(
                request, of: site, in: site.storage.directory, now: now, logger: logger)
            tell(try ReportWords(Language(rawValue: language) ?? .english).text(of: report))
            guard folder != nil else { return }
            say("\(result.readings) readings, \(result.findings) findings, \(result.tickets) tickets. Look further:")
            let days = "--from \(result.words.from ?? "") --to \(result.words.to ?? "")"
            say("  sluice reports monthly \(days) --json --config \(simulated.siteFile)")
            say("  sluice tickets log --config \(simulated.siteFile)")
        } catch let failure as SimulatedMonth.Failure {
            say("sluice demo: \(failure)")
            throw ExitStatus.cannotCreate
        } catch let problem as ReportRequestProblem {
            say("sluice demo: \(problem)")
            throw ExitStatus.problemsFound
        }
    }

    private func temporaryFolder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-month-\(UUID().uuidString)")
        return folder.path
    }
}
