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

    /// - Parameter kind: Its word ends the path.
    static func route(_ kind: ReportKind) -> InterfaceRoute {
        InterfaceRoute(
            method: .get, path: "/reports/\(kind.rawValue)", name: "report-\(kind.rawValue)",
            about: "A report; the period is the last one that is over when none is named.", query: query,
            answers: [
                .init(
                    status: 200, about: "The report, by `format`.", shape: .report,
                    otherMedia: ["text/csv": .text, "text/html": .text])
            ], problems: [.reportRequest, .reportUnavailable])
    }

    static let query = BodyShape(members: [
        .init(name: "format", kind: .words(Format.allCases.map(\.rawValue)), about: "json when not given."),
        .init(
            name: "part", kind: .words(ReportPart.allCases.map(\.rawValue)),
            about: "csv: which table; figures when not given."),
        .init(name: "from", kind: .form(.day), about: "First day; with `to`."),
        .init(name: "to", kind: .form(.day), about: "Last day; with `from`."),
        .init(name: "month", kind: .form(.month), about: "One month that has begun."),
        .init(name: "quarter", kind: .form(.quarter), about: "One quarter that has begun."),
        .init(name: "year", kind: .form(.year), about: "One year that has begun."),
        .init(name: "lang", kind: .words(Language.allCases.map(\.rawValue)), about: "Language of the sentences."),
    ])

    func addRoutes(to routes: InterfaceRoutes) {
        for kind in ReportKind.allCases {
            routes.add(Self.route(kind)) { call in try await answer(kind, call) }
        }
    }

    private enum Format: String, CaseIterable { case json, csv, html }

    private func answer(_ kind: ReportKind, _ call: InterfaceCall) async throws -> Response {
        let (request, language) = (call.request, call.context.language)
        let format = Format(rawValue: call.query.text("format") ?? "json") ?? .json
        let part = call.query.text("part").flatMap { ReportPart(rawValue: $0) }
        func word(_ name: String) -> String? { call.query.text(name) }
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
