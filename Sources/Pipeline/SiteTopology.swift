// SPDX-License-Identifier: Apache-2.0

public import Alarms
public import Analysis
import Model

extension SiteDescription {
    /// What comes through what: meters below the ones their water passes through, tanks below their meter, pump sets
    /// between the meters whose water they pump and those upstream, pumps below their set.
    public var topology: Topology {
        var topology = Topology()
        let boosted = Set(pumpSets.flatMap(\.boosted))
        for set in pumpSets {
            for meter in meters where set.boosted.contains(meter.asset) {
                if let parent = meter.parent, boosted.contains(parent) { continue }
                topology.connect(meter.asset, below: set.asset)
                if let parent = meter.parent, topology.parent(of: set.asset) == nil {
                    topology.connect(set.asset, below: parent)
                }
            }
        }
        for meter in meters where topology.parent(of: meter.asset) == nil {
            if let parent = meter.parent { topology.connect(meter.asset, below: parent) }
        }
        for tank in tanks { if let meter = tank.meter { topology.connect(tank.asset, below: meter) } }
        for pump in pumps { if let set = pump.set { topology.connect(pump.asset, below: set) } }
        return topology
    }
}
