// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Hummingbird
import Model
import NIOCore
import Pipeline

/// One finding and what persons say of it, for commands and other programs.
struct FindingInterface: Sendable {
    let view: any EstateView

    static let place = InterfaceRoute.Place(name: "finding", about: "Identifier of the finding.")

    static let show = InterfaceRoute(
        method: .get, path: "/findings/{finding}", name: "finding", about: "One finding, open or over.",
        places: [place], answers: [.init(status: 200, about: "The finding.", shape: .findingAnswer)],
        problems: [.findingUnknown])

    static let judge = InterfaceRoute(
        method: .post, path: "/findings/{finding}/verdicts", name: "judgeFinding",
        about: "Says what is true of a finding.", places: [place],
        body: BodyShape(members: [
            .init(
                name: "verdict", kind: .words(FindingVerdict.Verb.allCases.map(\.rawValue)), isRequired: true,
                about: "What is said."),
            .init(
                name: "person", kind: .text(1...100), isRequired: true, among: .persons,
                about: "Who says it: an identifier of persons."),
            .init(name: "reason", kind: .text(0...4000), about: "Why; needed but for confirm."),
            .init(
                name: "until", kind: .form(.dayOrMoment),
                about: "expected: to the end of this day, or until this moment."),
        ]),
        answers: [.init(status: 200, about: "The finding as it is now.", shape: .findingAnswer)],
        problems: [
            .findingUnknown, .findingOver, .personUnknown, .verdictNotTaken, .verdictInvalid, .reasonMissing,
            .timePassed, .timeTooFar, .notStored,
        ])

    func addRoutes(to routes: InterfaceRoutes) {
        routes.add(Self.show) { [view] call in
            let identifier = try FindingPath.identifier(in: call.context)
            guard let finding = await view.finding(identifier) else {
                throw Problem(.findingUnknown, ["finding": identifier.text])
            }
            return JSONText.response(Versioned(finding))
        }
        routes.add(Self.judge) { [view] call in
            let form: VerdictForm
            do {
                form = try VerdictForm(try await call.body().values)
            } catch let problem as Problem where problem.kind == .bodyInvalid {
                throw Problem(.verdictInvalid, faults: problem.faults)
            }
            var verdict = try form.verdict(
                of: try FindingPath.identifier(in: call.context), zone: await view.overview().zone)
            verdict.person = try Caller.acting(as: form.person)
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
                actor: draft?.person ?? Caller.usualPerson(request), reason: draft?.reason ?? "",
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
            var verdict = try form.verdict(of: identifier, zone: await pages.view.overview().zone)
            verdict.person = try Caller.acting(as: form.person)
            switch await pages.view.judge(verdict) {
            case .success: problem = nil
            case .failure(let refusal): problem = Problem(refusal)
            }
        } catch {
            problem = error
        }
        if let problem { return try await show(identifier, request, language, problem: problem, draft: form) }
        var response = Response.redirect(to: FindingPath.page(of: identifier), type: .normal)
        if let cookie = ActionForm.cookie(of: form.person) { response.setCookie(cookie) }
        return response
    }
}
