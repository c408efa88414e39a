// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Pipeline
import SiteFiles
import Synchronization
import Testing

/// What the page offers, tries and writes.
@Suite struct PageSettingsDeskTests {
    private final class Reloads: Sendable {
        let count = Mutex(0)
    }

    private let folder: SiteFolder
    private let reloads = Reloads()
    private let desk: PageSettingsDesk

    init() throws {
        folder = try SiteFolder(
            site: SiteRefusalTests.good + "\nstorage: {directory: state}\ndelivery: {backlog_rate: 50}\n")
        try FileManager.default.createDirectory(
            atPath: folder.path + "/state", withIntermediateDirectories: true)
        desk = PageSettingsDesk(
            path: folder.site, stateDirectory: folder.path + "/state", profileFolders: [folder.profiles]
        ) { [reloads] in reloads.count.withLock { $0 += 1 } }
    }

    private var page: String { folder.path + "/state/page-settings.yaml" }
    private func setting(_ key: String) throws -> SiteSetting {
        try #require(desk.settings().first { $0.path.joined(separator: ".") == key })
    }

    @Test func `every setting has its value, default, range and origin`() throws {
        let rate = try setting("delivery.backlog_rate")
        #expect(rate.value == "50" && rate.usual == "200" && rate.isOffered)
        #expect(rate.input == .number(1...100_000, isWhole: false))
        guard case .file(let place) = rate.origin else { throw CancellationError() }
        #expect(place.hasPrefix(folder.site + ":"))
        #expect(try setting("alarms.hold_seconds").origin == .usual)
        #expect(try setting("site.language").input == .words(["zh-Hans", "en"]))
        #expect(try setting("storage.directory").isOffered == false)
        #expect(try setting("site.name.zh").value == "湖畔花园")
        let shown = Set(desk.settings().map(\.path))
        #expect(PageSettings.offered.filter { !shown.contains($0) } == [])
        #expect(desk.settings().filter(\.isOffered).map(\.path).count == PageSettings.offered.count)
    }

    @Test func `a change is written for its owner alone, keeps the one before and is taken over`() throws {
        let first = desk.trial(of: [["delivery", "backlog_rate"]: " 70 ", ["alarms", "hold_seconds"]: "30"])
        #expect(first.changes == [.init(path: ["delivery", "backlog_rate"], old: "50", new: "70")])
        #expect(first.problems.isEmpty && !FileManager.default.fileExists(atPath: page), "a trial writes nothing")
        try desk.keep(first)
        #expect(reloads.count.withLock { $0 } == 1)
        #expect(folder.load().configuration?.delivery.backlogRate == 70)
        let mode = try FileManager.default.attributesOfItem(atPath: page)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try setting("delivery.backlog_rate").origin == .page(page + ":3"))
        try desk.keep(desk.trial(of: [["site", "name", "en"]: "Lake: \"side\""]))
        #expect(folder.load().configuration?.site.name.en == "Lake: \"side\"")
        #expect(folder.load().configuration?.delivery.backlogRate == 70)
        #expect(try String(contentsOfFile: page + ".1", encoding: .utf8) == first.text)
        let back = desk.trial(of: [["delivery", "backlog_rate"]: nil])
        #expect(back.changes == [.init(path: ["delivery", "backlog_rate"], old: "70", new: nil)])
        try desk.keep(back)
        #expect(folder.load().configuration?.delivery.backlogRate == 50)
    }

    @Test func `yes or no is written as the file writes it, and a third word is refused`() throws {
        let units = try setting("mqtt.units")
        #expect(units.input == .flag && units.value == "true" && units.usual == "true" && units.isOffered)
        #expect(try setting("mqtt.home_assistant").value == nil, "it depends on where the broker is")
        let told = desk.trial(of: [["mqtt", "units"]: "perhaps"])
        #expect(told.problems.map(\.path) == [["mqtt", "units"]], "\(told.problems)")
        let trial = desk.trial(of: [["mqtt", "units"]: "false", ["mqtt", "home_assistant"]: "true"])
        #expect(trial.problems.isEmpty && trial.text.hasSuffix("mqtt:\n  home_assistant: true\n  units: false\n"))
        try desk.keep(trial)
        let mqtt = try #require(folder.load().configuration?.mqtt)
        #expect(!mqtt.includesUnits && mqtt.homeAssistant == true)
    }

    @Test func `what the loader refuses is told at its setting, and what is not offered is passed over`() throws {
        let trial = desk.trial(of: [["delivery", "backlog_rate"]: "0", ["polling", "fast_seconds"]: "soon"])
        let told = trial.problems.map { ($0.path ?? []).joined(separator: ".") + " " + $0.text }.sorted()
        #expect(
            told == [
                "delivery.backlog_rate SL-1109: delivery: backlog_rate 0 is out of range; allowed: 1 to 100000.",
                "polling.fast_seconds SL-1108: polling: fast_seconds must be a number, not 'soon'.",
            ])
        #expect(desk.trial(of: [["storage", "directory"]: "/x", ["mqtt", "url"]: "mqtt://x"]).changes.isEmpty)
        // No text of a field becomes a key of its own.
        let sly = desk.trial(of: [["site", "name", "en"]: "x\nstorage: {directory: /x}"])
        #expect(sly.problems.isEmpty, "\(sly.problems)")
        try desk.keep(sly)
        #expect(folder.load().configuration?.storage.directory == folder.path + "/state")
    }

    @Test func `who comes second looks again`() throws {
        let (one, other) = (
            desk.trial(of: [["alarms", "hold_seconds"]: "40"]), desk.trial(of: [["alarms", "hold_seconds"]: "50"])
        )
        try desk.keep(one)
        #expect(throws: PageSettings.WriteError.self) { try desk.keep(other) }
        #expect(reloads.count.withLock { $0 } == 1)
        #expect(try setting("alarms.hold_seconds").value == "40")
    }
}
