// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// One value on the page, never without its quality and its age.
struct PointRow: Sendable {
    var pointName: String
    var pointPath: String
    /// A dash where no value may be believed.
    var value: String
    var unitSymbol: String
    /// Names the look: `good`, `uncertain`, `bad`, `stale`, `none`.
    var tone: String
    var qualityWord: String
    /// Why it is not good.
    var qualityReason: String?
    var age: String?
    var ageMilliseconds: Int64?
    var staleAfterMilliseconds: Int64
    /// Whether the page itself must mark it stale when no news comes.
    var canBecomeStale: Bool

    init(_ point: PointSnapshot, in moment: EstateMoment) {
        let wording = moment.wording
        pointName = wording.word(.point, point.name)
        pointPath = point.path
        staleAfterMilliseconds = Int64(clamping: Int(exactly: (point.staleAfterSeconds * 1000).rounded()) ?? .max)
        age = point.sourceTime.map { moment.time.age(of: $0, at: moment.now) }
        ageMilliseconds = point.sourceTime?.milliseconds
        let isStale = point.isStale(at: moment.now)
        tone = Self.tone(point, isStale: isStale)
        qualityWord = wording.word(.quality, tone)
        if let reason = point.reason, point.quality != .good { qualityReason = Self.reason(reason, wording) }
        canBecomeStale = tone == "good" || tone == "uncertain"
        if let quantity = point.quantity, point.quality != .bad {
            value = Self.text(quantity, of: point, wording)
            unitSymbol = point.unit.symbol
        } else {
            (value, unitSymbol) = ("—", "")
        }
    }

    private static func tone(_ point: PointSnapshot, isStale: Bool) -> String {
        switch point.quality {
        case nil: "none"
        case .bad: "bad"
        case .good, .uncertain: isStale ? "stale" : point.quality == .good ? "good" : "uncertain"
        }
    }

    /// The sentence for a quality reason; exceptions name their code.
    static func reason(_ reason: String, _ wording: Wording) -> String {
        if reason.hasPrefix("exception_"),
            let sentence = wording.sentence(.reason, "exception", ["code": String(reason.dropFirst(10))])
        {
            return sentence
        }
        return wording.word(.reason, reason)
    }

    static func text(_ quantity: Quantity, of point: PointSnapshot, _ wording: Wording) -> String {
        switch quantity {
        case .number(let number): NumberText.number(number)
        case .integer(let count): NumberText.integer(count)
        case .isOn(let isOn):
            wording.texts[WordFamily.flag.key("\(point.name)_\(isOn)")] ?? wording.word(.flag, "\(isOn)")
        case .state(let place): point.stateLabel.map { wording.word(.label, $0) } ?? "\(place)"
        }
    }
}

/// One asset with its values.
struct AssetCard: Sendable {
    var anchor: String
    var assetName: String
    var areaName: String
    var kindWord: String
    var availabilityWord: String
    /// Names the look: `online`, `offline`, `unknown`.
    var availabilityTone: String
    var profileName: String
    var benchWord: String
    var points: [PointRow]

    init(_ asset: AssetSnapshot, in moment: EstateMoment) {
        let wording = moment.wording
        anchor = "asset-\(asset.identifier)"
        assetName = wording.pick(asset.name)
        areaName = asset.area.text
        kindWord = wording.word(.kind, asset.kind)
        availabilityTone = asset.availability.rawValue
        availabilityWord = wording.word(.availability, asset.availability.rawValue)
        profileName = asset.profile
        benchWord = wording.text(asset.isBenchTested ? .benchTested : .benchNotTested)
        points = asset.points.map { PointRow($0, in: moment) }
    }
}
