// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Pipeline
import Prevention
import Savings
import Tickets

/// A report as JSON.
struct ReportBody: Encodable {
    struct FigureBody: Encodable {
        var key, name, formula: String
        var numerator, denominator, pending: Int
        var percent: Double?
        var mean_seconds: Int?
        var target_percent: Double?
        var target_seconds: Int?
        var is_target_reached: Bool?
        var least_percent: Double?
        var is_below_least: Bool?
    }

    struct OverdueBody: Encodable {
        var ticket, priority, asset, building, rule, state, owner: String
        var assignee: String?
        var late: [String]
        var due_at: String
    }

    struct FollowUpBody: Encodable {
        var ticket, asset, closed_at, ground: String
        var is_done: Bool
        var score: Int?
    }

    struct AssetBody: Encodable {
        var asset: String
        var tickets: Int
    }

    struct BuildingBody: Encodable {
        var building: String
        var tickets: Int
    }

    struct ReliabilityBody: Encodable {
        var asset: String
        var failures, mean_seconds_between: Int
    }

    struct PlannedBody: Encodable {
        var work, asset, kind: String
        var due_on: String?
        var is_overdue: Bool
        var ticket: String?
    }

    struct StandingBody: Encodable {
        var days, sum, most: Int
        var per_day: Double
    }

    struct WaterBody: Encodable {
        var losses, lost_litres_low, lost_litres_high, measured_repairs, saved_litres_per_day: Int
        var cost_low, cost_high, currency: String?
    }

    struct GapBody: Encodable {
        var post, from, to: String
    }

    var schema = 1
    var kind, site, zone, from, to, end, judged_at: String
    var figures: [FigureBody]
    var counts: [String: Int]
    var overdue: [OverdueBody]
    var overdue_by_building: [BuildingBody]
    var follow_ups: [FollowUpBody]
    var seeds: [String: String]
    var top_assets: [AssetBody]
    var reliability: [ReliabilityBody]
    var water: WaterBody?
    var alarms: AlarmFigures?
    var standing: StandingBody?
    var planned: [PlannedBody]?
    var roster_gaps: [GapBody]

    init(_ report: EstateReport, _ words: ReportWords) {
        let tickets = report.tickets
        (kind, site, zone) = (report.kind.rawValue, report.site.text, report.zone.name)
        (from, to) = (tickets.period.from.rfc3339, tickets.period.to.rfc3339)
        (end, judged_at) = (tickets.end.rfc3339, tickets.judgedAt.rfc3339)
        figures = tickets.figures.map { figure in
            FigureBody(
                key: figure.key.rawValue, name: words.name(of: figure), formula: words.formula(of: figure),
                numerator: figure.numerator, denominator: figure.denominator, pending: figure.pending,
                percent: figure.permille.map { Double($0) / 10 }, mean_seconds: figure.meanSeconds,
                target_percent: figure.key.unit == .seconds ? nil : figure.target.map { Double($0) / 10 },
                target_seconds: figure.key.unit == .seconds ? figure.target : nil,
                is_target_reached: figure.isTargetReached, least_percent: figure.least.map { Double($0) / 10 },
                is_below_least: figure.isBelowLeast)
        }
        counts = Dictionary(tickets.counts.named.map { ($0.name, $0.count) }, uniquingKeysWith: { first, _ in first })
        overdue = tickets.overdue.map { entry in
            OverdueBody(
                ticket: entry.ticket, priority: entry.severity.word, asset: entry.asset.text,
                building: entry.building, rule: entry.rule.text, state: entry.state.rawValue, owner: entry.owner.text,
                assignee: entry.assignee?.text, late: entry.promises.map(\.rawValue), due_at: entry.dueAt.rfc3339)
        }
        follow_ups = tickets.followUps.map { entry in
            FollowUpBody(
                ticket: entry.ticket, asset: entry.asset.text, closed_at: entry.closedAt.rfc3339,
                ground: entry.ground.rawValue, is_done: entry.isDone, score: entry.score)
        }
        seeds = tickets.seeds.mapValues { seed in
            let digits = String(seed, radix: 16)
            return String(repeating: "0", count: max(0, 16 - digits.utf8.count)) + digits
        }
        top_assets = tickets.topAssets.map { AssetBody(asset: $0.asset.text, tickets: $0.tickets) }
        water = report.water.map { water in
            WaterBody(
                losses: water.losses, lost_litres_low: water.lostLow, lost_litres_high: water.lostHigh,
                measured_repairs: water.repairs, saved_litres_per_day: water.savedPerDay,
                cost_low: water.costLow?.figures, cost_high: water.costHigh?.figures,
                currency: water.costLow?.currency.code)
        }
        overdue_by_building = tickets.overdueByBuilding.map {
            BuildingBody(building: $0.building, tickets: $0.tickets)
        }
        reliability = tickets.reliability.map {
            ReliabilityBody(asset: $0.asset.text, failures: $0.failures, mean_seconds_between: $0.meanSeconds)
        }
        alarms = report.alarms
        standing = report.standing.map {
            StandingBody(days: $0.days, sum: $0.sum, most: $0.most, per_day: $0.perDay)
        }
        planned = report.planned?.map { entry in
            PlannedBody(
                work: entry.work.text, asset: entry.asset.text, kind: entry.kind.rawValue, due_on: entry.dueOn?.text,
                is_overdue: entry.isOverdue, ticket: entry.ticket)
        }
        roster_gaps = report.rosterGaps.map {
            GapBody(post: $0.post.rawValue, from: $0.from.rfc3339, to: $0.to.rfc3339)
        }
    }
}
