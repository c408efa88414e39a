// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Testing
import Tickets

@testable import Dashboard

/// The logs of a device as files: for a spreadsheet and for the printer.
@Suite struct LogWordsTests {
    private static let events = [
        TicketEvent(
            identifier: "a", ticket: "lab-20261122-001", index: 0, at: TestEstate.now, actor: .engine,
            kind: .raised(
                opening: TicketOpening(
                    site: SiteIdentifier("lab"), asset: AssetIdentifier("lift-1"), rule: RuleIdentifier("lift_service"),
                    incident: nil, findings: [], severity: .p4, owner: PersonIdentifier("wang"),
                    terms: TicketTerms(
                        levels: .aroundTheClock, verifyFor: .zero, isVisitRequired: false, reopenWindow: .zero),
                    recurrenceOf: nil))),
        TicketEvent(
            identifier: "b", ticket: "lab-20261122-001", index: 1, at: TestEstate.now,
            actor: .person(PersonIdentifier("li")), kind: .grabbed(note: "")),
        TicketEvent(
            identifier: "c", ticket: "lab-20261122-001", index: 2, at: TestEstate.now,
            actor: .person(PersonIdentifier("li")), kind: .arrived(note: "=1+1, <b>\"门\"</b>")),
    ]

    private static let log = EquipmentLog(
        of: AssetIdentifier("lift-1"), year: 2026, month: 11, zone: TestEstate.shanghai, findings: [], events: events,
        records: [])

    @Test func `a spreadsheet reads it as UTF-8 and takes no text for a formula`() throws {
        let csv = try LogWords(.chinese, zone: TestEstate.shanghai).csv(Self.log)
        #expect(
            csv == "\u{FEFF}记录类别,日期,记录时间,事项,内容,人员,说明,来源,更正\r\n"
                + "巡检记录,2026-11-22,2026年11月22日 16:00,到场,电梯维保,li,\"'=1+1, <b>\"\"门\"\"</b>\",lab-20261122-001,\r\n")
    }

    @Test func `a page for the printer holds all three logs and runs nothing that was written`() throws {
        let site = BilingualText(zh: "湖滨", en: "Lake & Side")
        let html = try LogWords(.english, zone: TestEstate.shanghai).html(
            Self.log, site: site, device: BilingualText("Lift 1"))
        #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
        #expect(html.contains("Lake &amp; Side · Lift 1 (lift-1) · 2026-11"))
        #expect(html.contains("=1+1, &lt;b&gt;&quot;门&quot;&lt;/b&gt;"))
        #expect(!html.contains("<b>"))
        for heading in ["Run log", "Inspection log", "Maintenance log", "Checked by"] {
            #expect(html.contains(heading))
        }
        #expect(html.components("Nothing on record.") == 2)
        #expect(html.contains("@page"))
    }
}

extension String {
    /// How often `part` stands in it.
    fileprivate func components(_ part: String) -> Int {
        var (count, rest) = (0, self[...])
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
