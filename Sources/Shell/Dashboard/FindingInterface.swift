// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Hummingbird
import Model
import NIOCore
import Pipeline

/// One finding and what persons say of it, for commands and other programs.
struct FindingInterface: Sendable {
    let view: any EstateView

    func addRoutes(to router: Router<DashboardContext>) {
        let group = router.group("/api/v1/findings/:finding")
        group.get { _, context in
            let identifier = try FindingPath.identifier(in: context)
            guard let finding = await view.finding(identifier) else {
                throw Problem(.findingUnknown, ["finding": identifier.text])
            }
            return JSONText.response(Versioned(finding))
        }
        group.post("/verdicts") { request, context in
            let buffer = try await BodyLimit.body(of: request)
            guard JSONTree(bytes: Array(buffer.readableBytesView)) != nil else { throw Problem(.jsonInvalid) }
            guard let form = try? JSONDecoder().decode(VerdictForm.self, from: Data(buffer.readableBytesView)) else {
                throw Problem(.verdictInvalid)
            }
            let verdict = try form.verdict(
                of: try FindingPath.identifier(in: context), zone: await view.overview().zone)
            switch await view.judge(verdict) {
            case .success(let finding): return JSONText.response(Versioned(finding))
            case .failure(let refusal): throw Problem(refusal)
            }
        }
    }
}

/// The page of one finding.
struct FindingPages: Sendable {
    let pages: Pages

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/findings/:finding") { request, context in
            try await show(FindingPath.identifier(in: context), request, context.language)
        }
        router.post("/findings/:finding") { request, context in
            try await submit(FindingPath.identifier(in: context), request, context.language)
        }
        router.get("/fragments/finding-facts/:finding") { _, context in
            let identifier = try FindingPath.identifier(in: context)
            let moment = await pages.look(context.language)
            return pages.page(
                "finding-facts", FindingParts(moment: moment, snapshot: try await snapshot(identifier)))
        }
    }

    private func snapshot(_ identifier: FindingIdentifier) async throws -> FindingSnapshot {
        guard let finding = await pages.view.finding(identifier) else {
            throw Problem(.findingUnknown, ["finding": identifier.text])
        }
        return finding
    }

    private func show(
        _ identifier: FindingIdentifier, _ request: Request, _ language: Language, problem: Problem? = nil,
        draft: VerdictForm? = nil
    ) async throws -> Response {
        let snapshot = try await snapshot(identifier)
        let moment = await pages.look(language)
        let title = moment.wording.word(.rule, snapshot.finding.rule.text)
        var response = pages.page(
            "finding-page",
            FindingPage(
                frame: pages.frame(title, request, moment), moment: moment, snapshot: snapshot,
                actor: draft?.person ?? request.cookies[ActionForm.cookieName]?.value, reason: draft?.reason ?? "",
                problem: problem))
        if let problem { response.status = problem.status }
        return response
    }

    /// Takes in the form of the page, then sends the browser back to it.
    private func submit(
        _ identifier: FindingIdentifier, _ request: Request, _ language: Language
    ) async throws -> Response {
        let buffer = try await BodyLimit.body(of: request)
        guard let form = try? URLEncodedFormDecoder().decode(VerdictForm.self, from: String(buffer: buffer)) else {
            throw Problem(.verdictInvalid)
        }
        let problem: Problem?
        do {
            let verdict = try form.verdict(of: identifier, zone: await pages.view.overview().zone)
            switch await pages.view.judge(verdict) {
            case .success: problem = nil
            case .failure(let refusal): problem = Problem(refusal)
            }
        } catch let invalid as Problem {
            problem = invalid
        }
        if let problem { return try await show(identifier, request, language, problem: problem, draft: form) }
        var response = Response.redirect(to: FindingPath.page(of: identifier), type: .normal)
        if let cookie = ActionForm.cookie(of: form.person) { response.setCookie(cookie) }
        return response
    }
}
