// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
public import Model
import Profiles

/// All that the polling of a bus depends on: where two configurations agree on it, its poller may go on from one to the
/// other.
public struct BusWork: Equatable, Sendable {
    fileprivate struct Device: Equatable {
        var identifier: DeviceIdentifier
        var area: AreaIdentifier
        var asset: AssetIdentifier
        var unit: UnitIdentifier
        var device: CompiledDevice
    }

    public let bus: BusSettings
    private let site: SiteIdentifier
    private let polling: PollingSettings
    private let devices: [Device]

    /// - Returns: `nil` for a bus that no device of `configuration` stands on: nothing is polled there.
    public init?(_ bus: BusSettings, in configuration: SiteConfiguration) {
        let devices = configuration.devices.filter { $0.bus == bus.identifier }
        guard !devices.isEmpty else { return nil }
        (self.bus, site, polling) = (bus, configuration.site.identifier, configuration.polling)
        self.devices = devices.map {
            Device(identifier: $0.identifier, area: $0.area, asset: $0.asset, unit: $0.unit, device: $0.device)
        }
    }

    /// The work on every bus that is polled, in the order of the file.
    public static func all(of configuration: SiteConfiguration) -> [BusWork] {
        configuration.buses.compactMap { BusWork($0, in: configuration) }
    }

    /// How often and what a device is read, by its identifier.
    fileprivate var readings: [DeviceIdentifier: DeviceReading] {
        Dictionary(
            devices.map { ($0.identifier, DeviceReading(bus: bus, polling: polling, device: $0)) },
            uniquingKeysWith: { first, _ in first })
    }

    fileprivate struct DeviceReading: Equatable {
        var bus: BusSettings
        var polling: PollingSettings
        var device: Device
    }
}

/// What a changed configuration means to the buses and devices of a site.
public struct ConfigurationDifference: Equatable, Sendable {
    /// Buses that are polled as before, those that are not, and those that are polled no more.
    public var unchanged: [BusIdentifier] = []
    public var begun: [BusIdentifier] = []
    public var ended: [BusIdentifier] = []
    /// Devices that are new, gone, or read in another way than before.
    public var added: [DeviceIdentifier] = []
    public var removed: [DeviceIdentifier] = []
    public var changed: [DeviceIdentifier] = []

    /// All lists are in the order of the file, what is gone in that of the file before.
    public init(from earlier: SiteConfiguration, to later: SiteConfiguration) {
        let (before, after) = (BusWork.all(of: earlier), BusWork.all(of: later))
        for work in after {
            let isKnown = before.contains(work)
            if isKnown { unchanged.append(work.bus.identifier) } else { begun.append(work.bus.identifier) }
        }
        let polled = Set(after.map(\.bus.identifier))
        ended = before.map(\.bus.identifier).filter { !polled.contains($0) }
        func readings(_ works: [BusWork]) -> [DeviceIdentifier: BusWork.DeviceReading] {
            works.reduce(into: [:]) { $0.merge($1.readings) { first, _ in first } }
        }
        let (old, new) = (readings(before), readings(after))
        for device in later.devices.map(\.identifier) {
            if old[device] == nil {
                added.append(device)
            } else if old[device] != new[device] {
                changed.append(device)
            }
        }
        removed = earlier.devices.map(\.identifier).filter { new[$0] == nil }
    }

    /// One line for each list that is not empty, such as `devices added: booster-1`.
    public var lines: [String] {
        func line(_ word: String, _ names: [String]) -> String? {
            names.isEmpty ? nil : "\(word): \(names.joined(separator: ", "))"
        }
        return [
            line("buses that go on", unchanged.map(\.text)), line("buses that begin", begun.map(\.text)),
            line("buses that end", ended.map(\.text)), line("devices added", added.map(\.text)),
            line("devices removed", removed.map(\.text)), line("devices changed", changed.map(\.text)),
        ].compactMap { $0 }
    }
}
