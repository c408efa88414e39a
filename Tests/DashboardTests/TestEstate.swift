// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Model
import Pipeline
import Tickets

/// A small estate that always shows the same: it stands in for the running gateway.
///
/// Its clock says 2026-11-22 16:00 in Shanghai.
actor TestEstate: EstateView {
    static let now = Timestamp(milliseconds: 1_795_334_400_000)
    static let shanghai = ZoneOffsets(name: "Asia/Shanghai", initialOffsetSeconds: 28_800, transitions: [])

    private(set) var current: EstateOverview
    private var details: [TicketDetail]
    private var readers: [AsyncStream<EstateChange>.Continuation] = []
    /// Told before the dashboard asked for changes, which it does in a task beside the one that serves.
    private var untold: [EstateChange] = []
    let failsToStore: Bool
    /// The last action that was carried out.
    private(set) var lastAction: TicketAction?
    let failsToRead: Bool

    init(
        overview: EstateOverview = TestEstate.lakeside, tickets: [TicketDetail] = TestEstate.tickets,
        failsToStore: Bool = false, failsToRead: Bool = false, isInFlood: Bool = false
    ) {
        self.isInFlood = isInFlood
        (current, details) = (overview, tickets)
        (self.failsToStore, self.failsToRead) = (failsToStore, failsToRead)
    }

    func overview() -> EstateOverview { current }
    func figures() -> GatewayFigures {
        var figures = GatewayFigures(site: current.site, at: Self.now, timeQuality: .synced)
        figures.tickets = tickets()
        figures.findings = current.findings.map(\.finding)
        return figures
    }
    /// Why it does not do its work.
    var complaint: String?
    func complaints() -> [String] { complaint.map { [$0] } ?? [] }
    func complain(_ reason: String?) { complaint = reason }
    func tickets() -> [TicketSnapshot] { details.map(\.ticket) }
    func ticket(_ number: String) -> TicketDetail? { details.first { $0.ticket.number == number } }

    var lastReport: FaultReport?
    /// See `TestEstateAlarms.swift`.
    var alarmBook = TestEstate.alarmsOfTheDay()
    let isInFlood: Bool

    /// The last verdict that was taken in.
    private(set) var lastVerdict: FindingVerdict?

    func finding(_ identifier: FindingIdentifier) -> FindingSnapshot? {
        current.findings.first { $0.finding.identifier == identifier }
    }

    func judge(_ verdict: FindingVerdict) -> Result<FindingSnapshot, FindingRefusal> {
        guard let place = current.findings.firstIndex(where: { $0.finding.identifier == verdict.finding }) else {
            return .failure(.unknownFinding(verdict.finding))
        }
        guard current.persons.contains(where: { $0.identifier == verdict.person }) else {
            return .failure(.unknownPerson(verdict.person))
        }
        var finding = current.findings[place].finding
        if finding.clearedAt != nil { return .failure(.alreadyOver(verdict.finding)) }
        if verdict.verb.needsReason, verdict.reason.isEmpty { return .failure(.reasonMissing) }
        if verdict.verb == .notALeak, finding.rule == .burst {
            return .failure(.notLearned(by: .burst, learnedBy: [.leak, .liftSilent]))
        }
        if let until = verdict.until, until <= Self.now { return .failure(.timePassed(until)) }
        if failsToStore { return .failure(.notStored("disk full")) }
        lastVerdict = verdict
        if verdict.verb != .confirm { finding.clearedAt = Self.now }
        let before = current.findings[place]
        current.findings[place] = FindingSnapshot(
            finding: finding, assetName: before.assetName, ticket: before.ticket,
            verdicts: before.verdicts + [VerdictLine(verdict, at: Self.now)])
        return .success(current.findings[place])
    }

    func changes() -> AsyncStream<EstateChange> {
        let (stream, reader) = AsyncStream<EstateChange>.makeStream(bufferingPolicy: .bufferingNewest(16))
        readers.append(reader)
        for change in untold { reader.yield(change) }
        untold = []
        return stream
    }

    func tell(_ change: EstateChange) {
        if readers.isEmpty { untold.append(change) }
        for reader in readers { reader.yield(change) }
    }

    struct Unreadable: Error {}

    func trend(ofPoint path: String, from: Timestamp, to: Timestamp, limit: Int) throws -> Trend {
        if failsToRead { throw Unreadable() }
        let step = max(60_000, (to.milliseconds - from.milliseconds) / Int64(limit))
        var samples: [Trend.Sample] = []
        var place = 0
        for at in stride(from: from.milliseconds, to: to.milliseconds, by: Int(step)) {
            place += 1
            let share = Double(at - from.milliseconds) / Double(to.milliseconds - from.milliseconds)
            if share > 0.55, share < 0.63 { continue }
            let value = 1.2 + Double(place % 24) * 0.05 + (share > 0.8 ? 1.6 : 0)
            samples.append(.init(at: Timestamp(milliseconds: at), value: share > 0.3 && share < 0.34 ? nil : value))
        }
        return Trend(path: path, unit: .cubicMetrePerHour, samples: samples)
    }

    /// A flow that rises and falls with the hour, or a total that it fills; nothing came on the 10th.
    func history(
        ofPoint path: String, _ resolution: HistoryResolution, from: Timestamp, to: Timestamp
    ) throws -> PointHistory {
        if failsToRead { throw Unreadable() }
        let isTotal = path.hasSuffix("/total")
        var calendar = HistoryCalendar(zone: Self.shanghai)
        var folder = HistoryFolder(zone: Self.shanghai)
        let end = min(to, Self.now)
        var total = 1000.0
        for at in stride(from: from.milliseconds, to: end.milliseconds, by: 60_000).map(Timestamp.init(milliseconds:)) {
            let local = Self.shanghai.local(at)
            let flow = 1.2 + Double(local.hour * 60 + local.minute) / 1000
            total += flow / 60
            if local.date.day == 10 { continue }
            folder.fold(point: 0, at: at, value: isTotal ? total : flow, isGood: local.minute != 7)
        }
        var buckets: [HistoryBucket] = []
        let pieces = folder.take().filter { $0.resolution == resolution }
        for piece in pieces.sorted(by: { $0.bucket.slot < $1.bucket.slot }) {
            if buckets.last?.slot == piece.bucket.slot {
                buckets[buckets.count - 1].merge(piece.bucket)
            } else if calendar.slot(of: from, resolution) <= piece.bucket.slot {
                buckets.append(piece.bucket)
            }
        }
        return PointHistory(
            path: path, unit: isTotal ? .cubicMetre : .cubicMetrePerHour, resolution: resolution, isTotal: isTotal,
            rows: historyRows(buckets, resolution, isTotal: isTotal, before: nil, in: calendar))
    }

    func act(_ action: TicketAction) throws(ActionRefusal) -> TicketDetail {
        guard let place = details.firstIndex(where: { $0.ticket.number == action.number }) else {
            throw .unknownTicket(action.number)
        }
        guard current.persons.contains(where: { $0.identifier == action.person }) else {
            throw .unknownPerson(action.person.text)
        }
        var ticket = details[place].ticket
        if let version = action.version, version != ticket.version { throw .stale(version: ticket.version) }
        guard ticket.allowed.contains(action.verb.rawValue) else {
            throw .notAllowed(state: ticket.state, allowed: ticket.allowed)
        }
        if failsToStore { throw .notStored("disk full") }
        switch action.verb {
        case .accept:
            (ticket.state, ticket.allowed) = ("accepted", ["arrive"])
            (ticket.assignee, ticket.respondedAt) = (action.person, Self.now)
        case .arrive: (ticket.state, ticket.allowed) = ("onSite", ["resolve"])
        case .resolve:
            if action.note.isEmpty { throw .noteMissing }
            (ticket.state, ticket.allowed, ticket.resolvedAt) = ("awaitingSignOff", ["sign-off"], Self.now)
        case .signOff:
            if ticket.assignee == action.person { throw .signerIsResolver }
            (ticket.state, ticket.allowed) = action.isPassed ? ("closed", []) : ("onSite", ["resolve"])
        case .postpone: throw .ground(.postponementUsed, action.number)
        case .grab, .assign, .start, .attempt, .hold, .resume, .inform, .followUp, .reopen, .handOver, .takeOver,
            .cancel,
            .falseAlarm, .merge:
            break
        }
        lastAction = action
        ticket.version += 1
        details[place].ticket = ticket
        details[place].history.append(
            TicketLine(at: Self.now, event: action.verb.rawValue, actor: action.person.text, note: action.note))
        return details[place]
    }
}

extension TestEstate {
    static func minutesAgo(_ minutes: Int64) -> Timestamp { now - .seconds(minutes * 60) }

    static func point(
        _ path: String, _ unit: UnitOfMeasure, _ quantity: Quantity?, label: String? = nil,
        quality: Quality? = .good, reason: String? = nil, age: Int64 = 4, staleAfter: Double = 30
    ) -> PointSnapshot {
        PointSnapshot(
            path: path, name: path.split(separator: "/").last.map(String.init) ?? "", unit: unit, quantity: quantity,
            stateLabel: label, quality: quality, reason: reason, raw: nil,
            sourceTime: quality == nil ? nil : now - .seconds(age), staleAfterSeconds: staleAfter)
    }

    static func asset(
        _ area: String, _ identifier: String, _ zh: String, _ en: String, _ kind: String, _ profile: String,
        _ availability: Availability = .online, points: [PointSnapshot]
    ) -> AssetSnapshot {
        AssetSnapshot(
            identifier: AssetIdentifier(identifier), area: AreaIdentifier(area), name: BilingualText(zh: zh, en: en),
            kind: kind, profile: profile, isBenchTested: false, availability: availability, points: points)
    }

    static func meter(_ area: String, _ identifier: String, _ zh: String, _ en: String, litres: Int64) -> AssetSnapshot
    {
        let path = "\(area)/\(identifier)"
        return asset(
            area, identifier, zh, en, "water-meter", "usw-dn15-40-ultrasonic",
            points: [
                point("\(path)/total", .litre, .integer(litres), age: 9),
                point("\(path)/reverse_total", .litre, .integer(0), age: 9),
            ])
    }

    static let persons = [
        PersonSnapshot(identifier: .init("wang-fang"), name: .init(zh: "王芳", en: "Wang Fang"), role: "receiver"),
        PersonSnapshot(identifier: .init("li-wei"), name: .init(zh: "李伟", en: "Li Wei"), role: "technician"),
        PersonSnapshot(identifier: .init("zhao-lei"), name: .init(zh: "赵磊", en: "Zhao Lei"), role: "shiftLeader"),
    ]

    static let burst = FindingSnapshot(
        finding: Finding(
            rule: .burst, ruleVersion: 1, severity: .p1, asset: .init("riser-2"), startedAt: minutesAgo(21),
            raisedAt: minutesAgo(6),
            loss: LossEstimate(
                rateLow: .init(1_380), rateHigh: .init(1_620), litres: .init(523), low: .init(480), high: .init(600)),
            evidence: Evidence(
                from: minutesAgo(21), to: minutesAgo(6),
                measures: [
                    Measure("residual", 1_500, .litrePerHour), Measure("expected", 12.4, .litrePerHour),
                    Measure("window", 15, .minute), Measure("deviation", 41.3), Measure("threshold", 8),
                ])),
        assetName: .init(zh: "2 号楼立管", en: "Riser of block 2"), ticket: "20261122-002")

    static let leak = FindingSnapshot(
        finding: Finding(
            rule: .continuousFlow, ruleVersion: 1, severity: .p3, asset: .init("unit-301"),
            startedAt: minutesAgo(3 * 1440), raisedAt: minutesAgo(2 * 1440),
            loss: LossEstimate(rateLow: .init(14), rateHigh: .init(14), litres: .init(1_008)),
            evidence: Evidence(
                from: minutesAgo(3 * 1440), to: minutesAgo(2 * 1440),
                measures: [Measure("hours", 24, .hour), Measure("least_flow", 14, .litrePerHour)])),
        assetName: .init(zh: "301 室水表", en: "Meter of flat 301"), ticket: "20261120-001")

    static let lakeside = EstateOverview(
        site: .init("lakeside"), siteName: .init(zh: "湖畔花园", en: "Lakeside"), asOf: now - .seconds(2),
        zone: shanghai, isBrokerConnected: true, outboxRows: 0,
        assets: [
            asset(
                "inlet", "main-meter", "总水表", "Inlet meter", "water-meter", "tuf-2000-ultrasonic",
                points: [
                    point("inlet/main-meter/flow", .cubicMetrePerHour, .number(3.4712)),
                    point("inlet/main-meter/total", .cubicMetre, .number(48_213.507)),
                    point("inlet/main-meter/reverse_total", .cubicMetre, .number(0.012)),
                ]),
            asset(
                "block-2", "riser-2", "2 号楼立管", "Riser of block 2", "water-meter", "tuf-2000-ultrasonic",
                points: [
                    point("block-2/riser-2/flow", .cubicMetrePerHour, .number(1.92)),
                    point(
                        "block-2/riser-2/total", .cubicMetre, .number(9_120.25), quality: .uncertain,
                        reason: "suspect_step"),
                ]),
            meter("block-2", "unit-301", "301 室水表", "Meter of flat 301", litres: 1_284_902),
            meter("block-2", "unit-302", "302 室水表", "Meter of flat 302", litres: 903_418),
            asset(
                "block-2", "unit-303", "303 室水表", "Meter of flat 303", "water-meter", "usw-dn15-40-ultrasonic",
                .offline,
                points: [
                    point(
                        "block-2/unit-303/total", .litre, .integer(777), quality: .bad, reason: "device_down", age: 3)
                ]),
            asset(
                "pump-room", "roof-tank", "屋顶水箱", "Roof tank", "level", "qdy30a-level",
                points: [point("pump-room/roof-tank/level", .centimetre, .number(182.4), age: 95)]),
            asset(
                "pump-room", "booster-1", "1 号增压泵", "Booster pump 1", "pump", "grundfos-cim-epump",
                points: [
                    point("pump-room/booster-1/running", .none, .isOn(true)),
                    point("pump-room/booster-1/fault", .none, .isOn(false)),
                    point("pump-room/booster-1/outlet_pressure", .bar, .number(3.52)),
                    point("pump-room/booster-1/power", .watt, .number(1_480)),
                ]),
            asset(
                "block-1", "lift-1", "1 号电梯", "Lift 1", "lift", "contact-pairs-waveshare-io-8ch",
                points: [
                    point("block-1/lift-1/door", .none, .state(1), label: "closed"),
                    point("block-1/lift-1/mode", .none, .state(0), label: "normal"),
                    point("block-1/lift-1/safety_chain", .none, .isOn(true)),
                    point(
                        "block-1/lift-1/alarm_button", .none, nil, quality: .bad, reason: "exception_2", age: 3),
                ]),
            asset(
                "entrance", "east-gate", "东门道闸", "East gate", "gate", "contact-pairs-moxa-iologik-e1200", .unknown,
                points: [
                    point("entrance/east-gate/position", .none, nil, quality: nil),
                    point("entrance/east-gate/cycles", .none, nil, quality: nil),
                ]),
        ],
        findings: [leak, burst], persons: persons)

    static let tickets: [TicketDetail] = {
        var tickets = bareTickets
        tickets[0].card = dossier
        return tickets
    }()

    private static let dossier: AssetDossier = {
        var card = AssetDossier(
            model: "zenner-wm40", kind: "water-meter", area: AreaIdentifier("block-2"), responsible: .utility)
        card.place = "cellar"
        card.boundary = BilingualText(zh: "市政负责到立管阀门", en: "utility up to the riser's valve")
        card.lastServiceOn = CivilDate(year: 2026, month: 10, day: 1)
        card.emergencyPlan = BilingualText(zh: "关闭 7 号阀。", en: "Close valve 7.")
        card.spareParts = [BilingualText("clamp DN50")]
        card.announced = [
            AssetDossier.Announced(
                kind: "buildingWorks", start: minutesAgo(600), end: now + .seconds(3600), note: "block 2")
        ]
        card.causes = [
            LikelyCause(
                cause: "Corroded joint", action: "Clamp set", count: 3, onAsset: 1, ticket: "20261118-001")
        ]
        return card
    }()

    private static let bareTickets = [
        TicketDetail(
            ticket: TicketSnapshot(
                number: "20261122-002", version: 2, state: "new", severity: .p1, asset: .init("riser-2"),
                assetName: burst.assetName, rule: .burst, owner: .init("wang-fang"), assignee: nil,
                raisedAt: minutesAgo(6), respondBy: minutesAgo(3), resolveBy: now + .seconds(474 * 60),
                respondedAt: nil, resolvedAt: nil, alarmCount: 2, allowed: ["accept"]),
            findings: [burst],
            history: [
                TicketLine(at: minutesAgo(6), event: "raised", actor: "engine", note: ""),
                TicketLine(at: minutesAgo(4), event: "alarmAppended", actor: "engine", note: ""),
                TicketLine(at: minutesAgo(3), event: "breached", actor: "engine", note: "acknowledge"),
                TicketLine(at: minutesAgo(3), event: "escalated", actor: "engine", note: "acknowledge 100 % li-wei"),
            ]),
        TicketDetail(
            ticket: TicketSnapshot(
                number: "20261120-001", version: 4, state: "onSite", severity: .p3, asset: .init("unit-301"),
                assetName: leak.assetName, rule: .continuousFlow, owner: .init("wang-fang"),
                assignee: .init("li-wei"), raisedAt: minutesAgo(2 * 1440), respondBy: minutesAgo(2 * 1440 - 480),
                resolveBy: now + .seconds(1440 * 60), respondedAt: minutesAgo(2 * 1440 - 32), resolvedAt: nil,
                alarmCount: 1, allowed: ["resolve"]),
            findings: [leak],
            history: [
                TicketLine(at: minutesAgo(2 * 1440), event: "raised", actor: "engine", note: ""),
                TicketLine(at: minutesAgo(2 * 1440 - 32), event: "accept", actor: "li-wei", note: ""),
                TicketLine(at: minutesAgo(40), event: "arrive", actor: "li-wei", note: "Cistern is running."),
            ]),
        TicketDetail(
            ticket: TicketSnapshot(
                number: "20261118-001", version: 7, state: "closed", severity: .p2, asset: .init("east-gate"),
                assetName: .init(zh: "东门道闸", en: "East gate"), rule: .gateHeldOpen, owner: .init("wang-fang"),
                assignee: .init("li-wei"), raisedAt: minutesAgo(4 * 1440), respondBy: minutesAgo(4 * 1440 - 3),
                resolveBy: minutesAgo(4 * 1440 - 480), respondedAt: minutesAgo(4 * 1440 - 2),
                resolvedAt: minutesAgo(4 * 1440 - 75), alarmCount: 1, allowed: []),
            findings: [], history: [TicketLine(at: minutesAgo(4 * 1440), event: "raised", actor: "engine", note: "")]),
    ]
}
