// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model
import Profiles

/// A device of the site with all that is known of it.
public struct AssetDetail: Hashable, Sendable {
    public var asset: AssetSnapshot
    /// Where each point is read, in the order of ``AssetSnapshot/points``; empty for one that is worked out.
    public var registers: [[RegisterSpan]]
    public var bus: BusIdentifier
    public var unit: UnitIdentifier
    /// Building or room; empty when it is not known.
    public var place: String
    public var responsible: ResponsibleParty
    /// Who speaks for them; `nil` for nobody.
    public var contact: PersonIdentifier?
    public var boundary: BilingualText?
    public var warrantyUntil: CivilDate?
    /// The day on which planned work was done last; `nil` when none is on record.
    public var lastServiceOn: CivilDate?
    /// The meter upstream; `nil` for an inlet and for what is no water meter.
    public var parent: AssetIdentifier?
    /// Open ones and those that are over, the newest first.
    public var findings: [FindingSnapshot]
    /// Open ones first, then the newest.
    public var tickets: [TicketSnapshot]

    /// Of a device of which nothing more is known.
    public init(_ asset: AssetSnapshot, bus: BusIdentifier, unit: UnitIdentifier) {
        (self.asset, self.bus, self.unit) = (asset, bus, unit)
        (registers, place, responsible, findings, tickets) = ([], "", .propertyCompany, [], [])
    }

    public init(_ device: DeviceSettings, as asset: AssetSnapshot, lastServiceOn: CivilDate?) {
        self.init(asset, bus: device.bus, unit: device.unit)
        registers = device.device.values.map(\.needs)
        (place, responsible) = (device.place, device.responsible)
        (contact, boundary) = (device.card.contact, device.card.boundary)
        (warrantyUntil, self.lastServiceOn) = (device.card.warrantyUntil, lastServiceOn)
        parent = device.meter?.parent
    }
}
