// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import NIOCore
import Pipeline
import Tickets

/// The way to the reports: the latest weeks, months, quarters and years, to read, to print and as tables.
struct ReportPages: Sendable {
    static let path = "/reports"

    let pages: Pages

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/reports") { request, context in
            let moment = await pages.look(context.language)
            let frame = pages.frame(moment.wording.text(.titleReports), request, moment)
            return pages.page("reports", ReportListPage(frame: frame, moment: moment))
        }
    }
}

struct ReportListPage: Sendable {
    struct Group: Sendable {
        var kindName: String
        var rows: [Row]
    }

    struct Row: Sendable {
        var periodText: String
        var pageHref: String
        var tableHref: String
    }

    var frame: PageFrame
    var word: [String: String]
    var groups: [Group]

    init(frame: PageFrame, moment: EstateMoment) {
        let wording = moment.wording
        self.frame = frame
        word = wording.texts
        let local = moment.overview.zone.local(moment.now)
        let today = local.date
        groups = [
            Group(
                kindName: wording.word(.reportKind, ReportKind.weekly.rawValue),
                rows: [Row(.weekly, wording.text(.reportLastWeek), "", wording)]
                    + Self.earlierWeeks(local).map { Row(.weekly, $0.text, $0.query, wording) }),
            Group(
                kindName: wording.word(.reportKind, ReportKind.monthly.rawValue),
                rows: Self.months(to: today, count: 13).map { Row(.monthly, $0, "month=\($0)&", wording) }),
            Group(
                kindName: wording.word(.reportKind, ReportKind.kpi.rawValue),
                rows: Self.quarters(to: today, count: 5).map { Row(.kpi, $0, "quarter=\($0)&", wording) }
                    + (0..<3).map { Row(.kpi, "\(today.year - $0)", "year=\(today.year - $0)&", wording) }),
        ]
    }

    /// Weeks that end on a Friday, the newest first, without the one that is over last: that one ends at 15:00.
    static func earlierWeeks(_ now: CivilTime) -> [(text: String, query: String)] {
        let isBefore = now.date.weekday == 5 && now.hour < 15
        let friday = now.date.daysSince1970 - (isBefore ? 7 : (now.date.weekday + 2) % 7)
        return (1...7).map { place in
            let last = CivilDate(daysSince1970: friday - 7 * place).text
            let first = CivilDate(daysSince1970: friday - 7 * place - 6).text
            return ("\(first) – \(last)", "from=\(first)&to=\(last)&")
        }
    }

    /// `2026-11`, the newest first.
    static func months(to today: CivilDate, count: Int) -> [String] {
        (0..<count).map { place in
            let month = today.year * 12 + today.month - 1 - place
            return "\(month / 12)-\(NumberText.twoDigits(month % 12 + 1))"
        }
    }

    /// `2026-Q4`, the newest first.
    static func quarters(to today: CivilDate, count: Int) -> [String] {
        (0..<count).map { place in
            let quarter = today.year * 4 + (today.month - 1) / 3 - place
            return "\(quarter / 4)-Q\(quarter % 4 + 1)"
        }
    }
}

extension ReportListPage.Row {
    /// - Parameter query: The period as the interface names it, with `&` behind it; empty for the last one that is over.
    init(_ kind: ReportKind, _ text: String, _ query: String, _ wording: Wording) {
        periodText = text
        let address = "/api/v1/reports/\(kind.rawValue)?\(query)lang=\(wording.language.rawValue)"
        (pageHref, tableHref) = (address + "&format=html", address + "&format=csv")
    }
}
