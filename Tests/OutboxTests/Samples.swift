// SPDX-License-Identifier: Apache-2.0

import Model

/// A riser meter with a state, and a pump, as the tests of this folder use them.
enum Samples {
    static let riser = AssetIndex(0)
    static let pump = AssetIndex(1)

    static let catalogue = Catalogue(
        site: SiteIdentifier("lakeside"),
        assets: [
            Asset(
                identifier: AssetIdentifier("riser-2"), area: AreaIdentifier("b3"), device: DeviceIdentifier("m17"),
                profile: "water-meter/acme-wm40", name: BilingualText(zh: "二号立管", en: "Riser 2"), points: 0..<3),
            Asset(
                identifier: AssetIdentifier("pump-1"), area: AreaIdentifier("pump-room"),
                device: DeviceIdentifier("p1"), profile: "pump/acme-p1", name: BilingualText("Pump \"1\""),
                points: 3..<4),
        ],
        points: [
            Point(
                asset: riser, name: "flow", signal: "water.flow", unit: .cubicMetrePerHour, stateLabels: [],
                period: .seconds(10)),
            Point(
                asset: riser, name: "total", signal: "water.total", unit: .litre, stateLabels: [], period: .seconds(60)),
            Point(
                asset: riser, name: "valve", signal: nil, unit: .none, stateLabels: ["closed", "open"],
                period: .seconds(10)),
            Point(
                asset: pump, name: "is_running", signal: nil, unit: .none, stateLabels: [], period: .seconds(1)),
        ])

    /// 2026-11-22T08:00:00.000Z.
    static let morning = Timestamp(milliseconds: 1_795_334_400_000)

    static func sweep(
        _ sequence: Int64, of asset: AssetIndex = riser, at wall: Timestamp = morning,
        instant: MonotonicInstant = MonotonicInstant(nanoseconds: 0), timeQuality: TimeQuality = .synced,
        _ readings: [Reading]
    ) -> StoredSweep {
        StoredSweep(
            firstSequence: SequenceNumber(sequence),
            sweep: Sweep(
                asset: asset, receivedAt: instant, receivedWall: wall, timeQuality: timeQuality, readings: readings))
    }

    static func flow(_ value: Double, at moment: Timestamp = morning) -> Reading {
        Reading(point: PointIndex(0), good: .number(value), sourceTime: moment)
    }

    static func total(_ value: Int64, at moment: Timestamp = morning) -> Reading {
        Reading(point: PointIndex(1), good: .integer(value), sourceTime: moment)
    }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

func second(_ value: Double) -> MonotonicInstant { MonotonicInstant(nanoseconds: Int64(value * 1e9)) }
