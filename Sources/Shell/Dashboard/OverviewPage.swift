// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// The whole estate on one page.
struct OverviewPage: Sendable {
    var frame: PageFrame
    var word: [String: String]
    var parts: OverviewParts
    var trend: TrendSection

    init(frame: PageFrame, parts: OverviewParts, trend: TrendSection) {
        self.frame = frame
        word = parts.word
        self.parts = parts
        self.trend = trend
    }
}

/// The same for a screen on a wall: lights, findings, tickets and their clocks, large and without anything to press.
struct WallPage: Sendable {
    var frame: PageFrame
    var word: [String: String]
    var parts: OverviewParts

    init(frame: PageFrame, parts: OverviewParts) {
        self.frame = frame
        self.frame.isWall = true
        self.parts = parts
        word = parts.word
    }
}

/// What the overview's sections show; each can be fetched alone.
struct OverviewParts: Sendable {
    struct SystemBlock: Sendable {
        var systemAnchor: String
        var systemName: String
        var statusWord: String
        /// Names the look: `normal`, `attention`, `urgent`, `nodata`.
        var statusTone: String
        var statusReason: String
        var assets: [AssetCard]
    }

    var word: [String: String]
    var systems: [SystemBlock]
    var findings: [FindingCard]
    var hasFindings: Bool
    /// What findings account for since midnight; `nil` where that is not known.
    var lostToday: String?
    var tickets: [TicketCard]
    var hasTickets: Bool
    var openTicketsText: String
    var brokerWord: String
    /// Names the look: `online` or `offline`.
    var brokerTone: String
    var waitingText: String
    var asOf: String
    var asOfMilliseconds: Int64
    var nowMilliseconds: Int64
    var asOfAge: String

    /// - Parameter water: Of the last minute; `nil` where it cannot be read.
    init(moment: EstateMoment, water: WaterOverview? = nil) {
        let (overview, wording) = (moment.overview, moment.wording)
        word = wording.texts
        systems = EstateSystem.allCases.compactMap { system in
            let assets = overview.assets.filter { EstateSystem(kind: $0.kind) == system }
            guard !assets.isEmpty else { return nil }
            let status = SystemStatus(of: assets, findings: overview.findings.map(\.finding), at: moment.now)
            return SystemBlock(
                systemAnchor: "system-\(system.rawValue)", systemName: wording.word(.system, system.rawValue),
                statusWord: wording.word(.status, status.level.rawValue), statusTone: status.level.rawValue,
                statusReason: status.reason(in: wording), assets: assets.map { AssetCard($0, in: moment) })
        }
        findings = overview.findings.filter { $0.finding.clearedAt == nil }.sorted { a, b in
            (a.finding.severity.rawValue, b.finding.startedAt) < (b.finding.severity.rawValue, a.finding.startedAt)
        }.map { FindingCard($0, in: moment) }
        hasFindings = !findings.isEmpty
        lostToday = water.map { WaterParts.lostToday($0, wording) }
        tickets = moment.openTickets
        hasTickets = !tickets.isEmpty
        openTicketsText = wording.counted(.openTickets, tickets.count)
        brokerTone = overview.isBrokerConnected ? "online" : "offline"
        brokerWord = wording.text(overview.isBrokerConnected ? .brokerConnected : .brokerDisconnected)
        waitingText = wording.counted(.waitingMessages, overview.outboxRows)
        asOf = moment.time.momentWithSeconds(overview.asOf)
        asOfMilliseconds = overview.asOf.milliseconds
        nowMilliseconds = moment.now.milliseconds
        asOfAge = moment.time.age(of: overview.asOf, at: moment.now)
    }
}
