// SPDX-License-Identifier: Apache-2.0

public import Model

/// From readings to findings: leaks, bursts, meters that lie, and machines that need somebody.
///
/// It is a value. Readings go in, in the order of arrival; changes of findings come out. It knows no clock but data
/// time, the time that the readings tell, so a replay of the same calls gives the same findings. Its whole state is
/// `Codable`: stopped at any reading, saved, loaded and continued it finds the same.
///
/// State is of fixed size for each meter, and a reading costs a constant time; each minute of data time adds one balance
/// of each zone, and each hour the closing of that hour for each meter.
public struct Analyzer: Codable, Sendable {
    /// Of the state's form and of the rules. A state that another version saved is not loaded.
    public static let version = 12

    public let site: SiteDescription
    public let settings: AnalyzerSettings
    /// What was announced.
    public internal(set) var announced: AnnouncedCalendar
    /// The same and the exchanges of meters that were told.
    public internal(set) var calendar: AnnouncedCalendar
    var state: AnalyzerState
    /// Derived from the site; not saved.
    let layout: Layout
    /// Room for the hours of one meter that are being closed; not saved.
    private var closed: [HourVolume] = []

    public init(
        site: SiteDescription, calendar: AnnouncedCalendar = AnnouncedCalendar(),
        settings: AnalyzerSettings = AnalyzerSettings()
    ) {
        self.site = site
        announced = calendar
        self.calendar = calendar
        self.settings = settings
        layout = Layout(site)
        state = AnalyzerState(layout, site)
    }

    /// The time that the readings have told so far; `nil` before the first one that can tell it.
    public var dataTime: Timestamp? { state.clock.now }

    /// Findings that are not over, oldest first.
    public var openFindings: [Finding] { state.book.open }

    public var statistics: AnalyzerStatistics { state.statistics }

    /// How old a reading of a meter may be when it comes and still reach its hour, whatever came before it; `nil` for a
    /// channel that is no meter's. What is found by the hour does not depend on the order of readings inside it.
    public func lateness(ofChannel channel: Int) -> Duration? {
        layout.laws.indices.contains(channel) ? .milliseconds(layout.laws[channel].lateness) : nil
    }

    /// Takes one reading in the order of arrival.
    ///
    /// Nothing in it can do harm: a stamp, count or channel that makes no sense is counted and dropped.
    ///
    /// - Returns: What changed, in the order in which it was decided; nearly always empty.
    public mutating func ingest(_ reading: AnalyzerReading) -> [FindingChange] {
        var changes: [FindingChange] = []
        state.statistics.readings += 1
        guard reading.channel >= 0, reading.channel < layout.isPacemaker.count else {
            state.statistics.unknownChannels += 1
            return changes
        }
        let isPacemaker = layout.isPacemaker[reading.channel]
        guard
            state.clock.admits(reading.at, isPacemaker: isPacemaker, lead: settings.maximumStampLead)
        else {
            state.statistics.refusedStamps += 1
            return changes
        }
        if let sequence = reading.sequence { state.milestones.note(sequence) }
        if reading.value != .none { state.silence.hear(layout.devices.ofChannel[reading.channel], at: reading.at) }
        let gate = reading.channel - layout.laws.count
        let signal = gate - site.gates.count
        if gate < 0 {
            take(reading, meter: reading.channel, &changes)
        } else if signal < 0 {
            take(reading, gate: gate, &changes)
        } else {
            take(reading, signal: signal, &changes)
        }
        if isPacemaker { move(to: reading.at, &changes) }
        if gate < 0 { judgeFast(meter: reading.channel, reading.sequence?.value, &changes) }
        return changes
    }

    /// Tells that time has passed although no reading said so: silence is an input too.
    ///
    /// A moment that data time has reached already changes nothing; one that is not believable, or further ahead than
    /// a reading may be, is counted and refused.
    public mutating func advance(to dataTime: Timestamp) -> [FindingChange] {
        var changes: [FindingChange] = []
        guard state.clock.admits(dataTime, isPacemaker: false, lead: settings.maximumStampLead) else {
            state.statistics.refusedStamps += 1
            return changes
        }
        move(to: dataTime, &changes)
        return changes
    }

    // MARK: Readings

    private mutating func take(_ reading: AnalyzerReading, meter: Int, _ changes: inout [FindingChange]) {
        switch reading.value {
        case .none:
            state.statistics.bad += 1
        case .isOpen, .measure:
            state.statistics.refusedValues += 1
        case .count(let count):
            let sample = RegisterSample(at: reading.at, count: count, sequence: reading.sequence?.value)
            let verdict = state.meters[meter].take(
                sample, layout.laws[meter], dataTime: state.clock.now,
                clockTime: layout.isPacemaker[meter] ? nil : state.clock.now, statistics: &state.statistics)
            let now = state.clock.now ?? reading.at
            note(verdict, of: .clockError, on: site.meters[meter].asset, at: now, &changes)
        }
    }

    private mutating func take(_ reading: AnalyzerReading, gate: Int, _ changes: inout [FindingChange]) {
        let isOpen: Bool?
        switch reading.value {
        case .none:
            state.statistics.bad += 1
            isOpen = nil
        case .isOpen(let value):
            isOpen = value
        case .count, .measure:
            state.statistics.refusedValues += 1
            return
        }
        if let newest = state.gates[gate].newestAt, reading.at <= newest {
            if reading.at < newest {
                state.statistics.tooLate += 1
            } else if state.gates[gate].newestIsOpen == isOpen {
                state.statistics.duplicates += 1
            } else {
                state.statistics.conflicts += 1
            }
            return
        }
        // What the time until this reading decides comes before what the reading says.
        judge(gate: gate, at: reading.at, &changes)
        state.gates[gate].take(isOpen: isOpen, at: reading.at, sequence: reading.sequence?.value)
        judge(gate: gate, at: reading.at, &changes)
        guard let isOpen else { return }
        let view = view(at: max(reading.at, state.clock.now ?? reading.at))
        var rulings: [Ruling] = []
        state.gateRoom.take(
            isOpen: isOpen, of: gate, at: reading.at, view, statistics: &state.statistics, into: &rulings)
        note(rulings, at: view.now, &changes)
    }

    private mutating func take(_ reading: AnalyzerReading, signal: Int, _ changes: inout [FindingChange]) {
        guard let target = layout.signals[signal] else {
            state.statistics.unknownChannels += 1
            return
        }
        let value: Double?
        switch reading.value {
        case .none:
            state.statistics.bad += 1
            value = nil
        case .measure(let measured) where measured.isFinite:
            value = measured
        case .measure, .isOpen, .count:
            state.statistics.refusedValues += 1
            return
        }
        if let newest = state.newestSignals[signal].at, reading.at <= newest {
            if reading.at < newest {
                state.statistics.tooLate += 1
            } else if state.newestSignals[signal].value == value {
                state.statistics.duplicates += 1
            } else {
                state.statistics.conflicts += 1
            }
            return
        }
        state.newestSignals[signal] = NewestSignal(at: reading.at, value: value)
        let observation = Observation(
            signal: target.signal, value: value, at: reading.at, sequence: reading.sequence?.value)
        let view = view(at: max(reading.at, state.clock.now ?? reading.at))
        var rulings: [Ruling] = []
        let place = target.place
        switch target.room {
        case .tanks:
            state.tankRoom.take(observation, of: place, view, statistics: &state.statistics, into: &rulings)
        case .pumps:
            state.pumpRoom.take(observation, of: place, view, statistics: &state.statistics, into: &rulings)
        case .irrigation:
            state.irrigationRoom.take(observation, of: place, view, statistics: &state.statistics, into: &rulings)
        case .lifts:
            state.liftRoom.take(observation, of: place, view, statistics: &state.statistics, into: &rulings)
        case .gates:
            state.gateRoom.take(observation, of: place, view, statistics: &state.statistics, into: &rulings)
        case .sensors:
            state.sensorRoom.take(observation, of: place, view, statistics: &state.statistics, into: &rulings)
        }
        note(rulings, at: view.now, &changes)
    }

    func view(at moment: Timestamp) -> SiteView {
        SiteView(
            layout: layout, settings: settings, calendar: calendar, meters: state.meters, now: moment,
            local: LocalMoment(moment, in: site.zone))
    }

    // MARK: Time

    private mutating func move(to moment: Timestamp, _ changes: inout [FindingChange]) {
        guard state.clock.move(to: moment), moment.milliseconds >= state.nextEvent else { return }
        closeHours(at: moment, &changes)
        let minute = moment.minuteIndex
        if minute > state.lastMinute {
            state.lastMinute = minute
            state.milestones.mark(minute)
            for finding in state.book.takeOverdue(at: moment) { changes.append(.updated(finding)) }
            for zone in layout.zones.indices {
                judge(zone: zone, at: Timestamp(minuteIndex: minute), &changes)
                judgeHourlyLoss(zone: zone, at: Timestamp(minuteIndex: minute), &changes)
            }
            for gate in site.gates.indices { judge(gate: gate, at: moment, &changes) }
            judgeMachines(at: moment, &changes)
        }
        state.nextEvent = (minute + 1) * 60_000
        for index in layout.closings.indices {
            state.nextEvent = min(state.nextEvent, layout.closings[index].deadline(of: state.nextHours[index]))
        }
    }

    /// Closes every hour that is due, in the order in which they were due.
    private mutating func closeHours(at now: Timestamp, _ changes: inout [FindingChange]) {
        if state.nextHours.isEmpty {
            state.nextHours = layout.closings.map { $0.firstOpenHour(at: now) }
            return
        }
        for index in layout.closings.indices {
            // After days of silence the hours between are one hole; closing them one by one would tell no more.
            let newest = layout.closings[index].firstOpenHour(at: now) - 1
            if newest - state.nextHours[index] > 48 { state.nextHours[index] = newest }
        }
        while true {
            var due: (index: Int, deadline: Int64)?
            for index in layout.closings.indices {
                let deadline = layout.closings[index].deadline(of: state.nextHours[index])
                if deadline <= now.milliseconds, deadline < due?.deadline ?? .max { due = (index, deadline) }
            }
            guard let due else { return }
            close(state.nextHours[due.index], of: layout.closings[due.index], deadline: due.deadline, now, &changes)
            state.nextHours[due.index] += 1
        }
    }

    private mutating func close(
        _ hour: Int64, of closing: Layout.Closing, deadline: Int64, _ now: Timestamp, _ changes: inout [FindingChange]
    ) {
        let due = Timestamp(milliseconds: deadline)
        // Decided when it was due; but when data time has leapt over the deadline nobody knew it any sooner than now.
        let decidedAt = now.milliseconds - deadline > closing.delay ? now : due
        for meter in closing.meters {
            let law = layout.laws[meter]
            closed.removeAll(keepingCapacity: true)
            state.meters[meter].settled.close(
                through: hour, at: due, law, statistics: &state.statistics, into: &closed)
            for place in closed.indices { judge(meter: meter, closed[place], at: decidedAt, &changes) }
        }
        judgeZones(hour: hour, closing: closing, at: decidedAt, &changes)
    }

    // MARK: Detectors

    private mutating func judge(
        meter: Int, _ volume: HourVolume, at decidedAt: Timestamp, _ changes: inout [FindingChange]
    ) {
        let local = LocalMoment(Timestamp(hourIndex: volume.hour), in: site.zone)
        judgeHistory(of: meter, volume, local, at: decidedAt, &changes)
        judgeStandstill(meter: meter, volume, local, at: decidedAt, &changes)
        if !state.meters[meter].isLeaking, !state.meters[meter].stuck.isDoubtful(site.meters[meter].role) {
            state.meters[meter].usual.learn(volume, hourOfDay: local.hourOfDay)
        }
    }

    private mutating func judge(zone index: Int, at minute: Timestamp, _ changes: inout [FindingChange]) {
        var view = ZoneView(zone: layout.zones[index], view(at: minute), tanks: state.tankRoom)
        var slowly: [Verdict] = []
        state.zones[index].judgeSlowly(view, state.milestones, statistics: &state.statistics, into: &slowly)
        for verdict in slowly {
            note(verdict, of: .networkLeak, on: site.meters[view.zone.parent].asset, at: minute, &changes)
        }
        let known = view.end()
        // A zone that has never been known has not been read yet.
        if state.zones[index].end >= 0 {
            state.statistics.evaluations.balanceUnknown += 1
            let verdict = state.zones[index].unknown.judge(
                isKnown: known != nil, missing: view.missingChildren, of: view.zone.children.count, at: minute)
            note(verdict, of: .balanceUnknown, on: site.meters[view.zone.parent].asset, at: minute, &changes)
        }
        guard let end = known else {
            state.statistics.frozenZones += 1
            state.zones[index].burst.freeze(at: minute)
            return
        }
        // A child that is read seldom moves the end by many minutes at once. Each of them is judged as if it had come
        // alone, so that a burst between two readings is not younger than it is; the registers reach back far enough.
        let first = max(state.zones[index].end + 1, end - Self.longestLeap)
        guard first <= end else { return }
        for end in first...end {
            view.hourOfDay = LocalMoment(Timestamp(minuteIndex: end), in: site.zone).hourOfDay
            state.zones[index].end = end
            weigh(zone: index, view, end: end)
            guard state.zones[index].usual.isReady else { continue }
            // What was announced, or a meter that lies, leaves nothing to be judged.
            if view.isAnnounced(from: end - 60, to: end)
                || view.meters[view.zone.parent].standing.isSuspect(at: minute)
            {
                state.zones[index].burst.freeze(at: minute)
                continue
            }
            state.statistics.evaluations.burst += 1
            let verdict = state.zones[index].judge(view, state.milestones)
            note(verdict, of: .burst, on: site.meters[view.zone.parent].asset, at: minute, &changes)
        }
    }

    /// Minutes that are judged at once at most: what the registers hold beyond the longest window.
    private static let longestLeap = MinuteRegister.length - 61

    /// Makes the balances of all windows that end at `end`, and learns from them what is usual unless something is wrong.
    private mutating func weigh(zone index: Int, _ view: ZoneView, end: Int64) {
        let minute = view.dataTime
        state.zones[index].weigh(view, end: end)
        guard state.zones[index].isQuiet, !view.isAnnounced(from: end - 60, to: end),
            !view.meters[view.zone.parent].standing.isSuspect(at: minute)
        else { return }
        if state.zones[index].learn(hour: Timestamp(minuteIndex: end).hourIndex, hourOfDay: view.hourOfDay) {
            state.statistics.learnedZoneHours += 1
        }
    }

    private mutating func judge(gate: Int, at now: Timestamp, _ changes: inout [FindingChange]) {
        guard state.gates[gate].isKnown else { return }
        state.statistics.evaluations.gateHeldOpen += 1
        for verdict in state.gates[gate].judge(at: now, site.gates[gate], site, calendar) {
            note(verdict, of: .gateHeldOpen, on: site.gates[gate].asset, at: now, &changes)
        }
    }

    private mutating func judgeMachines(at moment: Timestamp, _ changes: inout [FindingChange]) {
        let view = view(at: moment)
        var rulings: [Ruling] = []
        state.tankRoom.judge(view, statistics: &state.statistics, into: &rulings)
        state.pumpRoom.judge(view, statistics: &state.statistics, into: &rulings)
        state.irrigationRoom.judge(view, statistics: &state.statistics, into: &rulings)
        state.liftRoom.judge(view, statistics: &state.statistics, into: &rulings)
        state.gateRoom.judge(view, statistics: &state.statistics, into: &rulings)
        state.sensorRoom.judge(view, statistics: &state.statistics, into: &rulings)
        state.silence.judge(
            at: moment, layout.devices, zones: layout.zones, statistics: &state.statistics, into: &rulings)
        state.excessUse.judge(view, statistics: &state.statistics, into: &rulings)
        note(rulings, at: moment, &changes)
    }

    // MARK: Findings

    private mutating func note(_ rulings: [Ruling], at moment: Timestamp, _ changes: inout [FindingChange]) {
        for ruling in rulings { note(ruling.verdict, of: ruling.rule, on: ruling.asset, at: moment, &changes) }
    }

    mutating func note(
        _ verdict: Verdict?, of rule: Rule, on asset: AssetIdentifier, at: Timestamp, _ changes: inout [FindingChange]
    ) {
        guard var verdict, !settings.disabledRules.contains(rule.identifier) else { return }
        if case .arises(var grounds) = verdict {
            grounds.evidence.announced = announcements(near: grounds.evidence, on: asset)
            verdict = .arises(grounds)
        }
        guard let change = state.book.note(verdict, of: rule, on: asset, at: at, layout.tree) else { return }
        changes.append(change)
    }

    /// What was announced for the time of a finding, on its asset or on the whole estate.
    private func announcements(near evidence: Evidence, on asset: AssetIdentifier) -> [String]? {
        let near = calendar.entries.filter { entry in
            (entry.asset == nil || entry.asset == asset) && entry.start <= evidence.to
                && evidence.from <= entry.end + AnnouncedCalendar.margin
        }
        let notes = near.prefix(4).map { $0.note.isEmpty ? $0.kind.rawValue : $0.note }
        return notes.isEmpty ? nil : notes
    }
}
