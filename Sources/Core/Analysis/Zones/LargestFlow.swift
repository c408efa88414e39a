// SPDX-License-Identifier: Apache-2.0

import Model

/// The largest that the ways out of a zone have taken: how much a meter that stands still, or a tank that runs over, can
/// explain at most.
struct LargestFlow: Hashable, Codable, Sendable {
    /// A child that is missing or stands still explains at most this, in L/h: a bath and a shower in one quarter hour.
    private static let dwelling = 600.0
    /// A meter that stood still or counted too little a while ago is believed to this share.
    private static let suspectShare = 0.7
    /// A meter that stands for an hour may be standing still.
    private static let standstill: Int64 = 60
    /// A meter that usually passes this at an hour of the day, in L/h, seldom stands still for all of it.
    private static let busy = 30.0
    /// A maximum is forgotten by a fifth in a month: its factor for each day.
    private static let keeps: Float = 0.992

    /// For each child and hour of the local day the largest ten minutes in L/h; empty unless all children are read each
    /// minute.
    private var children: [Float]
    /// The largest ten minutes of what the tanks took and the children behind them, in L/h.
    private var fill: Float = 0
    private var learnedThrough: Int64 = -1
    /// For each child read each minute the end of the last hour in which it stood still: windows that reach back to it
    /// still hold what it did not count.
    private var stoodThrough: [Int64]

    init(_ zone: Zone) {
        children = Array(repeating: 0, count: zone.isFast ? 24 * zone.children.count : 0)
        stoodThrough = Array(repeating: -1, count: zone.isFast ? zone.children.count : 0)
    }

    /// Follows which children stand still, at each minute.
    mutating func follow(_ view: ZoneView, end: Int64) {
        for place in stoodThrough.indices {
            let minutes = view.meters[view.zone.children[place]].minutes
            if let passed = minutes.volume(from: end - Self.standstill, to: end), passed <= 0 {
                stoodThrough[place] = end
            }
        }
    }

    /// Learns from the ten minutes that end at `end`.
    mutating func learn(_ view: ZoneView, end: Int64) {
        guard end >= learnedThrough + 10 else { return }
        learnedThrough = end
        if !view.zone.tanks.isEmpty, !view.stoodAtEdge(from: end - 10, to: end),
            let stored = view.stored(from: end - 10, to: end), let taken = Self.boosted(view, from: end - 10, to: end)
        {
            fill = max(fill * 0.99995, Float(max(0, stored * 6 + taken)))
        }
        guard !children.isEmpty else { return }
        for (place, child) in view.zone.children.enumerated() {
            guard !view.meters[child].standing.isSuspect(at: view.dataTime),
                let litres = view.meters[child].minutes.volume(from: end - 10, to: end)
            else { continue }
            let hour = place * 24 + view.hourOfDay
            // Six times an hour.
            children[hour] = max(children[hour] * (1 - (1 - Self.keeps) / 6), Float(litres * 6))
        }
    }

    /// Flow in L/h that what is known to be wrong in a zone may explain in a window.
    func excuse(_ view: ZoneView, from: Int64, to: Int64) -> Double {
        var excuse = 0.0
        // Meters and tanks are looked at where they lie: a copy of one counts the references of all its histories.
        if view.zone.tanks.contains(where: { place in
            view.tanks.tanks[place].overflow.isInAlarm
                || view.tanks.tanks[place].stoodAtEdge(view.site.tanks[place], from: from, to: to) ?? false
        }) {
            let used = Self.boosted(view, from: from, to: to) ?? 0
            let stored = (view.stored(from: from, to: to) ?? 0) * 60 / Double(max(1, to - from))
            excuse += max(0, Double(fill) - used - stored)
        }
        for (place, child) in view.zone.children.enumerated() {
            if children.isEmpty {
                if view.meters[child].standing.standingSince != nil || view.meters[child].isMissing(at: view.dataTime) {
                    excuse += min(Self.dwelling, view.meters[child].fast.learnedMaximum)
                }
                continue
            }
            // The hour, the one before and the one after.
            let largest = (23...25).reduce(0) { max($0, Double(children[place * 24 + (view.hourOfDay + $1) % 24])) }
            // An irrigation stands still most of the time.
            guard view.site.meters[child].role != .irrigation else { continue }
            if view.meters[child].standing.standingSince != nil || from < stoodThrough[place] {
                excuse += max(largest, view.zone.inner[place].map { Self.behind($0, of: view) } ?? 0)
            } else if view.meters[child].standing.isSuspect(at: view.dataTime) {
                excuse += Self.suspectShare * largest
            }
        }
        return excuse
    }

    /// Whether something is known to be wrong, so that nothing is to be learned: a tank at its edge, a child that lies, or
    /// one that stands still although it hardly ever does at this hour.
    func isUpset(_ view: ZoneView, from: Int64, to: Int64) -> Bool {
        if view.zone.tanks.contains(where: { view.tanks.tanks[$0].overflow.isInAlarm }) { return true }
        if view.stoodAtEdge(from: from, to: to) { return true }
        return view.zone.children.enumerated().contains { place, child in
            if view.meters[child].standing.isSuspect(at: view.dataTime) { return true }
            guard stoodThrough.indices.contains(place), from < stoodThrough[place],
                view.site.meters[child].role != .irrigation
            else { return false }
            return view.meters[child].usual.flow(hourOfDay: view.hourOfDay) ?? 0 >= Self.busy
        }
    }

    /// The largest quarter of the last hour for which the children of a child have been read, in L/h: what it passes
    /// without counting.
    private static func behind(_ zone: Int, of view: ZoneView) -> Double {
        let inner = ZoneView(behind: zone, of: view)
        let end = inner.childrenEnd
        return (0..<4).reduce(0) { largest, quarter in
            let to = end - 15 * Int64(quarter)
            return max(largest, (inner.taken(from: to - 15, to: to)?.litres ?? 0) * 4)
        }
    }

    /// What the children behind the tanks took, in L/h; `nil` when one of them is not known.
    private static func boosted(_ view: ZoneView, from: Int64, to: Int64) -> Double? {
        var litres = 0.0
        for (place, child) in view.zone.children.enumerated() where view.zone.isBoosted[place] {
            guard let volume = view.meters[child].minutes.volume(from: from, to: to) else { return nil }
            litres += volume
        }
        return litres * 60 / Double(max(1, to - from))
    }

    /// Whether decoded state fits the zone and can be used without trapping.
    func fits(_ zone: Zone) -> Bool {
        children.count == (zone.isFast ? 24 * zone.children.count : 0) && children.allSatisfy(\.isFinite)
            && stoodThrough.count == (zone.isFast ? zone.children.count : 0)
            && stoodThrough.allSatisfy { (-1...100_000_000).contains($0) } && fill.isFinite
            && (-1...100_000_000).contains(learnedThrough)
    }
}
