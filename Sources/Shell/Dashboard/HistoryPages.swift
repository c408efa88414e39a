// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Hummingbird
import Logging
import Model
import NIOCore
import Pipeline

/// The page that shows what one meter measured over a day, a week, a month or a year.
struct HistoryPages: Sendable {
    static let path = "/history"

    let pages: Pages

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/history") { request, context in await show(request, context.language) }
        router.get("/history.csv") { request, context in try await table(request, context.language) }
    }

    private func show(_ request: Request, _ language: Language) async -> Response {
        let moment = await pages.look(language)
        let choice = HistoryChoice(request, moment)
        let drawn = await history(choice, choice.tableResolution)
        let title = moment.wording.text(.titleHistory)
        return pages.page(
            "history",
            HistoryPage(
                frame: pages.frame(title, request, moment), moment: moment, choice: choice, history: drawn,
                hasLibrary: pages.resources.chartLibrary != nil))
    }

    /// The pieces of the picture as a table for spreadsheets.
    private func table(_ request: Request, _ language: Language) async throws -> Response {
        let moment = await pages.look(language)
        let choice = HistoryChoice(request, moment)
        guard let history = await history(choice, choice.resolution) else { throw Problem(.trendUnavailable) }
        let lines = history.rows.map { HistoryCSV.line($0, of: history, zone: moment.overview.zone) }
        let text = ([HistoryCSV.header] + lines).joined(separator: "\n") + "\n"
        return Response(
            status: .ok, headers: [.contentType: "text/csv; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private func history(_ choice: HistoryChoice, _ resolution: HistoryResolution) async -> PointHistory? {
        guard let point = choice.point else { return nil }
        do {
            return try await pages.view.history(
                ofPoint: point.path, resolution, from: choice.span.from, to: choice.span.to)
        } catch {
            pages.logger.error(
                "History could not be read.", metadata: ["point": "\(point.path)", "error": "\(error)"])
            return nil
        }
    }
}

/// How much of the calendar a page shows.
enum HistoryPeriod: String, CaseIterable, Sendable {
    case day, week, month, year

    /// First day of the period that holds `date`.
    func first(of date: CivilDate) -> CivilDate {
        switch self {
        case .day: date
        case .week: CivilDate(daysSince1970: date.daysSince1970 - (date.weekday - 1))
        case .month: CivilDate(year: date.year, month: date.month, day: 1)
        case .year: CivilDate(year: date.year, month: 1, day: 1)
        }
    }

    /// First day of the period after the one that begins on `first`.
    func next(after first: CivilDate) -> CivilDate {
        switch self {
        case .day: CivilDate(daysSince1970: first.daysSince1970 + 1)
        case .week: CivilDate(daysSince1970: first.daysSince1970 + 7)
        case .month:
            first.month == 12
                ? CivilDate(year: first.year + 1, month: 1, day: 1)
                : CivilDate(year: first.year, month: first.month + 1, day: 1)
        case .year: CivilDate(year: first.year + 1, month: 1, day: 1)
        }
    }

    /// Pieces of the table, few enough to be read.
    var tableResolution: HistoryResolution { self == .day ? .hour : .day }
}

/// Which point and period the reader asked for; the address of the page holds both.
struct HistoryChoice: Sendable {
    var point: PointSnapshot?
    var period: HistoryPeriod
    /// First day of the period, and of the one after it.
    var first: CivilDate
    var next: CivilDate
    var span: (from: Timestamp, to: Timestamp)

    /// Takes what was asked for where it exists; else the first total, or the first point, over the present month.
    init(_ request: Request, _ moment: EstateMoment) {
        let query = request.uri.queryParameters
        let points = moment.chartablePoints
        let wanted = query["point"].map(String.init)
        let totals: Set<UnitOfMeasure> = [.cubicMetre, .litre]
        point =
            points.first { $0.path == wanted } ?? points.first { totals.contains($0.unit) } ?? points.first
        period = query["period"].flatMap { HistoryPeriod(rawValue: String($0)) } ?? .month
        let zone = moment.overview.zone
        let today = zone.local(moment.now).date
        let asked = query["on"].map(String.init).flatMap { text -> CivilDate? in
            guard TextForm.day.fits(text) else { return nil }
            return Timestamp(rfc3339: text + "T00:00:00Z")?.civil().date
        }
        first = period.first(of: asked ?? today)
        next = period.next(after: first)
        let calendar = HistoryCalendar(zone: zone)
        span = (
            calendar.start(of: Int64(first.daysSince1970), .day), calendar.start(of: Int64(next.daysSince1970), .day)
        )
    }

    var tableResolution: HistoryResolution { period.tableResolution }

    /// Pieces of the picture: of a level as many as can be told apart, of a consumption as many bars.
    var resolution: HistoryResolution {
        .finest(for: span.to - span.from, limit: isTotal ? 200 : HistoryInterface.enough)
    }

    var isTotal: Bool { point.map { [.cubicMetre, .litre, .kilowattHour].contains($0.unit) } ?? false }

    /// The address of another period of the same point.
    func href(on date: CivilDate) -> String {
        "\(HistoryPages.path)?point=\(PercentText.encoded(point?.path ?? ""))&period=\(period.rawValue)&on=\(date.text)"
    }
}

extension CivilDate {
    /// `2026-11-22`.
    var text: String { "\(year)-\(NumberText.twoDigits(month))-\(NumberText.twoDigits(day))" }
}
