// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles
import SiteFiles
import Testing

/// What was set at the page holds over the site's file, and keeps its own place.
@Suite struct PageSettingsTests {
    private static let site =
        SiteRefusalTests.good + "\nstorage: {directory: state}\ndelivery: {backlog_rate: 50}\n"

    private func folder(_ page: String?, site: String = site) throws -> SiteFolder {
        let folder = try SiteFolder(site: site)
        if let page { try folder.write(page, to: "state/page-settings.yaml") }
        return folder
    }

    @Test func `a scalar of the page holds, and what it covers is told with both places`() throws {
        let folder = try folder("delivery:\n  backlog_rate: 7\npolling: {fast_seconds: 2}\n")
        let loaded = folder.load()
        let configuration = try #require(loaded.configuration, "\(loaded.problems)")
        #expect(configuration.delivery.backlogRate == 7)
        #expect(configuration.polling.fast == .seconds(2))
        let line = Self.site.split(separator: "\n", omittingEmptySubsequences: false).count - 1
        #expect(
            folder.lines(loaded).filter { $0.contains("SL-1141") } == [
                "site.yaml:\(line):26: warning: SL-1141: 'delivery.backlog_rate' of this file does not hold: "
                    + "state/page-settings.yaml:2 was set at the page. Return to the file's value there, or take the line "
                    + "out here."
            ])
        #expect(loaded.texts["\(folder.path)/state/page-settings.yaml"] != nil, "a reload sees that it has changed")
    }

    @Test func `each value has its own file and line as its origin`() throws {
        let folder = try folder("# first\ndelivery: {backlog_rate: 7}\nalarms:\n  hold_seconds: 45\n")
        let loaded = loadSite(at: folder.site, profileFolders: [folder.profiles], keepsRecord: true)
        let record = try #require(loaded.record)
        var origins: [String: String] = [:]
        for (path, text, place) in record.settings(isEffective: true).values {
            origins[path.joined(separator: ".")] =
                text + " " + (place.map { "\(loaded.file(of: $0) ?? "site.yaml"):\($0.line)" } ?? "default")
        }
        let page = "\(folder.path)/state/page-settings.yaml"
        #expect(origins["delivery.backlog_rate"] == "7 \(page):2")
        #expect(origins["alarms.hold_seconds"] == "45 \(page):4")
        #expect(origins["alarms.flap_quiet_minutes"] == "30 default")
        #expect(origins["site.id"]?.contains("/site.yaml:") == true)
    }

    @Test(arguments: [
        ("delivery:\n  backlog_rate: 0\n", "2:17: error: SL-1109: delivery: backlog_rate 0 is out of range"),
        ("storage: {directory: /x}\n", "1:1: error: SL-1104: 'storage' is nothing that can be set at the page"),
        ("mqtt:\n  url: mqtt://x\n", "2:3: error: SL-1104: 'mqtt.url' is nothing that can be set at the page"),
        ("polling: 5\n", "1:1: error: SL-1104: 'polling' is nothing that can be set at the page"),
        ("polling: {fast_seconds: [1]}\n", "1:11: error: SL-1104: 'polling.fast_seconds' is nothing"),
        ("polling: {fast_seconds: quick}\n", "1:25: error: SL-1108: polling: fast_seconds must be a number"),
        ("- 1\n", "1:1: error: SL-1107: the file must be a map of keys, not a list"),
        ("alarms: {\n", "error: SL-1103: this is not YAML"),
    ])
    func `a mistake of the page's file has its place there`(text: String, says: String) throws {
        let folder = try folder(text)
        let loaded = folder.load()
        #expect(loaded.configuration == nil)
        let errors = folder.lines(loaded).filter { $0.contains(": error:") }
        let isThere = errors.contains { $0.hasPrefix("state/page-settings.yaml:") && $0.contains(says) }
        #expect(errors.count == 1 && isThere, "\(errors)")
    }

    @Test func `one text for both languages is taken apart when the page sets one of them`() throws {
        let site = Self.site.replacing("name: {zh: 湖畔花园, en: Lakeside}", with: "name: Lakeside")
        let folder = try folder("site: {name: {zh: 湖畔花园}}\n", site: site)
        let loaded = folder.load()
        #expect(loaded.configuration?.site.name == BilingualText(zh: "湖畔花园", en: "Lakeside"), "\(loaded.problems)")
    }

    @Test func `a text that is only tried holds in place of the stored one, and nothing is a file of its own`() throws {
        let folder = try folder("delivery: {backlog_rate: 7}\n")
        let tried = loadSite(
            at: folder.site, profileFolders: [folder.profiles], pageText: "delivery: {backlog_rate: 8}\n")
        #expect(tried.configuration?.delivery.backlogRate == 8)
        #expect(folder.load().configuration?.delivery.backlogRate == 7)
        try folder.write("{}\n", to: "state/page-settings.yaml")
        #expect(folder.load().configuration?.delivery.backlogRate == 50)
    }

    /// The whole list, so that a setting is offered by somebody who has thought of it.
    @Test func `the page offers these settings and no other`() {
        let names = PageSettings.offered.map { $0.joined(separator: ".") }.filter { !$0.hasPrefix("reports.targets.") }
        #expect(
            names == [
                "site.name.zh", "site.name.en", "site.language", "mqtt.maximum_silence_seconds", "mqtt.home_assistant",
                "mqtt.units",
                "delivery.backlog_rate", "polling.fast_seconds", "polling.normal_seconds", "polling.slow_seconds",
                "tickets.verify_for_minutes", "tickets.verify_leak_for_hours", "tickets.feedback_hours",
                "tariff.estate_price", "tariff.electricity_price", "tariff.lifting_kilowatt_hours_per_cubic_metre",
                "alarms.shelve_at_most_hours", "alarms.flap_quiet_minutes", "alarms.standing_after_hours",
                "alarms.hold_seconds", "alarms.symptom_before_seconds", "alarms.symptom_after_minutes",
                "alarms.storm_begins", "alarms.storm_ends",
            ])
    }
}
