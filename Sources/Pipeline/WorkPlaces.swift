// SPDX-License-Identifier: Apache-2.0

public import Alarms
import Model

/// What can be under work: assets, what is behind them, and what is on a bus.
public struct WorkPlaces: Sendable {
    private var assets: Set<AssetIdentifier> = []
    private var buses: [BusIdentifier: Set<AssetIdentifier>] = [:]
    private var topology = Topology()

    public init() {}

    public init(_ devices: [DeviceSettings], topology: Topology) {
        self.topology = topology
        for device in devices {
            assets.insert(device.asset)
            buses[device.bus, default: []].insert(device.asset)
        }
    }

    /// Whether such an announcement takes alarms out of service.
    ///
    /// A lift in service and a meter that is exchanged are switched off and on. Works on a building explain water that
    /// is drawn and nothing else: a pipe may well burst there.
    public static func concerns(_ kind: AnnouncementSettings.Kind) -> Bool {
        switch kind {
        case .maintenance, .liftService, .meterExchange: true
        case .publicHoliday, .vacancy, .buildingWorks, .poolFilling, .gateKeptOpen, .manualIrrigation: false
        }
    }

    /// Whose alarms an announcement takes out of service; `nil` for one that takes none.
    ///
    /// The whole estate is every asset with a device: what is watched of rosters and calendars goes on.
    func assets(of line: AnnouncementLine, lifts: [AssetIdentifier]) -> Set<AssetIdentifier>? {
        guard Self.concerns(line.kind) else { return nil }
        if let bus = line.bus { return buses[bus] ?? [] }
        guard let asset = line.asset else { return line.kind == .liftService ? Set(lifts) : assets }
        return line.isZone ? behind(asset).union([asset]) : [asset]
    }

    /// `site`, `asset/pump-1`, `zone/riser-2` or `bus/line-1`.
    static func scope(of line: AnnouncementLine) -> String {
        if let bus = line.bus { return "bus/\(bus)" }
        return line.asset.map { (line.isZone ? "zone/" : "asset/") + $0.text } ?? "site"
    }

    /// Whether what a draft names is there, and whether it says why.
    func check(_ draft: AnnouncementDraft) throws(AnnouncementRefusal) {
        if draft.note.allSatisfy(\.isWhitespace) { throw .reasonMissing }
        if let bus = draft.bus, buses[bus] == nil {
            throw .unknownBus(bus, known: buses.keys.sorted { $0.text < $1.text })
        }
        guard let asset = draft.asset else { return }
        guard assets.contains(asset) else { throw .unknownAsset(asset) }
        if draft.isZone, behind(asset).isEmpty {
            throw .noZone(asset, zones: assets.filter { !behind($0).isEmpty }.sorted())
        }
    }

    private func behind(_ asset: AssetIdentifier) -> Set<AssetIdentifier> {
        assets.filter { topology.isUpstream(asset, of: $0) }
    }
}
