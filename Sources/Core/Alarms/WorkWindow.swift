// SPDX-License-Identifier: Apache-2.0

public import Model

/// A time in which something is under work and its alarms are out of service.
public struct WorkWindow: Codable, Hashable, Sendable {
    /// That of its announcement; 0 for one that stands in the site's file.
    public var number: Int64
    /// What is under work, in a word: `site`, `asset/pump-1`, `zone/riser-2`, `bus/line-1`.
    public var scope: String
    public var assets: Set<AssetIdentifier>
    public var start: Timestamp
    /// From then on alarms count again.
    public var end: Timestamp
    /// Empty for one that stands in the site's file.
    public var person: PersonIdentifier
    public var reason: String

    public init(
        number: Int64, scope: String, assets: Set<AssetIdentifier>, from start: Timestamp, to end: Timestamp,
        person: PersonIdentifier, reason: String
    ) {
        (self.number, self.scope, self.assets) = (number, scope, assets)
        (self.start, self.end, self.person, self.reason) = (start, end, person, reason)
    }
}

extension AlarmBook {
    /// Takes in which works there are, in place of those known before; they count from the next tick on.
    public mutating func plan(_ windows: [WorkWindow]) {
        guard windows != self.windows else { return }
        self.windows = windows
        isPlanDue = true
    }

    /// What is or will be under work, by when it begins.
    public func works(after now: Timestamp) -> [WorkWindow] {
        windows.filter { $0.end > now }.sorted { ($0.start, $0.number, $0.scope) < ($1.start, $1.number, $1.scope) }
    }

    /// The work that withholds an alarm; of several the one that ends last. Somebody shut in is told all the same.
    func work(withholding alarm: Alarm, at now: Timestamp) -> Alarm.Withholding? {
        if alarm.severity == .p1, policy.rule(alarm.rule).isAboutPersons { return nil }
        let asset = alarm.asset
        let window = windows.filter { $0.start <= now && now < $0.end && $0.assets.contains(asset) }
            .max { ($0.end, $0.number) < ($1.end, $1.number) }
        return window.map { Alarm.Withholding(person: $0.person, reason: $0.reason, since: $0.start, until: $0.end) }
    }

    /// The next moment at which work begins or ends.
    var nextEdge: Timestamp? { isPlanDue ? Timestamp(milliseconds: 0) : edge }

    /// Takes alarms out of service whose asset is under work, and puts back those where it is over.
    mutating func followWork(to now: Timestamp) -> [AlarmEffect] {
        guard isPlanDue || edge.map({ $0 <= now }) ?? false else { return [] }
        isPlanDue = false
        edge = windows.flatMap { [$0.start, $0.end] }.filter { $0 > now }.min()
        var effects: [AlarmEffect] = []
        for var alarm in alarms {
            let work = work(withholding: alarm, at: now)
            guard work != alarm.maintenance else { continue }
            alarm.maintenance = work
            effects += settle(&alarm)
            keep(alarm)
        }
        return effects
    }

    /// What explains an alarm, raised or not; `nil` for nothing.
    public func explanation(of identifier: String) -> String? { explanations[identifier] }

    /// Withholds an alarm while a condition on other points explains it, or lets go of it.
    ///
    /// - Parameter text: The condition; `nil` when none holds.
    public mutating func explain(_ identifier: String, by text: String?, at now: Timestamp) -> [AlarmEffect] {
        explanations[identifier] = text
        guard var alarm = byIdentifier[identifier], alarm.explanation != text else { return [] }
        alarm.explanation = text
        alarm.isSuppressed = text != nil || isSilenced(alarm) ? true : nil
        let effects = settle(&alarm)
        keep(alarm)
        return numbered(effects)
    }
}
