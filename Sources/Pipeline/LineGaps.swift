// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Profiles

extension BusSettings {
    /// This bus with the silence before a request that the most demanding of its devices asks for.
    ///
    /// It holds for the whole line: a unit hears the requests to its neighbours too.
    public func keepingGaps(of devices: [DeviceSettings]) -> BusSettings {
        let asked = devices.lazy.filter { $0.bus == identifier }.map(\.device.manners.gap).max() ?? .zero
        var bus = self
        if case .serial(var line) = wire {
            line.extraGap = max(line.extraGap, asked - silentInterval(baud: line.baud))
            bus.wire = .serial(line)
        }
        if var line = lineBehind {
            line.extraGap = max(line.extraGap, asked - silentInterval(baud: line.baud))
            bus.lineBehind = line
        }
        return bus
    }
}
