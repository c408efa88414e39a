// SPDX-License-Identifier: Apache-2.0

import Model
import Notices
import Pipeline
import Profiles
import Tickets

/// Persons, when they serve, what is promised, and how they hear of it.
extension SiteKeys {
    static let person: [SchemaKey] = [
        SchemaKey("name", .bilingual, isRequired: true, "The person's name."),
        SchemaKey("role", .words(Person.Role.self), isRequired: true, "What the person may do."),
        SchemaKey("phone", text, "In quotes, so that no digit is lost."),
        SchemaKey("channel", text, "The channel that reaches the person."),
    ]

    static let duty: [SchemaKey] = [
        SchemaKey("owner", text, isRequired: true, "The person who receives what the engine reports.")
    ]

    static let tickets: [SchemaKey] = [
        SchemaKey(
            "verify_for_minutes", .quantity(0...10_080), usual: .whole(30),
            "How long the signal must stay normal before sign-off."),
        SchemaKey("verify_leak_for_hours", .quantity(0...720), usual: .whole(24), "The same for a leak."),
        SchemaKey(
            "feedback_hours", .quantity(0...720), usual: .real(TicketPolicy.feedback.inHours),
            "How often a reporter hears how an open ticket stands; 0 asks for nothing."),
        SchemaKey(
            "photo_days", .quantity(0...36_500), usual: .whole(1095),
            "Days after the end of a ticket for which its photos are kept; 0 keeps them for good."),
    ]

    static let roster: [SchemaKey] = [
        SchemaKey("shifts", .list(.section(shift)), "Who serves on a post, and when."),
        SchemaKey("absences", .list(.section(absence)), "Who is away, and who stands in."),
    ]

    static let shift: [SchemaKey] = [
        SchemaKey("post", .words(DutyPost.self), isRequired: true, "The post that is served on."),
        SchemaKey("persons", .list(text), isRequired: true, "Who serves, the first one first."),
        SchemaKey("from", timeOfDay, "Time of day; without it midnight."),
        SchemaKey("hours", .quantity(0.25...24), usual: .whole(24), "How long it lasts."),
        SchemaKey("weekdays", .list(.integer(weekday)), "On which it begins, 1 is Monday; without it all."),
    ]

    static let absence: [SchemaKey] = [
        SchemaKey("person", text, isRequired: true, "Who is absent."),
        SchemaKey("from", date, isRequired: true, "The first day."),
        SchemaKey("to", date, "The last day; without it the first one."),
        SchemaKey("substitute", text, "Who stands in."),
    ]

    static let calendars: [SchemaKey] = [
        SchemaKey("service_centre", .section(calendar), "When the service centre answers."),
        SchemaKey("working_days", .section(calendar), "Hours of a working day."),
    ]

    private static let days = SchemaShape.list(
        .form("^[0-9]{4}-[0-9]{2}-[0-9]{2}(/[0-9]{4}-[0-9]{2}-[0-9]{2})?$"))
    static let calendar: [SchemaKey] = [
        SchemaKey(
            "hours", .list(.form("^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$")), "Openings, such as 08:30-17:30."),
        SchemaKey("weekdays", .list(.integer(weekday)), "Open days, 1 is Monday."),
        SchemaKey("closed", days, "Dates 2026-10-10 and spans 2026-10-01/2026-10-07."),
        SchemaKey("make_up", days, "The same, open beside the weekdays."),
        SchemaKey("lists", .list(text), "Files of closed and make-up dates, beside this file."),
    ]

    /// A file of `lists`.
    static let calendarList: [SchemaKey] = [
        SchemaKey("year", .integer(2000...2099), isRequired: true, "The year it is the list of."),
        SchemaKey("source", text, isRequired: true, "Who published it."),
        SchemaKey("closed", days, "Dates and spans."),
        SchemaKey("make_up", days, "Dates and spans."),
    ]

    static let serviceLevels: [SchemaKey] =
        [SchemaKey("version", .integer(3...1_000_000), isRequired: true, "Raise it with every edit.")]
        + Severity.allCases.map { severity in
            SchemaKey(severity.word, .section(serviceLevel(severity)), "The times of this priority.")
        }

    static let percent = 1...100
    static func serviceLevel(_ severity: Severity) -> [SchemaKey] {
        let usual = ServiceLevels.standard(serviceHours: "", workingDays: DutySettings.workingDays)[severity].escalation
        return [
            SchemaKey("acknowledge_minutes", .quantity(1...100_000), "Until somebody has accepted."),
            SchemaKey("on_site_minutes", .quantity(1...100_000), "Until somebody is on site."),
            SchemaKey("repair_hours", .quantity(0.1...10_000), "Until it is repaired, around the clock."),
            SchemaKey("repair_working_days", .quantity(0.1...365), "The same in working days."),
            SchemaKey(
                "escalate_percent", .list(.integer(percent)), "Parts of a promise at which it goes up the chain."),
            SchemaKey(
                "repeat_minutes", .integer(1...1440), usual: .whole(usual.repeatMinutes),
                "After a promise is broken, it is told again this often."),
            SchemaKey("repeats", .integer(0...50), usual: .whole(usual.repeats), "How many times it is told again."),
            SchemaKey(
                "repeat_days", .integer(0...30), usual: .whole(usual.days),
                "On how many days after that it goes up by one more."),
        ]
    }

    // MARK: Channels

    /// Which keys a channel has depends on its kind.
    static let channel = SchemaShape.either(ChannelKind.allCases.map { .section(channel(of: $0)) })

    static func channel(of kind: ChannelKind) -> [SchemaKey] {
        let common = [
            SchemaKey("kind", .word([kind.rawValue]), isRequired: true, "What the receiver is."),
            SchemaKey(
                "secret_file", text, isRequired: kind.isRobot,
                "A file that nobody else may read: a robot's address, a webhook's secrets, a mailbox's password."),
            SchemaKey(
                "priorities", .list(.word(Severity.allCases.map(\.word))),
                "What is told; without it all, with [] nothing but for others."),
            SchemaKey("posts", .list(.words(DutyPost.self)), "Only what concerns somebody on one of these posts."),
            SchemaKey("fallback", text, "The channel that takes over when this one fails."),
            SchemaKey("per_minute", .integer(1...1000), "Most messages in any 60 s."),
            SchemaKey(
                "allow_private", .boolean, usual: .flag(false),
                "The receiver may be in a private network, and without TLS."),
            SchemaKey("time_limit_seconds", .quantity(1...25), usual: .whole(15), "For one message."),
            SchemaKey("certificates", text, "A file of certificates to trust in place of the system's."),
        ]
        switch kind {
        case .webhook: return common + [SchemaKey("url", .form("^https?://"), isRequired: true, "The receiver.")]
        case .dingtalk: return common + [SchemaKey("keyword", text, "Put before a text that does not hold it.")]
        case .wecom, .feishu: return common
        case .email: return common + mail
        }
    }

    static let usualSecurity = ChannelAddress.Mailbox.Security.starttls
    private static let mail: [SchemaKey] = [
        SchemaKey("host", text, isRequired: true, "The mail server."),
        SchemaKey("port", .integer(1...65_535), "Without it 587 for starttls, 465 for tls, 25 for plain."),
        SchemaKey(
            "security", .words(ChannelAddress.Mailbox.Security.self), usual: .word(usualSecurity.rawValue),
            "How the connection is kept from others."),
        SchemaKey("from", text, isRequired: true, "The sender's address."),
        SchemaKey("to", .list(text), isRequired: true, "Who gets the letters."),
        SchemaKey("user", text, "With secret_file."),
    ]
}
