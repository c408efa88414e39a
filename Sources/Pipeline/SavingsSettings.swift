// SPDX-License-Identifier: Apache-2.0

public import Savings

extension SiteConfiguration {
    /// The site's water meters as the savings report sees them, in the order of the file.
    public var savingsMeters: [SavingsMeter] {
        let lifted = Set(devices.flatMap { $0.pumpSet?.boosted ?? [] })
        return devices.compactMap { device in
            device.meter.map { meter in
                SavingsMeter(
                    asset: device.asset, role: .init(meter.role), parent: meter.parent,
                    litresPerCount: meter.litresPerCount, counterModulus: meter.counterModulus,
                    nominalFlow: meter.nominalFlow, occupants: meter.occupants,
                    isLifted: lifted.contains(device.asset))
            }
        }
    }

    /// What water costs here; `nil` for a site without a tariff.
    public var costing: Costing? { tariff.map { Costing(tariff: $0, meters: savingsMeters) } }
}

extension SavingsMeter.Role {
    init(_ role: MeterRole) {
        switch role {
        case .bulk: self = .bulk
        case .riser: self = .riser
        case .unit: self = .dwelling
        case .irrigation: self = .irrigation
        }
    }
}
