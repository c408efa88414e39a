// SPDX-License-Identifier: Apache-2.0

import Pipeline

extension AnswerShape.Named {
    /// What the interface tells of the estate's water.
    static let waterShape = AnswerShape.fields([
        ("schema", .integer), ("asOf", .moment), ("today", date), ("meters", .list(meter)), ("zones", .list(zone)),
        (
            "losses",
            .list(.fields([("finding", .named(.finding)), ("perDay", litres)], optional: [("costPerDay", cost)]))
        ),
        ("lostToday", litres),
    ])

    private static let litres = AnswerShape.fields([("low", .number), ("high", .number)])
    private static let cost = AnswerShape.fields([("low", money), ("high", money)])

    private static let meter = AnswerShape.fields(
        [
            ("asset", .text), ("name", names), ("role", .words(MeterRole.allCases.map(\.rawValue))),
            ("depth", .integer), ("point", .text),
            ("days", .list(.fields([("date", date), ("isWhole", .boolean)], optional: [("litres", .number)]))),
        ], optional: [("parent", .text)])

    private static let zone = AnswerShape.fields([
        ("asset", .text),
        (
            "balances",
            .list(
                .fields(
                    [
                        ("period", .words(WaterPeriod.allCases.map(\.rawValue))), ("uncertainty", .number),
                        ("parts", .list(.fields([("asset", .text)], optional: [("litres", .number)]))),
                    ], optional: [("delivered", .number)]))
        ),
        ("nights", .list(.fields([("date", date), ("litresPerHour", .number)]))),
    ])
}
