// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles

extension SiteReader {
    /// The `frozen_after:` of a device: which of its points are doubted when they stand still, by their names.
    mutating func readFrozen(of device: DeviceSettings, _ section: Section) -> [String: Located<SiteFrozenRule>] {
        let subject = "\(section.subject): frozen_after"
        guard let points = file.section("frozen_after", in: section, subject, keys: nil) else { return [:] }
        let names = device.device.values.map(\.name)
        var rules: [String: Located<SiteFrozenRule>] = [:]
        for entry in points.entries {
            guard names.contains(entry.key) else {
                file.error(
                    .unknownPoint, at: entry.keyPlace,
                    points.says(
                        "the device has no point '\(entry.key)'.\(suggestion(for: entry.key, in: names))"))
                continue
            }
            let subject = "\(subject): \(entry.key)"
            guard let point = file.section(entry.value, subject, at: entry.keyPlace, keys: SiteKeys.frozenPoint) else {
                continue
            }
            file.require("seconds", in: point, "Give the time after which an unchanged value is doubted.")
            file.require(
                "while", in: point, "Name the point that tells when it should move: running or pump-1/running.")
            let seconds = file.number("seconds", in: point)
            guard let companion = file.text("while", in: point), let seconds else { continue }
            let parts = companion.value.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count <= 2 else {
                file.error(
                    .siteFrozenCompanion, at: companion.place,
                    point.says("'\(companion.value)' is neither POINT nor ASSET/POINT."))
                continue
            }
            rules[entry.key] = Located(
                SiteFrozenRule(
                    after: .milliseconds(Int64((seconds.value * 1000).rounded())),
                    asset: parts.count == 2 ? AssetIdentifier(parts[0]) : device.asset, point: parts[parts.count - 1]),
                companion.place)
        }
        return rules
    }

    /// What tells that a point should move is another point of the site that can be on or off, or a number.
    mutating func checkCompanions() {
        for device in devices {
            for (name, place) in device.companions.sorted(by: { $0.value < $1.value }) {
                guard let rule = device.settings.frozen[name] else { continue }
                let subject = "device '\(device.settings.identifier)': frozen_after: \(name)"
                func refuse(_ reason: String) { file.error(.siteFrozenCompanion, at: place, "\(subject): \(reason)") }
                guard let other = devices.first(where: { $0.settings.asset == rule.asset })?.settings else {
                    if unreadableAssets.contains(rule.asset.text) { continue }
                    let known = devices.map(\.settings.asset.text)
                    refuse("there is no asset '\(rule.asset)'.\(suggestion(for: rule.asset.text, in: known))")
                    continue
                }
                guard let value = other.device.values.first(where: { $0.name == rule.point }) else {
                    let known = other.device.values.map(\.name)
                    refuse(
                        "asset '\(rule.asset)' has no point '\(rule.point)'."
                            + suggestion(for: rule.point, in: known))
                    continue
                }
                if other.asset == device.settings.asset, rule.point == name {
                    refuse("a point cannot tell this of itself. Name another.")
                } else if !value.stateLabels.isEmpty {
                    refuse("'\(rule.point)' is a state of several. Name a point that is on or off, or a number.")
                }
            }
        }
    }
}
