// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModbusCodec
import Model
import Profiles
import SiteFiles
import Testing

/// Every bundled profile as a list, and back.
@Suite struct PointListRoundTripTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../DeviceProfiles").standardized.path
    private static let files = profileFiles(at: folder)

    @Test func `there are profiles`() { #expect(Self.files.count > 30) }

    /// The point as a list can say it: by the default of each choice of the site, its set by content, always there.
    private func plainPoint(_ point: ProfilePoint, of profile: DeviceProfile) -> ProfilePoint {
        func preset(_ name: String) -> String? {
            switch profile.parameter(named: name)?.defaultValue {
            case .text(let text): text
            case .integer(let whole): "\(whole)"
            case .number(let number): "\(number)"
            default: nil
            }
        }
        var plain = point
        plain.set = point.set.flatMap { name in profile.sets.first { $0.name == name } }.map { "\($0.content)" }
        if case .parameter(let name) = point.order {
            plain.order = .fixed(preset(name).flatMap(WordOrder.init(rawValue:)) ?? .dcba)
        }
        // A value of one register has no order.
        if point.type.width == 1 { plain.order = .fixed(.abcd) }
        if case .parameter(let name) = point.unit {
            plain.unit = .fixed(preset(name).flatMap(UnitOfMeasure.init(rawValue:)) ?? .none)
        }
        if case .parameter(let name) = point.scale {
            plain.scale = .fixed(preset(name).flatMap(DecimalNumber.init) ?? .one)
        }
        plain.hasUnit = plain.unit != .fixed(.none)
        (plain.source, plain.presence) = (nil, [])
        return plain
    }

    /// Signals that are one point as it stands.
    private func plainSignals(of profile: DeviceProfile) -> Set<String> {
        Set(
            profile.signals.compactMap { signal in
                guard case .point(let point) = signal.form, signal.unit == nil, signal.frozen == nil,
                    signal.presence.isEmpty
                else { return nil }
                // Only a site can say what such a point is measured in.
                if case .parameter(let name) = profile.points.first(where: { $0.name == point })?.unit,
                    profile.parameter(named: name)?.defaultValue == nil
                {
                    return nil
                }
                return "\(signal.name) \(point)"
            })
    }

    @Test(arguments: files, ListLanguage.allCases)
    func `export and import give the same points`(path: String, language: ListLanguage) throws {
        let bundle = loadProfileBundle(at: path, folders: [Self.folder])
        let profile = try #require(bundle.profile)
        let export = exportPoints(profile, language: language)
        // Written as the command writes it, and read as a file.
        let bytes: [UInt8] = [0xEF, 0xBB, 0xBF] + Array(export.text.utf8)
        let list = try decodeList(bytes, path: "list.csv")
        #expect(list.encoding == .utf8)
        let found = importPoints(list.text, path: "list.csv", options: PointListOptions(order: .dcba))
        #expect(!found.hasErrors, "\(found.problems)")
        let listed = try #require(found.profiles.first)
        let read = try #require(readProfile(listed.text, path: listed.path).profile)
        #expect(read.identifier == profile.identifier && read.kind == profile.kind)
        #expect(read.points.count == profile.points.count)
        for (old, new) in zip(profile.points, read.points) {
            #expect(plainPoint(old, of: profile) == plainPoint(new, of: read), "\(old.name)")
        }
        #expect(plainSignals(of: read) == plainSignals(of: profile))
        let said = export.leftOut.joined(separator: "\n")
        for signal in profile.signals
        where !plainSignals(of: profile).contains(where: { $0.hasPrefix("\(signal.name) ") }) {
            #expect(said.contains("signal '\(signal.name)'"), "what is left out is told")
        }
        // The list that is made from the profile of the list is the same one.
        #expect(exportPoints(read, language: language).text == export.text || !profile.parameters.isEmpty)
    }
}
