// SPDX-License-Identifier: Apache-2.0

import Foundation
import People
import Pipeline
import Testing

@testable import Dashboard

/// What the page of the settings shows to whom.
@Suite struct SettingsPageTests {
    @Test func `where nobody signs in there is a table and no form`() async throws {
        let page = try await withDashboard { try await $0.get("/system/settings") }
        #expect(page.status == 200)
        #expect(page.body.contains("<code>polling.fast_seconds</code>") && page.body.contains("0.05 … 86400"))
        #expect(page.body.contains("Only an administrator who has signed in may change settings."))
        #expect(!page.body.contains("<form method=\"post\""))
    }

    struct Said: Sendable {
        var language, yes, no: String
    }

    @Test(arguments: [Said(language: "en", yes: "yes", no: "no"), Said(language: "zh-Hans", yes: "是", no: "否")])
    func `yes or no is chosen by its word, and what the file does not say is not said by the form`(said: Said)
        async throws
    {
        let people = try await TestPeople()
        let boss = try await people.enter("boss", [.administrator])
        let (page, changed, same) = try await withDashboard(door: people.door()) { dashboard in
            let path = "/system/settings?lang=\(said.language)"
            func submit(_ body: String) async throws -> Answer {
                try await dashboard.postForm(
                    path + "&form=" + boss.form, body, ["Cookie: sluice_session=\(boss.cookie)"])
            }
            return (
                try await dashboard.get(path, session: boss.cookie),
                try await submit("mqtt.units=true&mqtt.home_assistant="),
                try await submit("mqtt.units=false&mqtt.home_assistant=")
            )
        }
        let (yes, no) = (said.yes, said.no)
        let units = try #require(Self.field("mqtt.units", page.body))
        #expect(units.contains("<code>mqtt.units</code></span>"), "the label holds the choice: \(units)")
        #expect(
            Self.options(units) == [
                "<option value=\"true\">\(yes)</option>", "<option value=\"false\" selected>\(no)</option>",
            ])
        #expect(
            Self.options(try #require(Self.field("mqtt.home_assistant", page.body))) == [
                "<option value=\"\">—</option>", "<option value=\"true\">\(yes)</option>",
                "<option value=\"false\">\(no)</option>",
            ])
        #expect(changed.body.contains("<li><code>mqtt.units</code> \(no) → \(yes)</li>"), "\(changed.status)")
        #expect(!changed.body.contains("<code>mqtt.home_assistant</code> —"))
        #expect(same.status == 200 && !same.body.contains("id=\"changed\""))
        // The table is as the file writes it.
        #expect(page.body.contains("<td><code>false</code></td><td><code>true</code></td>"))
    }

    /// The label of a setting, with what is chosen in it.
    private static func field(_ name: String, _ page: String) -> Substring? {
        page.split(separator: "<label>").first { $0.contains("name=\"\(name)\"") }?.split(separator: "</label>").first
    }

    private static func options(_ field: Substring) -> [Substring] {
        field.split(separator: "\n").filter { $0.contains("<option") }.map { line in
            line.drop { $0 != "<" }.drop { !$0.isLetter && $0 != "<" }
        }
    }

    @Test func `each described setting has words of its own in both languages`() throws {
        for name in SettingWords.described {
            let texts = try [PageResources.catalogue(of: .chinese), PageResources.catalogue(of: .english)].map {
                $0[WordFamily.setting.key(name)]
            }
            #expect(texts[0] != nil && texts[1] != nil && texts[0] != texts[1], "\(name)")
        }
    }

    @Test func `each setting of one value that a site's file may have is described`() throws {
        struct Key: Decodable {
            var properties: [String: Key]?
            var type: Kind?
            var additionalProperties: Rest?

            /// `string`, or `["string", "null"]`.
            enum Kind: Decodable {
                case words([String])
                init(from decoder: any Decoder) throws {
                    let one = try decoder.singleValueContainer()
                    self = .words(try (try? one.decode([String].self)) ?? [one.decode(String.self)])
                }
            }

            /// `false`, or what each further key is like: then keys are names of the site's own.
            struct Rest: Decodable {
                var isOpen: Bool
                init(from decoder: any Decoder) throws {
                    isOpen = (try? decoder.singleValueContainer().decode(Bool.self)) ?? true
                }
            }

            func scalars(at path: [String]) -> [[String]] {
                if additionalProperties?.isOpen == true { return [] }
                if let properties { return properties.flatMap { $1.scalars(at: path + [$0]) } }
                if case .words(let words)? = type, words.contains(where: { ["array", "object"].contains($0) }) {
                    return []
                }
                return [path]
            }
        }
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
            path: "../../docs/site.schema.json")
        let paths = try JSONDecoder().decode(Key.self, from: Data(contentsOf: file)).scalars(at: [])
        #expect(paths.count > 80)
        let wording = Wording(language: .chinese, texts: try PageResources.catalogue(of: .chinese))
        for path in paths where path != ["site", "name"] {
            let setting = SiteSetting(
                path: path, meaning: "", value: nil, usual: nil, origin: .nowhere, input: .text, isOffered: false)
            #expect(SettingWords.text(setting, wording) != nil, "\(path.joined(separator: "."))")
        }
    }
}
