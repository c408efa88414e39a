// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import People
import Pipeline

/// Accounts of the site, for administrators: `/people`; and what happened, for those who look after it: `/people/audit`.
struct PeoplePages: Sendable {
    let pages: Pages
    let door: SignInDoor

    /// Lines of the audit's page.
    static let auditLines = 200

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/people") { request, context in await show(request, context) }
        router.post("/people") { request, context in
            let fields = try await FormFields(of: request)
            do {
                guard let given = try await carryOut(fields) else {
                    return Response.redirect(to: "/people", type: .normal)
                }
                return await show(request, context, given: (fields["name"], given))
            } catch let refusal as PeopleRefusal {
                return await show(request, context, problem: Problem(refusal))
            }
        }
        router.get("/people/audit") { request, context in
            let moment = await pages.look(context.language)
            let lines = try await newestAudit()
            return pages.page(
                "audit",
                AuditPage(
                    frame: pages.frame(moment.wording.text(.titleAudit), request, moment), moment: moment, lines: lines)
            )
        }
    }

    private func newestAudit() async throws(Problem) -> [AuditRecord] {
        do { return try await door.desk.newestAudit(limit: Self.auditLines) } catch { throw Problem(error) }
    }

    /// - Returns: A password that is to be shown once.
    private func carryOut(_ fields: FormFields) async throws -> String? {
        let actor = Caller.current?.visitor.name.text ?? ""
        let (desk, name) = (door.desk, fields["name"])
        let roles = Set(fields.all("role").compactMap(Role.init(rawValue:)))
        switch fields["do"] {
        case "make": return try await desk.make(name, person: fields["person"].nonEmpty, roles: roles, by: actor)
        case "change": try await desk.change(name, person: fields["person"].nonEmpty, roles: roles, by: actor)
        case "reset": return try await desk.reset(name, by: actor)
        case "disable": try await desk.setEnabled(false, name, by: actor)
        case "enable": try await desk.setEnabled(true, name, by: actor)
        default: throw Problem(.bodyInvalid)
        }
        return nil
    }

    private func show(
        _ request: Request, _ context: DashboardContext, given: (name: String, password: String)? = nil,
        problem: Problem? = nil
    ) async -> Response {
        let moment = await pages.look(context.language)
        var response = pages.page(
            "people",
            PeoplePage(
                frame: pages.frame(moment.wording.text(.titlePeople), request, moment), moment: moment,
                accounts: await door.desk.accounts, given: given, problem: problem))
        if let problem { response.status = problem.status }
        return response
    }
}

struct PeoplePage: Sendable {
    struct Box: Sendable {
        var roleValue, roleText: String
        var isSelected: Bool
    }

    struct Row: Sendable {
        var name, whoText, rolesText, stateText: String
        var isEnabled: Bool
        var persons: [TicketPage.PersonOption]
        var boxes: [Box]
    }

    var frame: PageFrame
    var word: [String: String]
    var rows: [Row]
    var persons: [TicketPage.PersonOption]
    var boxes: [Box]
    /// A password that is shown once.
    var givenText, givenPassword: String?
    var problemTitle, problemDetail: String?

    init(
        frame: PageFrame, moment: EstateMoment, accounts: [Account], given: (name: String, password: String)?,
        problem: Problem?
    ) {
        let wording = moment.wording
        (self.frame, word) = (frame, wording.texts)
        func boxes(_ roles: Set<Role>) -> [Box] {
            Role.allCases.map {
                Box(
                    roleValue: $0.rawValue, roleText: wording.word(.role, $0.rawValue),
                    isSelected: roles.contains($0))
            }
        }
        func persons(_ chosen: PersonIdentifier?) -> [TicketPage.PersonOption] {
            TicketPage.PersonOption.all(in: moment, selected: chosen?.text)
        }
        rows = accounts.map { account in
            Row(
                name: account.name.text, whoText: Self.who(account, moment),
                rolesText: Self.roles(account.roles, wording), stateText: Self.state(account, moment),
                isEnabled: account.isEnabled, persons: persons(account.person), boxes: boxes(account.roles))
        }
        (self.persons, self.boxes) = (persons(nil), boxes([]))
        givenText = given.map { wording.text(.peopleGiven, ["name": $0.name]) }
        givenPassword = given?.password
        (problemTitle, problemDetail) = (problem?.title(in: wording), problem?.detail(in: wording))
    }

    static func who(_ account: Account, _ moment: EstateMoment) -> String {
        account.name.text + (account.person.map { " · " + moment.name(ofActor: $0.text) } ?? "")
    }

    static func roles(_ roles: Set<Role>, _ wording: Wording) -> String {
        Role.allCases.filter(roles.contains).map { wording.word(.role, $0.rawValue) }
            .joined(separator: wording.text(.listSeparator))
    }

    private static func state(_ account: Account, _ moment: EstateMoment) -> String {
        let phrase: Phrase =
            account.isEnabled
            ? account.mustChange ? (account.maySignIn(at: moment.now) ? .peopleWaits : .peopleExpired) : .peopleActive
            : .peopleDisabled
        return moment.wording.text(
            phrase, ["moment": moment.time.moment(account.disabledAt ?? account.changedAt)])
    }
}

/// The newest lines of the audit as they are stored: their words are those of the record, in one language.
struct AuditPage: Sendable {
    struct Line: Sendable { var momentText, actor, action, subject, result: String }

    var frame: PageFrame
    var word: [String: String]
    var lines: [Line]

    init(frame: PageFrame, moment: EstateMoment, lines: [AuditRecord]) {
        (self.frame, word) = (frame, moment.wording.texts)
        self.lines = lines.map {
            Line(
                momentText: moment.time.moment($0.at), actor: $0.actor, action: $0.action, subject: $0.subject,
                result: $0.result)
        }
    }
}
