// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// What is announced, for pages and commands.
extension EstateHub {
    func announcements() async -> AnnouncementOverview {
        let file = configuration.announcements.map { AnnouncementLine($0) }
        let told = await desk?.calendar.lines ?? []
        return AnnouncementOverview(
            (file + told).sorted { ($0.start, $0.number) < ($1.start, $1.number) }, asOf: clock.now().wall,
            zone: configuration.site.zone)
    }

    func announce(_ draft: AnnouncementDraft) async -> Result<AnnouncementLine, AnnouncementRefusal> {
        if let refusal = refusal(of: draft.person) { return .failure(refusal) }
        if let asset = draft.asset, catalogue.asset(named: asset) == nil { return .failure(.unknownAsset(asset)) }
        guard let desk else { return .failure(.notStored("the gateway is starting")) }
        return await desk.announce(draft, at: clock.now())
    }

    func withdraw(
        announcement: Int64, by person: PersonIdentifier, reason: String
    ) async -> Result<AnnouncementLine, AnnouncementRefusal> {
        if let refusal = refusal(of: person) { return .failure(refusal) }
        guard let desk else { return .failure(.notStored("the gateway is starting")) }
        return await desk.withdraw(announcement: announcement, by: person, reason: reason, at: clock.now())
    }

    private func refusal(of person: PersonIdentifier) -> AnnouncementRefusal? {
        configuration.persons.contains { $0.identifier == person } ? nil : .unknownPerson(person)
    }
}
