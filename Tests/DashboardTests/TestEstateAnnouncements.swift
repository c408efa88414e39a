// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

extension TestEstate {
    func announcements() -> AnnouncementOverview {
        AnnouncementOverview([Self.works], asOf: Self.now, zone: Self.shanghai)
    }

    func announce(_ draft: AnnouncementDraft) -> Result<AnnouncementLine, AnnouncementRefusal> {
        if draft.person.text != "li-wei" { return .failure(.unknownPerson(draft.person)) }
        if draft.end < draft.start { return .failure(.endsBeforeStart) }
        if draft.end <= Self.now { return .failure(.timePassed(draft.end)) }
        return .success(AnnouncementLine(draft, number: 2, at: Self.now))
    }

    func withdraw(
        announcement: Int64, by person: PersonIdentifier, reason: String
    ) -> Result<AnnouncementLine, AnnouncementRefusal> {
        guard announcement == 1 else { return .failure(.unknown(number: announcement)) }
        var line = Self.works
        line.withdrawal = .init(at: Self.now, person: person, reason: reason)
        return .success(line)
    }

    static let works = AnnouncementLine(
        AnnouncementDraft(
            .buildingWorks, from: now - .seconds(60), to: now + .seconds(3600), asset: .init("riser-2"), isZone: true,
            note: "外墙", person: .init("li-wei")), number: 1, at: now)
}
