// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles
import Tickets

extension SiteReader {
    /// What the keys of a device say for its card.
    mutating func readCard(_ section: Section) -> CardSettings {
        var card = CardSettings()
        if let contact = file.text("contact", in: section) {
            card.contact = PersonIdentifier(contact.value)
            namedContacts.append((contact, section.subject))
        }
        card.boundary = file.bilingual("boundary", in: section)
        card.warrantyUntil = file.text("warranty_until", in: section).flatMap { date($0, in: section) }
        return card
    }

    /// Those who are named as contacts must be persons of the file.
    mutating func checkContacts(_ persons: [String]) {
        for (contact, subject) in namedContacts where !persons.contains(contact.value) {
            file.error(
                .unknownPerson, at: contact.place,
                "\(subject): contact '\(contact.value)' is not under 'persons'."
                    + suggestion(for: contact.value, in: persons))
        }
    }

    /// The `guidance:` of the file.
    mutating func readGuidance(_ root: Section) -> GuidanceSettings {
        var guidance = GuidanceSettings()
        guard let section = file.section("guidance", in: root, "guidance", keys: SiteKeys.guidance) else {
            return guidance
        }
        guidance.emergencyPlans = texts("emergency_plans", in: section)
        guidance.safetyNotes = texts("safety_notes", in: section)
        guard let parts = file.section("spare_parts", in: section, "guidance: spare_parts", keys: nil) else {
            return guidance
        }
        for entry in parts.entries where isSubject(entry.key, at: entry.keyPlace, in: parts) {
            guidance.spareParts[entry.key] = (file.list(entry.key, in: parts) ?? []).compactMap {
                file.text($0, "a part of '\(entry.key)'", in: parts).map { BilingualText($0.value) }
            }
        }
        return guidance
    }

    private mutating func texts(_ key: String, in section: Section) -> [String: BilingualText] {
        guard let map = file.section(key, in: section, "guidance: \(key)", keys: nil) else { return [:] }
        var texts: [String: BilingualText] = [:]
        for entry in map.entries where isSubject(entry.key, at: entry.keyPlace, in: map) {
            texts[entry.key] = file.bilingual(entry.key, in: map)
        }
        return texts
    }

    /// Whether something is a failure mode or a kind of asset.
    private mutating func isSubject(_ name: String, at place: FilePlace, in section: Section) -> Bool {
        let kinds = Set(profiles.paths.values.compactMap { $0.split(separator: "/").dropLast(2).last.map(String.init) })
        let rules = RuleIdentifier.all.map(\.text) + RuleIdentifier.reported.map(\.text)
        if kinds.contains(name) || rules.contains(name) { return true }
        file.error(
            .value, at: place,
            section.says(
                "'\(name)' is neither a failure mode such as burst nor a kind of asset such as lift."
                    + suggestion(for: name, in: rules + kinds.sorted())))
        return false
    }
}
