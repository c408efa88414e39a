// SPDX-License-Identifier: Apache-2.0

public import Model
public import Notices
public import Pipeline

/// What messages say of tickets, in the words of the page.
public struct NoticeWords: Sendable {
    private let wording: Wording
    private let time: TimeText

    /// - Throws: ``DashboardError/resourceNotUsable(path:reason:)``.
    public init(_ language: Language, zone: ZoneOffsets) throws {
        wording = Wording(language: language, texts: try PageResources.catalogue(of: language))
        time = TimeText(wording: wording, zone: zone)
    }

    /// One line: how urgent, what, where.
    public func title(of facts: NoticeFacts) -> String {
        wording.text(
            .noticeTitle,
            [
                "severity": wording.word(.severity, facts.severity.word),
                "what": wording.word(.notice, facts.kind.rawValue), "asset": wording.pick(facts.asset),
                "rule": wording.word(.rule, facts.rule.text),
            ])
    }

    /// Who has it, until when, and what the title leaves out.
    public func text(of facts: NoticeFacts) -> String {
        if let residents = facts.residents { return residents }
        var lines: [String] = []
        if let clock = facts.clock {
            let promise = wording.word(.promise, clock)
            if let step = facts.step, step < 100 {
                lines.append(wording.text(.noticeUsed, ["promise": promise, "percent": "\(step)"]))
            } else {
                lines.append(wording.text(.noticeBroken, ["promise": promise]))
            }
        }
        if let to = facts.to { lines.append(wording.text(.noticeMoved, ["to": time.moment(to)])) }
        if !facts.reason.isEmpty { lines.append(wording.text(.noticeReason, ["reason": facts.reason])) }
        switch facts.kind {
        case .raised, .assigned, .handOverOffered, .holdEnded, .escalated, .breached, .sentBack, .reopened,
            .verificationFailed, .risen:
            if let respondBy = facts.respondBy {
                lines.append(wording.text(.noticeRespond, ["moment": time.moment(respondBy)]))
            }
            lines.append(wording.text(.noticeResolve, ["moment": time.moment(facts.resolveBy)]))
        case .postponed, .postponementRefused, .resolved, .signOffDue, .ended, .residentsTold, .feedbackDue: break
        }
        lines.append(wording.text(.noticeOwner, ["owner": wording.pick(facts.owner)]))
        if let assignee = facts.assignee {
            lines.append(wording.text(.noticeAssignee, ["assignee": wording.pick(assignee)]))
        }
        return lines.joined(separator: "\n")
    }

    /// What a digest says: how many, and which.
    public func digest(of dispatch: Dispatch) -> MessageText {
        let figures = DigestFigures(dispatch.rows)
        let title = wording.text(
            .noticeDigest,
            ["total": "\(figures.total)", "new": "\(figures.new)", "overdue": "\(figures.overdue)"])
        let lines = dispatch.rows.map { "\($0.notice.ending) \($0.notice.title)" }
        return MessageText(title: title, text: lines.joined(separator: "\n"), ending: dispatch.ending)
    }

    /// What a message says.
    public func message(of dispatch: Dispatch) -> MessageText {
        if dispatch.isDigest { return digest(of: dispatch) }
        let notice = dispatch.rows[0].notice
        return MessageText(title: notice.title, text: notice.text, ending: dispatch.ending)
    }

    /// What a message to try a channel says.
    public func test(site: BilingualText) -> (title: String, text: String) {
        (wording.text(.noticeTest, ["site": wording.pick(site)]), wording.text(.noticeTestDetail))
    }
}
