// SPDX-License-Identifier: Apache-2.0

import Foundation
import Pipeline
import SiteFiles
import Testing

/// What of a site's file may leave with a problem report.
@Suite struct SettingsForStrangersTests {
    private func settings(_ site: String, and later: String? = nil) throws -> SettingsForStrangers {
        let folder = try SiteFolder(site: site)
        if let later { try folder.write(later, to: "conf.d/10-more.yaml") }
        let loaded = loadSite(at: folder.site, profileFolders: [folder.profiles], keepsRecord: true)
        return try #require(SettingsForStrangers(loaded), "\(loaded.problems)")
    }

    @Test func `persons have numbers, and misspelt keys and sections show no value`() throws {
        let told = try settings(
            """
            site: {id: lakeside}
            storage: {directory: state}
            mqtt: {url: "mqtts://sluice:hunter2@broker:8883", user_nmae: mosquito, pasword: hunter3}
            persons:
              wang-fang: {name: Wang Fang, role: receiver, phone: "13812345678", phonee: "13912345678", channel: robot}
              li-wei: {name: {zh: 李伟, en: Li Wei}, role: technician}
            duty: {owner: wang-fang}
            chanels: {robot: {url: "https://example.org/abcdef"}}
            channels:
              robot: {kind: webhook, url: "https://me:pw@example.org:8443/hook/T0KEN?key=hunter4", scret: hunter5}
              mail: {kind: email, host: mail.example.org, from: sluice@example.org, to: [duty@example.org]}
            guidance: {safety_notes: {burst: {zh: 找老周, en: Ask old Zhou}}, spare_parts: {burst: [a seal of Zhou]}}
            announcements: [{kind: poolFilling, start: "2026-05-04 08:00", end: "2026-05-05 08:00", note: Zhou fills it}]
            devices:
              inlet: {profile: acme-wm40, bus: wire, unit: 1, area: east, asset: inlet, contact: li-wei, place: behind Zhou, boundary: Zhou pays, meter: {role: dwelling, occupants: 9}}
            """,
            and: "persons: {zhao-min: {name: Zhao Min, role: technician}}\nroster: {absences: [{person: zhao-min}]}\n")
        let text = told.lines.joined(separator: "\n")
        for secret in [
            "hunter", "mosquito", "wang", "li-wei", "Li Wei", "李伟", "zhao", "Zhao", "138", "139", "abcdef", "T0KEN",
            "duty@",
            "sluice@", "Zhou", "老周", "occupants: 9",
        ] {
            #expect(!text.contains(secret), "\(secret) stands in\n\(text)")
        }
        for line in [
            "  url: \"mqtts://***@broker:8883\"", "  person-1:", "    channel: robot", "  owner: person-1",
            "    url: \"https://example.org:8443/***\"", "    host: mail.example.org", "  person-3:",
            "    - person: person-3", "    contact: person-2", "      role: dwelling", "      - \"***\"",
        ] {
            #expect(told.lines.contains { $0.hasPrefix(line) }, "no line '\(line)' in\n\(text)")
        }
        #expect(
            told.words.taken(outOf: "Zhao Min wrote to li-wei: hunter5 https://x.org/hook/T0KEN").hasPrefix(
                "*** wrote to person-2: *** "))
        #expect(told.stateDirectory.hasSuffix("/state") && told.stateDirectory.hasPrefix("/"))
    }

    @Test func `a file that is no YAML tells nothing`() throws {
        let folder = try SiteFolder(site: "persons: {wang-fang: {name: [Wang Fang\n")
        let loaded = loadSite(at: folder.site, profileFolders: [folder.profiles], keepsRecord: true)
        #expect(SettingsForStrangers(loaded) == nil)
        #expect(
            SettingsForStrangers(loadSite(at: folder.path + "/none.yaml", profileFolders: [], keepsRecord: true)) == nil
        )
    }

    @Test func `a file that names no state directory has the usual one`() throws {
        #expect(try settings("site: {id: lakeside}\n").stateDirectory == "/var/lib/sluice")
    }
}
