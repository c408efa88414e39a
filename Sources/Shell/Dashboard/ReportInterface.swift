// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Logging
import Model
import Mustache
import NIOCore
import Pipeline
import Tickets

/// Reports below `/api/v1/reports`: JSON, with `format=csv` comma-separated values, with `format=html` a page to print.
///
/// The period is named as on the command line: `month=2026-11`, `quarter=2026-Q4`, `year=2026`, or `from` and `to`.
struct ReportInterface: Sendable {
    let view: any EstateView
    let resources: PageResources
    let clock: @Sendable () -> Timestamp
    let logger: Logger

    func addRoutes(to router: Router<DashboardContext>) {
        let group = router.group("/api/v1/reports")
        for kind in ReportKind.allCases {
            group.get("/\(kind.rawValue)") { request, context in try await answer(kind, request, context.language) }
        }
    }

    private enum Format: String { case json, csv, html }

    private func answer(_ kind: ReportKind, _ request: Request, _ language: Language) async throws -> Response {
        let query = request.uri.queryParameters
        guard let format = Format(rawValue: query["format"].map(String.init) ?? "json") else {
            throw Problem(.reportRequest, ["name": "format"])
        }
        let part = try query["part"].map { text throws(Problem) in
            guard let part = ReportPart(rawValue: String(text)) else {
                throw Problem(.reportRequest, ["name": "part"])
            }
            return part
        }
        func word(_ name: String) -> String? { query[Substring(name)].map(String.init) }
        let words = ReportRequest.Words(
            from: word("from"), to: word("to"), month: word("month"), quarter: word("quarter"), year: word("year"))
        let wanted: ReportRequest
        do {
            wanted = try ReportRequest(kind, words, now: clock(), zone: await view.overview().zone)
        } catch {
            throw Problem(.reportRequest, ["name": error.word])
        }
        let report: EstateReport
        do {
            report = try await view.report(wanted)
        } catch {
            logger.error("A report could not be made.", metadata: ["kind": "\(kind.rawValue)", "error": "\(error)"])
            throw Problem(.reportUnavailable)
        }
        let reportWords = ReportWords(resources.wording(language))
        switch format {
        case .json: return JSONText.response(reportWords.body(of: report))
        case .csv: return text(reportWords.csv(of: report, part ?? .figures), as: "text/csv; charset=utf-8")
        case .html: return page(report, reportWords, path: request.uri.path, query: request.uri.query ?? "")
        }
    }

    private func page(_ report: EstateReport, _ words: ReportWords, path: String, query: String) -> Response {
        let content = ReportPage(report, words, path: path, query: query)
        guard let page = resources.templates.render(content, withTemplate: "report") else {
            logger.error("A template is missing.", metadata: ["template": "report"])
            return Response(status: .internalServerError)
        }
        return text(page, as: "text/html; charset=utf-8")
    }

    private func text(_ text: String, as type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// The page of a report, made to be printed.
struct ReportPage: Sendable {
    struct Row: Sendable {
        var name, value, verdict, formula, pending: String
        var isMissed: Bool
    }

    struct Part: Sendable {
        var title: String
        var lines: [String]
    }

    var frame: PageFrame
    var word: [String: String]
    var notes: [String]
    var rows: [Row]
    var parts: [Part]

    init(_ report: EstateReport, _ words: ReportWords, path: String, query: String) {
        frame = PageFrame(
            wording: words.wording, title: words.title(of: report), siteName: words.wording.pick(report.siteName),
            path: path, query: query)
        word = words.wording.texts
        notes = words.notes(of: report)
        rows = report.tickets.figures.map { figure in
            Row(
                name: words.name(of: figure), value: words.value(of: figure), verdict: words.verdict(on: figure),
                formula: words.formula(of: figure), pending: figure.pending > 0 ? "\(figure.pending)" : "",
                isMissed: figure.isTargetReached == false)
        }
        // The figures are the table.
        parts = words.sections(of: report).dropFirst().map { Part(title: $0.title, lines: $0.lines) }
    }
}
