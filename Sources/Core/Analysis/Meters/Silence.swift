// SPDX-License-Identifier: Apache-2.0

import Model

/// The devices of a site: everything that tells something, by the channels through which it does.
struct Devices: Sendable {
    /// For each channel the device it belongs to.
    var ofChannel: [Int]
    var assets: [AssetIdentifier]
    /// For each device the shortest time between two readings, in milliseconds.
    var periods: [Int64]

    /// A gate tells its position at least so often, in milliseconds.
    private static let gatePeriod: Int64 = 900_000

    init(_ site: SiteDescription) {
        let channels =
            site.meters.map { ($0.asset, Self.milliseconds($0.period)) }
            + site.gates.map { ($0.asset, Self.gatePeriod) }
            + site.signals.map { ($0.asset, Self.milliseconds($0.period)) }
        (ofChannel, assets, periods) = ([], [], [])
        var places: [AssetIdentifier: Int] = [:]
        for (asset, period) in channels {
            if let place = places[asset] {
                ofChannel.append(place)
                periods[place] = min(periods[place], period)
            } else {
                places[asset] = assets.count
                ofChannel.append(assets.count)
                assets.append(asset)
                periods.append(period)
            }
        }
    }

    private static func milliseconds(_ period: Duration) -> Int64 {
        let seconds = period.inSeconds
        return seconds.isFinite ? Int64(min(max(seconds, 1), 30 * 86_400) * 1000) : gatePeriod
    }
}

/// D8, dropout: devices that have told nothing for a day.
///
/// A child of a zone is not told of alone while more than three in ten of its siblings are silent too: then it is what
/// they share, and the finding stands on their parent.
struct Silence: Hashable, Codable, Sendable {
    static let longest: Int64 = 24 * 3_600_000
    /// Siblings that fell silent within two hours after are silent at once.
    private static let together: Int64 = 22 * 3_600_000
    static let groupShare = 0.3
    /// Older than three periods, a quarter of an hour at least, is stale.
    static func staleAfter(period: Int64) -> Int64 { max(3 * period, 900_000) }

    /// For each device the stamp of its newest value in milliseconds.
    private var heard: [Int64]
    private var isTold: [Bool]
    /// The last quarter of an hour that was judged.
    private var quarter: Int64 = 0
    private var begun: Int64 = 0

    init(_ devices: Devices) {
        heard = Array(repeating: 0, count: devices.assets.count)
        isTold = Array(repeating: false, count: devices.assets.count)
    }

    /// A device has told a value.
    mutating func hear(_ device: Int, at stamp: Timestamp) { heard[device] = max(heard[device], stamp.milliseconds) }

    /// Judges all devices, four times an hour of data time.
    mutating func judge(
        at now: Timestamp, _ devices: Devices, zones: [Zone], statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        let next = now.milliseconds / 900_000
        guard next > quarter else { return }
        // What has never told anything counts from the first moment; so does everything after a time in which nobody at
        // all was heard, for then the gateway was away and no device is to be blamed.
        if begun == 0 || next - quarter > pause(devices) { begun = now.milliseconds }
        quarter = next
        // Meters are the first channels, so that a meter's place is its device's.
        var groups: [Int: Int] = [:]
        var covered: Set<Int> = []
        for zone in zones {
            let quiet = zone.children.filter { age(devices.ofChannel[$0], now) > Self.together }
            guard quiet.count >= 2, Double(quiet.count) > Self.groupShare * Double(zone.children.count),
                quiet.contains(where: { age(devices.ofChannel[$0], now) > Self.longest })
            else { continue }
            groups[devices.ofChannel[zone.parent]] = quiet.count
            for child in quiet { covered.insert(devices.ofChannel[child]) }
        }
        for device in heard.indices {
            statistics.evaluations.dropout += 1
            let age = age(device, now)
            let limit = max(Self.longest, Self.staleAfter(period: devices.periods[device]))
            let silent = groups[device] ?? 0
            let isSilent = (age > limit && !covered.contains(device)) || silent > 0
            let isHeard = now.milliseconds - heard[device] <= Self.staleAfter(period: devices.periods[device])
            let isOver = isHeard && silent == 0
            guard isTold[device] ? isOver : isSilent else { continue }
            isTold[device].toggle()
            let grounds = grounds(device, age: age, now, silent: silent)
            rulings.append(
                Ruling(
                    rule: .dropout, asset: devices.assets[device],
                    verdict: isTold[device] ? .arises(grounds) : .ends(grounds, at: now)))
        }
    }

    /// Quarters of an hour without any reading that this site does not have while it is read.
    private func pause(_ devices: Devices) -> Int64 {
        max(4, Self.staleAfter(period: devices.periods.min() ?? 0) / 900_000 + 1)
    }

    private func age(_ device: Int, _ now: Timestamp) -> Int64 { now.milliseconds - max(heard[device], begun) }

    private func grounds(_ device: Int, age: Int64, _ now: Timestamp, silent: Int) -> Grounds {
        let since = silent > 0 ? now.milliseconds - max(age, Self.longest) : now.milliseconds - max(age, 0)
        let hours = Double(now.milliseconds - since) / 3_600_000
        return Grounds(
            startedAt: Timestamp(milliseconds: since), severity: .p3, size: Measure("silence", hours, .hour),
            evidence: Evidence(
                from: Timestamp(milliseconds: since), to: now,
                measures: [
                    Measure("silence", hours, .hour), Measure("silent_children", Double(silent)),
                    Measure("required_silence", Double(Self.longest) / 3_600_000, .hour),
                ]))
    }

    /// Whether decoded state fits the site and can be used without trapping.
    func fits(_ devices: Devices) -> Bool {
        let moments = 0...DataClock.believable.upperBound.milliseconds
        return heard.count == devices.assets.count && isTold.count == heard.count
            && heard.allSatisfy { moments.contains($0) } && moments.contains(begun) && moments.contains(quarter)
    }
}
