// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Pipeline
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
        var is_target_reached: Bool?
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
    var follow_ups: [FollowUpBody]
    var seeds: [String: String]
    var top_assets: [AssetBody]
    var water: WaterBody?
    var alarms: AlarmFigures?
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
                target_percent: figure.target.map { Double($0) / 10 }, is_target_reached: figure.isTargetReached)
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
        alarms = report.alarms
        roster_gaps = report.rosterGaps.map {
            GapBody(post: $0.post.rawValue, from: $0.from.rfc3339, to: $0.to.rfc3339)
        }
    }
}
