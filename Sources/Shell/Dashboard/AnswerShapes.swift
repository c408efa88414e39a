// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Alarms
import Model
import Pipeline
import Tickets

extension AnswerShape.Named {
    /// What the name stands for.
    var shape: AnswerShape {
        switch self {
        case .problem: Self.problemShape
        case .overview: Self.overviewShape
        case .trend:
            .fields([
                ("schema", .integer), ("path", .text), ("unit", .text),
                ("samples", .list(.fields([("at", .moment)], optional: [("value", .number)]))),
            ])
        case .pointHistory:
            .fields([
                ("schema", .integer), ("point", .text), ("unit", .text),
                ("resolution", .words(HistoryResolution.allCases.map(\.rawValue))), ("isTotal", .boolean),
                ("start", .list(.moment)), ("count", .list(.integer)), ("good", .list(.integer)),
                ("least", .list(.orNull(.number))), ("mean", .list(.orNull(.number))),
                ("greatest", .list(.orNull(.number))), ("last", .list(.orNull(.number))),
                ("consumption", .list(.orNull(.number))), ("isOverGap", .list(.boolean)),
            ])
        case .finding: .fields(Self.findingFields, optional: Self.findingExtras)
        case .findingAnswer: .fields([("schema", .integer)] + Self.findingFields, optional: Self.findingExtras)
        case .ticket: Self.ticketShape
        case .ticketAnswer:
            .fields(
                [
                    ("schema", .integer), ("ticket", .named(.ticket)), ("findings", .list(.named(.finding))),
                    (
                        "history",
                        .list(.fields([("at", .moment), ("event", .text), ("actor", .text), ("note", .text)]))
                    ),
                ], optional: [("card", Self.cardShape), ("photos", Self.photosShape)])
        case .enqueued:
            .fields([
                ("status", .words(["success"])), ("message", .text), ("dedup_key", .text), ("ticket", .text),
            ])
        case .ticketPage:
            .fields([("schema", .integer), ("tickets", .list(.named(.ticket)))], optional: [("next", .text)])
        case .alarm: Self.alarmShape
        case .alarmAnswer: .fields([("schema", .integer), ("alarm", .named(.alarm))])
        case .alarmDetail:
            .fields([
                ("schema", .integer), ("alarm", .named(.alarm)), ("history", .list(Self.alarmLine)),
                ("guidance", .fields([("action", .text), ("consequence", .text), ("timeToRespond", .text)])),
            ])
        case .alarmPage: Self.alarmPageShape
        case .alarmHistoryPage:
            .fields([("schema", .integer), ("lines", .list(Self.alarmLine))], optional: [("next", .text)])
        case .report: Self.reportShape
        case .alarmFigures:
            .fields([
                ("count", .integer), ("perTenMinutes", .number), ("mostInTenMinutes", .integer),
                ("shareInFlood", .number), ("topTenShare", .number), ("severityShares", .list(.number)),
                ("topTen", .list(.fields([("alarm", .text), ("count", .integer)]))),
            ])
        case .announcements:
            .fields([
                ("schema", .integer),
                ("announcements", .list(.fields(Self.announcementFields, optional: Self.announcementExtras))),
            ])
        case .announcementAnswer:
            .fields([("schema", .integer)] + Self.announcementFields, optional: Self.announcementExtras)
        case .plannedWork: Self.plannedWorkShape
        case .residentNotice: Self.residentNoticeShape
        case .water: Self.waterShape
        case .description: .anyObject
        }
    }

    static let date = AnswerShape.fields([("year", .integer), ("month", .integer), ("day", .integer)])

    private static let cardShape = AnswerShape.fields(
        [
            ("model", .text), ("kind", .text), ("area", .text), ("place", .text),
            ("responsible", .words(ResponsibleParty.allCases.map(\.rawValue))), ("spareParts", .list(names)),
            (
                "earlier",
                .list(.fields([("number", .text), ("rule", .text), ("state", .text), ("raisedAt", .moment)]))
            ),
            (
                "announced",
                .list(.fields([("kind", .text), ("start", .moment), ("end", .moment), ("note", .text)]))
            ),
            (
                "causes",
                .list(
                    .fields([
                        ("cause", .text), ("action", .text), ("count", .integer), ("onAsset", .integer),
                        ("ticket", .text),
                    ]))
            ),
        ],
        optional: [
            ("contact", .text), ("boundary", names), ("warrantyUntil", date), ("lastServiceOn", date),
            ("emergencyPlan", names), ("safetyNote", names),
        ])

    private static let photosShape = AnswerShape.fields([
        ("takesMore", .boolean),
        (
            "list",
            .list(
                .fields([
                    ("name", .text), ("format", .words(PhotoFormat.allCases.map(\.rawValue))), ("bytes", .integer),
                    ("width", .integer), ("height", .integer), ("sha256", .text), ("at", .moment), ("by", .text),
                    ("isKept", .boolean),
                ]))
        ),
    ])

    static let names = AnswerShape.fields([("zh", .text), ("en", .text)])
    private static let severity = AnswerShape.integer

    private static let problemShape = AnswerShape.fields(
        [
            ("type", .words(Problem.Kind.allCases.map(\.type))), ("title", .text), ("status", .integer),
            ("detail", .text), ("instance", .text),
        ],
        optional: [
            ("version", .integer), ("state", .text), ("allowed", .list(.text)),
            (
                "errors",
                .list(
                    .fields(
                        [("detail", .text)],
                        optional: [("pointer", .text), ("parameter", .text), ("header", .text)]))
            ),
        ])

    private static let overviewShape = AnswerShape.fields(
        [
            ("schema", .integer), ("site", .text), ("siteName", names), ("asOf", .moment), ("zone", .text),
            ("isBrokerConnected", .boolean), ("outboxRows", .integer), ("findings", .list(.named(.finding))),
            ("persons", .list(.fields([("identifier", .text), ("name", names), ("role", .text)]))),
            (
                "assets",
                .list(
                    .fields([
                        ("identifier", .text), ("area", .text), ("name", names), ("kind", .text), ("profile", .text),
                        ("isBenchTested", .boolean), ("availability", .words(["online", "offline", "unknown"])),
                        (
                            "points",
                            .list(
                                .fields(
                                    [("path", .text), ("name", .text), ("unit", .text), ("isStale", .boolean)],
                                    optional: [
                                        ("value", .oneOf([.number, .boolean, .text])), ("quality", .text),
                                        ("reason", .text), ("raw", .integer), ("sourceTime", .moment),
                                    ]))
                        ),
                    ]))
            ),
        ], optional: [("publicAddress", .text)])

    // MARK: Findings

    private static let measure = AnswerShape.fields([("name", .text), ("value", .number), ("unit", .text)])
    private static let amount = AnswerShape.fields([("value", .number)])
    static let money = AnswerShape.fields([
        ("minorUnits", .integer), ("currency", .fields([("code", .text)])),
    ])

    private static let findingFields: [(String, AnswerShape)] = [
        ("assetName", names), ("allowed", .list(.text)),
        (
            "finding",
            .fields(
                [
                    ("identifier", .text), ("rule", .text), ("ruleVersion", .integer), ("severity", severity),
                    ("asset", .text), ("startedAt", .moment), ("raisedAt", .moment),
                    (
                        "evidence",
                        .fields(
                            [("from", .moment), ("to", .moment), ("measures", .list(measure))],
                            optional: [
                                ("firstSequence", .integer), ("lastSequence", .integer), ("announced", .list(.text)),
                                (
                                    "others",
                                    .list(
                                        .fields([
                                            ("rule", .text), ("asset", .text), ("reason", .text),
                                            ("startedAt", .moment),
                                        ]))
                                ),
                            ])
                    ),
                ],
                optional: [
                    ("zone", .text), ("clearedAt", .moment), ("size", measure),
                    (
                        "loss",
                        .fields([
                            ("rateLow", amount), ("rateHigh", amount), ("litresLow", amount), ("litres", amount),
                            ("litresHigh", amount),
                        ])
                    ),
                ])
        ),
        (
            "verdicts",
            .list(
                .fields(
                    [("at", .moment), ("verdict", .text), ("person", .text), ("reason", .text)],
                    optional: [("until", .moment)]))
        ),
    ]
    private static let findingExtras: [(String, AnswerShape)] = [
        ("ticket", .text), ("cost", .fields([("low", money), ("high", money)])),
    ]

    private static let announcementFields: [(String, AnswerShape)] = [
        ("kind", .words(AnnouncementSettings.Kind.allCases.map(\.rawValue))), ("kindText", .text),
        ("state", .words(AnnouncementLine.State.allCases.map(\.rawValue))), ("stateText", .text),
        ("start", .moment), ("end", .moment), ("note", .text),
    ]
    /// What stands in the site's file has neither number nor person.
    private static let announcementExtras: [(String, AnswerShape)] = [
        ("number", .integer), ("asset", .text), ("zone", .text), ("bus", .text), ("person", .text),
        ("announcedAt", .moment),
        ("withdrawal", .fields([("at", .moment), ("person", .text), ("reason", .text)])),
    ]

    // MARK: Tickets and alarms

    private static let ticketShape = AnswerShape.fields(
        [
            ("number", .text), ("version", .integer), ("state", .words(TicketInterface.machineStates)),
            ("severity", severity), ("asset", .text), ("assetName", names), ("rule", .text), ("owner", .text),
            ("raisedAt", .moment), ("respondBy", .moment), ("resolveBy", .moment), ("alarmCount", .integer),
            ("allowed", .list(.words(TicketAction.Verb.allCases.map(\.rawValue)))),
        ],
        optional: [
            ("assignee", .text), ("respondedAt", .moment), ("resolvedAt", .moment), ("updatedAt", .moment),
            ("source", .words(["alarm", "person"])),
            (
                "reports",
                .list(
                    .fields([("text", .text)], optional: [("reporter", .text), ("phone", .text), ("reference", .text)]))
            ),
        ])

    private static let withholding = AnswerShape.fields(
        [("person", .text), ("reason", .text), ("since", .moment)], optional: [("until", .moment)])

    private static let alarmShape = AnswerShape.fields(
        [
            ("identifier", .text), ("version", .integer), ("asset", .text), ("assetName", names), ("rule", .text),
            ("severity", severity), ("state", .words(AlarmState.allCases.map(\.rawValue))), ("isActive", .boolean),
            ("raisedAt", .moment), ("occurrences", .integer), ("isFlapping", .boolean), ("isStanding", .boolean),
            ("timeToRespondSeconds", .integer),
            ("allowed", .list(.words(AlarmAction.Verb.allCases.map(\.rawValue)))),
        ],
        optional: [
            ("returnedAt", .moment), ("acknowledgedAt", .moment), ("shelf", withholding), ("removal", withholding),
            ("finding", .text), ("ticket", .text), ("explanation", .text), ("maintenance", withholding),
            ("continuedAs", .text),
        ])

    private static let work = AnswerShape.fields([
        ("number", .integer), ("scope", .text), ("assets", .list(.text)), ("start", .moment), ("end", .moment),
        ("person", .text), ("reason", .text),
    ])

    private static let alarmLine = AnswerShape.fields(
        [("sequence", .integer), ("at", .moment), ("event", .text), ("state", .text), ("reason", .text)],
        optional: [("person", .text)])

    private static let alarmPageShape = AnswerShape.fields(
        [
            ("schema", .integer), ("alarms", .list(.named(.alarm))), ("shelved", .integer),
            ("standing", .list(.text)), ("isInFlood", .boolean), ("isInStorm", .boolean),
            ("longestShelfHours", .number), ("works", .list(work)),
            (
                "audit",
                .fields([
                    ("neverFired", .list(.text)), ("alwaysTogether", .list(.list(.text))),
                    ("neverActedOn", .list(.text)),
                ])
            ),
        ], optional: [("next", .text), ("day", .named(.alarmFigures))])

    // MARK: Reports

    private static let reportShape = AnswerShape.fields(
        [
            ("schema", .integer), ("kind", .words(ReportKind.allCases.map(\.rawValue))), ("site", .text),
            ("zone", .text), ("from", .momentText), ("to", .momentText), ("end", .momentText),
            ("judged_at", .momentText), ("counts", .map(.integer)), ("seeds", .map(.text)),
            (
                "figures",
                .list(
                    .fields(
                        [
                            ("key", .text), ("name", .text), ("formula", .text), ("numerator", .integer),
                            ("denominator", .integer), ("pending", .integer),
                        ],
                        optional: [
                            ("percent", .number), ("mean_seconds", .integer), ("target_percent", .number),
                            ("target_seconds", .integer), ("is_target_reached", .boolean),
                            ("least_percent", .number), ("is_below_least", .boolean),
                        ]))
            ),
            (
                "overdue",
                .list(
                    .fields(
                        [
                            ("ticket", .text), ("priority", .text), ("asset", .text), ("building", .text),
                            ("rule", .text), ("state", .text), ("owner", .text), ("late", .list(.text)),
                            ("due_at", .momentText),
                        ], optional: [("assignee", .text)]))
            ),
            (
                "follow_ups",
                .list(
                    .fields(
                        [
                            ("ticket", .text), ("asset", .text), ("closed_at", .momentText), ("ground", .text),
                            ("is_done", .boolean),
                        ], optional: [("score", .integer)]))
            ),
            ("overdue_by_building", .list(.fields([("building", .text), ("tickets", .integer)]))),
            ("top_assets", .list(.fields([("asset", .text), ("tickets", .integer)]))),
            (
                "reliability",
                .list(
                    .fields([("asset", .text), ("failures", .integer), ("mean_seconds_between", .integer)]))
            ),
            ("roster_gaps", .list(.fields([("post", .text), ("from", .momentText), ("to", .momentText)]))),
        ],
        optional: [
            ("alarms", .named(.alarmFigures)),
            (
                "standing",
                .fields([("days", .integer), ("sum", .integer), ("most", .integer), ("per_day", .number)])
            ),
            (
                "planned",
                .list(
                    .fields(
                        [("work", .text), ("asset", .text), ("kind", .text), ("is_overdue", .boolean)],
                        optional: [("due_on", .text), ("ticket", .text)]))
            ),
            (
                "water",
                .fields(
                    [
                        ("losses", .integer), ("lost_litres_low", .integer), ("lost_litres_high", .integer),
                        ("measured_repairs", .integer), ("saved_litres_per_day", .integer),
                    ], optional: [("cost_low", .text), ("cost_high", .text), ("currency", .text)])
            ),
        ])
}
