// SPDX-License-Identifier: Apache-2.0

import Model

/// The time that the readings tell: the largest stamp among the pacemakers, and nothing else.
///
/// Pacemakers are the meters read each minute or faster. A dwelling meter with a clock of its own does not move data
/// time, so one that is an hour ahead does not make all others late. Correcting such stamps belongs in ``admits(_:)``,
/// which sees every stamp before anything else does.
struct DataClock: Hashable, Codable, Sendable {
    /// `nil` before the first stamp of a pacemaker.
    private(set) var now: Timestamp?
    /// Consecutive pacemaker stamps that lie too far ahead and agree with each other.
    private var farAheadCount = 0
    private var farAheadStamp: Timestamp?

    /// 2000-01-01 and 2100-01-01. Counters and hours are safe from overflow between them.
    static let believable = Timestamp(milliseconds: 946_684_800_000)..<Timestamp(milliseconds: 4_102_444_800_000)

    /// Stamps beyond the lead that make the analyzer believe that time has really moved on, as after an outage.
    private static let agreeingStamps = 3

    /// Whether a reading with this stamp is taken.
    mutating func admits(_ stamp: Timestamp, isPacemaker: Bool, lead: Duration) -> Bool {
        guard Self.believable.contains(stamp) else { return false }
        guard let now, stamp > now + lead else {
            if isPacemaker { (farAheadCount, farAheadStamp) = (0, nil) }
            return true
        }
        guard isPacemaker else { return false }
        // One wild stamp is refused. When nothing but stamps far ahead comes, and they agree, the gateway slept.
        if let last = farAheadStamp, stamp >= last, stamp - last <= lead {
            farAheadCount += 1
        } else {
            farAheadCount = 1
        }
        farAheadStamp = stamp
        guard farAheadCount >= Self.agreeingStamps else { return false }
        (farAheadCount, farAheadStamp) = (0, nil)
        return true
    }

    /// Moves on to `stamp`; whether that is later than before.
    mutating func move(to stamp: Timestamp) -> Bool {
        if let now, stamp <= now { return false }
        now = stamp
        return true
    }
}

extension Timestamp {
    /// The elapsed hour this moment lies in, counted from 1970; right for believable stamps.
    var hourIndex: Int64 { milliseconds / 3_600_000 }
    /// The minute this moment lies in, counted from 1970.
    var minuteIndex: Int64 { milliseconds / 60_000 }
    init(hourIndex: Int64) { self.init(milliseconds: hourIndex * 3_600_000) }
    init(minuteIndex: Int64) { self.init(milliseconds: minuteIndex * 60_000) }
}

/// What the site's wall shows, as the learned figures count it.
struct LocalMoment {
    /// Days since 1970 on the local calendar.
    var day: Int
    var minuteOfDay: Int
    var hourOfDay: Int { minuteOfDay / 60 }

    /// - Parameter moment: A believable stamp.
    init(_ moment: Timestamp, in zone: ZoneOffsets) {
        // An offset comes from a file: anything beyond a day is no offset.
        let offset = min(max(zone.offsetSeconds(at: moment), -86_400), 86_400)
        let minutes = (moment.milliseconds / 1000 + Int64(offset)) / 60
        day = Int(minutes / 1440)
        minuteOfDay = Int(minutes % 1440)
    }
}
