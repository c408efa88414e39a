// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Prevention
import Tickets

/// The level of a tank as it was told last.
struct TankLevel: Hashable, Sendable {
    var metres: Double
    var at: Timestamp
}

extension Books {
    /// When residents were told that a work cuts their water: the first notice of an outage on a ticket of this time of
    /// the work, open or not; `nil` when there is none.
    func toldAt(of work: PlannedWork) -> Timestamp? {
        let since = prevention.standing(of: work.identifier).last?.writtenAt
        return tickets.tickets.filter { ticket in
            ticket.asset == work.asset && ticket.rule == work.kind.rule && since.map { ticket.raisedAt > $0 } ?? true
        }.flatMap(\.residentNotices).filter { event in
            if case .residentsTold(let notice) = event.kind { notice.kind == .waterOutage } else { false }
        }.map(\.at).min()
    }

    /// The last moment of a day on the site's wall that is not later than `now`; `now` when no day is given.
    func lastMoment(of day: CivilDate?, at now: Timestamp) -> Timestamp {
        guard let day else { return now }
        let zone = tickets.policy.zone
        let midnight = Timestamp(seconds: Int64(day.daysSince1970 + 1) * 86_400)
        let end = midnight - .seconds(Int64(zone.offsetSeconds(at: midnight)))
        return min(end, now)
    }

    /// Takes in the level of a tank, in metres.
    mutating func note(level: Double, of tank: AssetIdentifier, at now: Timestamp) {
        guard level.isFinite else { return }
        tankLevels[tank] = TankLevel(metres: level, at: now)
    }

    /// A line for each tank whose level was told within the last hour.
    func levelLines(at now: Timestamp) -> [InspectionLine] {
        tankLevels.sorted { $0.key < $1.key }.compactMap { tank, level in
            guard now - level.at <= .seconds(3600) else { return nil }
            let centimetres = Int((level.metres * 100).rounded())
            let digits = "\(abs(centimetres) % 100)"
            let text =
                "\(centimetres < 0 ? "-" : "")\(abs(centimetres) / 100).\(digits.count < 2 ? "0" : "")\(digits) m"
            return InspectionLine(asset: tank, kind: .tankLevel, text: "\(tank): \(text)", isMet: true)
        }
    }
}
