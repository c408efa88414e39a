// SPDX-License-Identifier: Apache-2.0

import Model
import Notices
import TestKit
import Testing

/// What must hold whatever robots, networks and power do, over many seeds.
@Suite struct DeliveryPropertyTests {
    private static let robot = ChannelIdentifier("robot")
    private static let spare = ChannelIdentifier("spare")
    private static let hook = ChannelIdentifier("hook")
    private static let plans = [
        ChannelPlan(robot, .wecom, fallback: spare), ChannelPlan(spare, .dingtalk),
        ChannelPlan(hook, .webhook, limits: [RateLimit(18, in: .seconds(60))]),
    ]

    private func makeTrial(_ seed: UInt64) -> DeliveryTrial {
        var trial = DeliveryTrial(channels: Self.plans, seed: seed)
        var random = SeededGenerator(seed: seed ^ 0xABCD)
        var sequences: [Int: Int] = [:]
        // Three minutes in which anything may happen, then time to come to rest.
        while trial.now < 180_000 {
            if Int.random(in: 0..<10, using: &random) == 0 {
                let ticket = Int.random(in: 0..<40, using: &random)
                let sequence = sequences[ticket, default: 0]
                sequences[ticket] = sequence + 1
                let severity: Severity = ticket < 4 ? .p1 : ticket < 10 ? .p2 : ticket < 25 ? .p3 : .p4
                let kinds: [NoticeKind] = [.assigned, .escalated, .breached, .resolved, .postponed, .reopened]
                let kind = sequence == 0 ? .raised : kinds.randomElement(using: &random) ?? .raised
                let both = [Self.robot, Self.hook]
                let notice = trialNotice(ticket, sequence, severity, kind, channels: both, clock: "repair")
                if trial.isUp { trial.store(both.map { (notice, $0) }) } else { sequences[ticket] = sequence }
            }
            if Int.random(in: 0..<300, using: &random) == 0,
                let channel = [Self.robot, Self.spare, Self.hook].randomElement(using: &random)
            {
                trial.receivers[channel]?.mood = TrialReceiver.Mood.allCases.randomElement(using: &random) ?? .good
            }
            if Int.random(in: 0..<400, using: &random) == 0 {
                trial.isSynchronised = Bool.random(using: &random)
                trial.crash(
                    power: Bool.random(using: &random), forMilliseconds: Int64.random(in: 200...40_000, using: &random))
            }
            trial.step()
        }
        for channel in Self.plans { trial.receivers[channel.identifier]?.mood = .good }
        for _ in 0..<20_000 where !trial.isUp || trial.queue.waiting > 0 {
            trial.skip()
            trial.step()
        }
        return trial
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `no robot gets too much, nothing is lost, twice or out of order`(seed: UInt64) {
        let trial = makeTrial(seed)
        for channel in Self.plans.map(\.identifier) {
            #expect(trial.densest(channel) <= 20, "\(channel)")
            #expect(trial.receivers[channel]?.blocks == 0, "\(channel)")
            #expect(trial.twice(channel) == [], "\(channel)")
            #expect(trial.outOfOrder(channel) == [], "\(channel)")
        }
        #expect(trial.lost == [])
        #expect(trial.queue.waiting == 0)
        #expect(trial.slowestUrgent <= 30)
    }
}
