// SPDX-License-Identifier: Apache-2.0

public import Model

/// A fault as the labels tell it.
public struct Fault: Hashable, Sendable {
    public var identifier, type, device: String
    public var start, end: Timestamp
    public var magnitude: Double
    public var unit: String
    /// Water that it lost, or that was not counted, over its whole time; `nil` where that is not known.
    public var litres: Double?

    public init(
        identifier: String, type: String, device: String, start: Timestamp, end: Timestamp, magnitude: Double,
        unit: String, litres: Double? = nil
    ) {
        (self.identifier, self.type, self.device) = (identifier, type, device)
        (self.start, self.end) = (start, end)
        (self.magnitude, self.unit, self.litres) = (magnitude, unit, litres)
    }
}

/// A finding as the analyzer wrote it.
public struct RaisedAlert: Hashable, Sendable {
    /// In small letters with underscores.
    public var type: String
    public var device: String?
    public var raisedAt: Timestamp
    public var magnitude: Double?
    public var unit: String?
    /// What it said last of the water; `nil` when it accounts for none or that was not written.
    public var loss: ToldLoss?

    public init(
        type: String, device: String?, raisedAt: Timestamp, magnitude: Double?, unit: String?, loss: ToldLoss? = nil
    ) {
        self.loss = loss
        self.type = type.lowercased().replacing("-", with: "_").replacing(" ", with: "_")
        (self.device, self.raisedAt) = (device, raisedAt)
        (self.magnitude, self.unit) = (magnitude, unit)
    }
}

/// The water of a finding as it said it last.
public struct ToldLoss: Hashable, Sendable {
    /// Middle of the bounds of the rate, in litres an hour.
    public var rate: Double
    public var low, likely, high: Double
    /// When it was over; `nil` when it was not.
    public var end: Timestamp?

    public init(rate: Double, low: Double, likely: Double, high: Double, end: Timestamp? = nil) {
        (self.rate, self.low, self.likely, self.high, self.end) = (rate, low, likely, high, end)
    }
}

/// Something harmless at a device, to say what a false alarm saw.
public struct HarmlessCause: Hashable, Sendable {
    public var kind, device: String
    public var start, end: Timestamp

    public init(kind: String, device: String, start: Timestamp, end: Timestamp) {
        (self.kind, self.device, self.start, self.end) = (kind, device, start, end)
    }
}

/// One estate with its faults, and each alert put where it belongs.
///
/// An alert is compatible with a fault when the fault's family accepts its type, when it names the same device or its
/// direct parent or child, and when it was raised between 15 minutes before the start and 24 hours after the end.
/// In the order of time each alert is credited to one fault: same device before relatives, specific before generic
/// types, faults not found yet before those found, then the latest start.
public struct ScoredEstate: Sendable {
    struct Hit: Sendable {
        var alert: RaisedAlert
        var isSameDevice: Bool
    }

    /// One fault with the alerts that were credited to it, in the order of time.
    struct Outcome: Sendable {
        var fault: Fault
        var hits: [Hit] = []

        /// Hours from the start to the first alert, at least 0; `nil` when it was not found.
        var delayHours: Double? {
            hits.first.map { max(0, ($0.alert.raisedAt - fault.start).inHours) }
        }

        /// What all its findings told together of the water, those on the same device if there are any; `nil` for
        /// nothing.
        var loss: ToldLoss? {
            let same = hits.filter { $0.isSameDevice && $0.alert.loss != nil }
            let losses = (same.isEmpty ? hits : same).compactMap(\.alert.loss)
            guard let last = losses.last else { return nil }
            return losses.dropLast().reduce(last) {
                ToldLoss(
                    rate: $0.rate, low: $0.low + $1.low, likely: $0.likely + $1.likely, high: $0.high + $1.high,
                    end: $0.end)
            }
        }
    }

    public let name: String
    public let waterMeters: Int
    public let days: Double
    /// Alerts without any compatible fault.
    public private(set) var falseAlarms: [RaisedAlert] = []
    public private(set) var alertCount = 0
    private(set) var informational = 0
    private(set) var repeats = 0
    private(set) var outcomes: [Outcome]
    private let parents: [String: String]
    private let causes: [HarmlessCause]

    /// - Parameters:
    ///   - parents: The parent of each device that has one.
    ///   - causes: Harmless events, announced ones too, in the order in which they are looked through.
    public init(
        name: String, parents: [String: String], waterMeters: Int, days: Double, faults: [Fault],
        causes: [HarmlessCause], alerts: [RaisedAlert]
    ) {
        (self.name, self.parents, self.waterMeters, self.days) = (name, parents, waterMeters, days)
        self.causes = causes
        outcomes = faults.map { Outcome(fault: $0) }
        alertCount = alerts.count
        // Alerts of one moment keep the order in which they were written.
        for (_, alert) in alerts.enumerated().sorted(by: {
            ($0.element.raisedAt, $0.offset) < ($1.element.raisedAt, $1.offset)
        }) { place(alert) }
    }

    /// The water of a fault, with that of later ones of its kind and place that its finding stood for as well: a
    /// condition that comes back soon is the same finding, and nothing else is told of it.
    func litres(of outcome: Outcome) -> Double? {
        guard let own = outcome.fault.litres, let loss = outcome.loss else { return nil }
        return outcomes.filter { later in
            later.hits.isEmpty && later.fault.type == outcome.fault.type && later.fault.device == outcome.fault.device
                && later.fault.start >= outcome.fault.end && loss.end.map { later.fault.start < $0 } ?? true
        }
        .compactMap(\.fault.litres).reduce(own, +)
    }

    /// Faults that no alert was credited to.
    public var missed: [Fault] { outcomes.filter { $0.hits.isEmpty }.map(\.fault) }

    private mutating func place(_ alert: RaisedAlert) {
        guard !FaultFamily.informational.contains(alert.type) else {
            informational += 1
            return
        }
        var best: (key: (Int, Int, Int, Int64), place: Int)?
        for (place, outcome) in outcomes.enumerated() {
            let fault = outcome.fault
            let family = FaultFamily.all.first { $0.type == fault.type } ?? .unknown(fault.type)
            let isSpecific = family.specific.contains(alert.type)
            guard isSpecific || family.generic.contains(alert.type),
                let distance = distance(alert.device, fault.device),
                alert.raisedAt >= fault.start - .seconds(900), alert.raisedAt <= fault.end + .seconds(86_400)
            else { continue }
            let key = (distance, isSpecific ? 0 : 1, outcome.hits.isEmpty ? 0 : 1, -fault.start.milliseconds)
            if best == nil || key < best!.key { best = (key, place) }
        }
        guard let best else {
            falseAlarms.append(alert)
            return
        }
        if !outcomes[best.place].hits.isEmpty { repeats += 1 }
        outcomes[best.place].hits.append(Hit(alert: alert, isSameDevice: best.key.0 == 0))
    }

    /// 0 for the same device, 1 for parent and child, `nil` for all others.
    private func distance(_ first: String?, _ second: String) -> Int? {
        if first == second { return 0 }
        guard let first else { return nil }
        return parents[first] == second || parents[second] == first ? 1 : nil
    }

    /// The harmless event that a false alarm most likely saw.
    public func likelyCause(of alert: RaisedAlert) -> String? {
        causes.first {
            $0.device == alert.device && !$0.device.isEmpty && alert.raisedAt >= $0.start
                && alert.raisedAt <= $0.end + .seconds(86_400)
        }?.kind
    }
}
