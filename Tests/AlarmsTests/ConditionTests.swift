// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import TestKit
import Testing

/// What `suppress_when` may say, and what it means.
@Suite struct AlarmConditionTests {
    private static let points = [
        ConditionPoint(name: "pump-1/running", unit: .none),
        ConditionPoint(name: "tank/level", unit: .metre),
        ConditionPoint(name: "drive/state", unit: .none, stateLabels: ["stopped", "starting", "running"]),
        ConditionPoint(name: "pump-1/starts", unit: .none),
    ]

    private static func holds(_ text: String, _ values: [Int: Double]) throws -> Bool? {
        try Condition(text, points: points).holds { values[$0] }
    }

    @Test(
        arguments: [
            ("pump-1/running is off", [0: 0], true), ("pump-1/running is off", [0: 1], false),
            ("pump-1/running is not off", [0: 1], true), ("tank/level < 0.3 m", [1: 0.3], false),
            ("tank/level <= 0.3 m", [1: 0.3], true), ("tank/level>=0.3 m", [1: 0.3], true),
            ("tank/level > 0.3 m", [1: 0.3], false), ("pump-1/starts = 7", [3: 7], true),
            ("pump-1/starts != 7", [3: 7], false), ("drive/state is starting", [2: 1], true),
            ("drive/state is not running", [2: 1], true), ("not drive/state is running", [2: 2], false),
            ("not (pump-1/running is on or tank/level < 1 m)", [0: 0, 1: 2], true),
        ] as [(String, [Int: Double], Bool)])
    func `a condition is judged by what the points show`(text: String, values: [Int: Double], verdict: Bool) throws {
        #expect(try Self.holds(text, values) == verdict)
    }

    @Test(
        arguments: [
            ("pump-1/running is off", [:], nil), ("not pump-1/running is off", [:], nil),
            ("pump-1/running is off or tank/level < 1 m", [1: 0.5], true),
            ("pump-1/running is off or tank/level < 1 m", [1: 2], nil),
            ("pump-1/running is off and tank/level < 1 m", [1: 2], false),
            ("pump-1/running is off and tank/level < 1 m", [1: 0.5], nil),
            // `and` binds closer than `or`.
            ("pump-1/running is off and tank/level < 1 m or pump-1/starts = 1", [1: 2, 3: 1], true),
            ("pump-1/starts = 1 or pump-1/running is off and tank/level < 1 m", [1: 0.5, 3: 2], nil),
        ] as [(String, [Int: Double], Bool?)])
    func `a point that is not known makes only unknown what hangs on it`(
        text: String, values: [Int: Double], verdict: Bool?
    ) throws {
        #expect(try Self.holds(text, values) == verdict)
    }

    @Test(arguments: [
        ("", 0, "a point is missing, such as pump-1/running."),
        (
            "pump-1/runing is off", 0,
            "there is no point 'pump-1/runing'; write asset/point. Did you mean 'pump-1/running'?"
        ),
        ("tank/level < 0.3", 16, "'tank/level' is in m; write '0.3 m'."),
        ("tank/level < 30 cm", 16, "'tank/level' is in m; write '30 m'."),
        ("tank/level is off", 11, "compare 'tank/level' with a number by one of < <= > >= = !=."),
        ("tank/level < low", 13, "a number is missing after '<'."),
        ("pump-1/running is of", 18, "'pump-1/running' is one of off, on. Did you mean 'off'?"),
        ("drive/state = 1", 12, "write 'drive/state is stopped'; it is one of stopped, starting, running."),
        ("drive/state is stoped", 15, "'drive/state' is one of stopped, starting, running. Did you mean 'stopped'?"),
        (
            "pump-1/running", 14,
            "compare 'pump-1/running' with a number by one of < <= > >= = !=, or write 'is on' or 'is off'."
        ),
        ("(pump-1/running is on", 0, "the '(' is not closed."),
        (
            "pump-1/running is on tank/level < 1 m", 21,
            "'tank/level' is not understood here. Join conditions with 'and' or 'or'."
        ),
        ("pump-1/running is on and", 24, "a point is missing, such as pump-1/running."),
    ])
    func `a mistake is told with its place and its cure`(text: String, offset: Int, message: String) {
        do throws(ConditionFault) {
            _ = try Condition(text, points: Self.points)
            Issue.record("'\(text)' was taken")
        } catch {
            #expect(error.offset == offset || text.isEmpty)
            #expect(error.message == message)
        }
    }

    @Test func `nesting has an end`() {
        let text = String(repeating: "(", count: 100_000) + "pump-1/running is on"
        #expect(throws: ConditionFault.self) { try Condition(text, points: Self.points) }
        #expect(throws: ConditionFault.self) {
            try Condition(String(repeating: "not ", count: 100_000) + "pump-1/running is on", points: Self.points)
        }
    }

    /// An unknown value may turn out either way: what is known with it must be known for both.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `what is known without a value is the same with any value`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func make(_ depth: Int) -> Condition {
            switch depth == 0 ? 0 : Int.random(in: 0..<4, using: &random) {
            case 0: .compare(point: Int.random(in: 0..<3, using: &random), .equal, 1)
            case 1: .not(make(depth - 1))
            case 2: .all([make(depth - 1), make(depth - 1)])
            default: .any([make(depth - 1), make(depth - 1)])
            }
        }
        let condition = make(4)
        let known = Int.random(in: 0..<8, using: &random)
        let partial = condition.holds { known >> $0 & 1 == 1 ? 1 : nil }
        for world in 0..<8 where world & known == known {
            let whole = try #require(condition.holds { Double(world >> $0 & 1) })
            if let partial { #expect(whole == partial) }
        }
    }
}
