// SPDX-License-Identifier: Apache-2.0

import Model

/// D18, lift out of service: a lift that does not serve, or that holds somebody shut in.
///
/// A lift under maintenance is silent, and one whose service was announced. Somebody shut in is told at once, announced
/// or not: only the switch on the lift itself, which the mechanic turns, tells a test of the bell from a call for help.
struct LiftService: Hashable, Codable, Sendable {
    /// Controllers report blips of up to three minutes that mend themselves; five leave room for the poll.
    static let shortest: Duration = .seconds(300)
    /// A second reading must say the same when a blip would be over.
    static let longestBlip: Duration = .seconds(180)
    /// It serves again when it has done so for this long.
    static let clearAfter: Duration = .seconds(300)

    enum Alarm: UInt8, Codable, Sendable { case none, down, shutIn }

    private(set) var alarm = Alarm.none
    private var inService: Bool?
    private var fault: Bool?
    private var code: Double?
    private var isDoorClosed = false
    /// The safety chain was open though the doors were closed.
    private var isChainBroken = false
    private(set) var isMaintained = false
    private var newestAt: Timestamp?
    private var downSince: Timestamp?
    private var confirmedAt: Timestamp?
    private var shutInSince: Timestamp?
    private var upSince: Timestamp?
    private var told = ToldSize()
    private var firstSequence: Int64?
    private var lastSequence: Int64?

    init() {}

    /// Whether anything was ever told about the lift's service.
    var isKnown: Bool { newestAt != nil }

    /// Whether the lift says that it serves; a lift that tells nothing about it is taken at its trips.
    var isServing: Bool { !isMaintained && !isDown && shutInSince == nil }

    private var hasFault: Bool { fault ?? (code.map { $0 != 0 } ?? false) }
    private var isDown: Bool { inService == false || hasFault || isChainBroken }

    /// Takes one value of the lift's state; `nil` for a poll that failed says nothing.
    ///
    /// - Parameter longestGap: After a longer silence nobody knows whether a fault before it is the fault after it.
    mutating func take(_ observation: Observation, longestGap: Duration) {
        guard let value = observation.value else { return }
        let (at, isOn) = (observation.at, value != 0)
        if let newestAt, at - newestAt > longestGap, alarm == .none { (downSince, confirmedAt) = (nil, nil) }
        newestAt = max(newestAt ?? at, at)
        lastSequence = observation.sequence ?? lastSequence
        switch observation.signal {
        case .inService: inService = isOn
        case .fault: fault = isOn
        case .faultCode: code = value
        case .maintenance: isMaintained = isOn
        case .door:
            isDoorClosed = value == 0
            return
        // A chain that is open with the doors closed is a stop switch, a landing door or a catch: no lift runs with it.
        // Door and chain are read together, the door first.
        case .safetyChain: isChainBroken = !isOn && isDoorClosed
        case .entrapment: shutInSince = isOn ? shutInSince ?? at : nil
        default: return
        }
        if isMaintained, alarm == .none {
            // Whatever it does under the mechanic's hands does not count, nor for how long.
            (downSince, confirmedAt, upSince) = (nil, nil, nil)
            return
        }
        if isDown || shutInSince != nil {
            if downSince == nil { (downSince, firstSequence) = (at, observation.sequence) }
            confirmedAt = max(confirmedAt ?? at, at)
            upSince = nil
        } else if alarm == .none {
            (downSince, confirmedAt) = (nil, nil)
        } else {
            upSince = isMaintained ? nil : upSince ?? at
        }
    }

    /// Judges at some data time at or after the newest state.
    mutating func judge(_ lift: AssetIdentifier, _ view: SiteView, into rulings: inout [Ruling]) {
        let now = view.now
        func rule(_ verdict: Verdict) {
            rulings.append(Ruling(rule: .liftOutOfService, asset: lift, verdict: verdict))
        }
        if let since = shutInSince, !isMaintained, alarm != .shutIn {
            alarm = .shutIn
            upSince = nil
            let start = downSince ?? since
            told.tell(minutes(start, now))
            rule(.arises(grounds(start, to: now)))
            return
        }
        guard let downSince else { return }
        if alarm == .none {
            guard let confirmedAt, confirmedAt - downSince >= Self.longestBlip, now - downSince >= Self.shortest,
                view.calendar.covers(.liftService, asset: lift, at: now) == nil
            else { return }
            alarm = .down
            told.tell(minutes(downSince, now))
            rule(.arises(grounds(downSince, to: now)))
        } else if let up = upSince {
            guard now - up >= Self.clearAfter else { return }
            // What it came to in all is told before it ends.
            let last = grounds(downSince, to: up)
            alarm = .none
            (self.downSince, confirmedAt, upSince) = (nil, nil, nil)
            rule(.persists(last))
            rule(.ends(last, at: up))
        } else if told.grows(to: minutes(downSince, now)) {
            rule(.persists(grounds(downSince, to: now)))
        }
    }

    private func minutes(_ from: Timestamp, _ to: Timestamp) -> Double { (to - from).inSeconds / 60 }

    private func grounds(_ start: Timestamp, to: Timestamp) -> Grounds {
        let down = Measure("down_minutes", minutes(start, to), .minute)
        var measures = [down, Measure("limit_minutes", Self.shortest.inSeconds / 60, .minute)]
        if let code, code != 0 { measures.append(Measure("fault_code", code)) }
        measures.append(Measure("entrapment", alarm == .shutIn ? 1 : 0))
        return Grounds(
            startedAt: start, severity: alarm == .shutIn ? .p1 : .p2, size: down,
            evidence: Evidence(
                from: start, to: to, measures: measures, firstSequence: firstSequence.map { SequenceNumber($0) },
                lastSequence: lastSequence.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        [newestAt, downSince, confirmedAt, shutInSince, upSince].allSatisfy { stamp in
            stamp.map { DataClock.believable.contains($0) } ?? true
        }
    }
}
