// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Prevention

extension AnswerShape.Named {
    private static let day = AnswerShape.fields([("year", .integer), ("month", .integer), ("day", .integer)])
    private static let workKind = AnswerShape.words(PlannedWork.Kind.allCases.map(\.rawValue))

    private static let workRecord = AnswerShape.fields(
        [
            ("identifier", .text), ("work", .text), ("asset", .text), ("kind", workKind), ("doneOn", day),
            ("writtenAt", .moment), ("person", .text), ("witnesses", .list(.text)), ("note", .text),
            ("keepUntil", .moment),
        ],
        optional: [
            ("due", day), ("waterTest", .text), ("runHours", .number), ("ticket", .text), ("corrects", .text),
        ])

    static let plannedWorkShape = AnswerShape.fields(
        [
            ("schema", .integer),
            (
                "works",
                .list(
                    .fields(
                        [
                            ("identifier", .text), ("asset", .text), ("kind", workKind), ("isOverdue", .boolean),
                            ("witnesses", .integer), ("needsWaterTest", .boolean), ("noticeBeforeHours", .number),
                        ],
                        optional: [
                            ("dueOn", day), ("dueAtRunHours", .number), ("runHours", .number), ("last", workRecord),
                            ("ticket", .text), ("residentsToldAt", .moment),
                        ]))
            ),
            ("records", .list(workRecord)),
            (
                "inspection",
                .list(
                    .fields(
                        [
                            ("asset", .text), ("kind", .words(InspectionLine.Kind.allCases.map(\.rawValue))),
                            ("text", .text), ("isMet", .boolean),
                        ], optional: [("ticket", .text)]))
            ),
        ],
        optional: [
            ("holiday", .fields([("first", day), ("last", day)], optional: [("inspectionDue", day)])),
            ("refusal", .text),
        ])

    static let residentNoticeShape = AnswerShape.fields([
        ("schema", .integer), ("zh", .text), ("en", .text),
        (
            "approved",
            .list(.fields([("at", .moment), ("by", .text), ("kind", .text), ("zh", .text), ("en", .text)]))
        ),
    ])
}
