// SPDX-License-Identifier: Apache-2.0

import Model

extension EstateSimulator {
    /// The site's file of this estate, ready for `sluice run`.
    ///
    /// - Parameters:
    ///   - addresses: Where each bus is; devices of a bus without an address are left out.
    ///   - stateDirectory: Folder of the database.
    ///   - mqttURL: Such as `mqtt://127.0.0.1:1883`.
    ///   - dashboardPort: 0 takes a free one.
    ///   - language: Of the page and of notices: `zh-Hans` or `en`.
    ///   - baud: Of the serial lines, which are 8N1.
    ///   - fastSeconds: Period of contacts; the two others are those of flows and levels, and of totals.
    public func siteFile(
        addresses: [String: BusAddress], stateDirectory: String, mqttURL: String, dashboardPort: Int,
        language: String = "zh-Hans", baud: Int = 9600, fastSeconds: Double = 1, normalSeconds: Double = 5,
        slowSeconds: Double = 15
    ) -> String {
        var lines = [
            "# SPDX-License-Identifier: Apache-2.0",
            "# The simulated estate.",
            "site: {id: lakeside, name: {zh: 湖畔花园, en: Lakeside}, zone: \(quoted(zone.name)), language: \(language)}",
            "storage: {directory: \(quoted(stateDirectory)), reading_days: 35}",
            "mqtt: {url: \(quoted(mqttURL)), replay_window_seconds: 180}",
            "dashboard: {address: 127.0.0.1, port: \(dashboardPort)}",
            "polling: {fast_seconds: \(fastSeconds), normal_seconds: \(normalSeconds), slow_seconds: \(slowSeconds)}",
            "buses:",
        ]
        for bus in Self.buses {
            switch addresses[bus.name] {
            case .tcp(let host, let port):
                lines.append(
                    "  \(bus.name): {tcp: \(quoted(host)), port: \(port), timeout_milliseconds: 1000, "
                        + "turnaround_milliseconds: 2}")
            case .pty(let path):
                lines.append(
                    "  \(bus.name): {serial: \(quoted(path)), baud: \(baud), parity: none, stop_bits: 1, "
                        + "timeout_milliseconds: 1000, turnaround_milliseconds: 20}")
            case nil: break
            }
        }
        lines.append("devices:")
        for device in devices where addresses[device.bus] != nil {
            lines += [
                "  \(device.identifier):",
                "    profile: \(device.profile)",
                "    bus: \(device.bus)",
                "    unit: \(device.unit)",
                "    area: \(device.area)",
                "    asset: \(device.asset)",
                "    name: {zh: \(quoted(device.name.zh)), en: \(quoted(device.name.en))}",
                "    responsible: \(device.responsible)",
            ]
            if let meter = device.meter {
                let parent = meter.parent.map { ", parent: \($0)" } ?? ""
                lines.append(
                    "    meter: {role: \(meter.role)\(parent), litres_per_count: 0.001, "
                        + "nominal_flow_cubic_metres_per_hour: \(meter.nominalFlow.value / 1000)"
                        // The history of the demo reads dwellings each quarter of an hour.
                        + (meter.role == "unit" ? ", longest_interval_minutes: 15}" : "}"))
            }
            if device.machine == .gateContacts {
                lines.append("    gate: {held_open_after_minutes: 20, held_open_after_in_peak_minutes: 30}")
            }
        }
        lines += [
            "tariff:",
            "  currency: CNY",
            "  water: [{up_to_cubic_metres_per_year: 180, price: 5.00}, {price: 9.00}]",
            "  estate_price: 9.50",
            "persons:",
            "  wang-fang: {name: {zh: 王芳, en: Wang Fang}, role: receiver}",
            "  li-wei: {name: {zh: 李伟, en: Li Wei}, role: technician}",
            "  chen-jie: {name: {zh: 陈杰, en: Chen Jie}, role: shiftLeader}",
            "  zhao-min: {name: {zh: 赵敏, en: Zhao Min}, role: manager}",
            "duty: {owner: wang-fang}",
            "tickets: {verify_for_minutes: 0, verify_leak_for_hours: 0}",
            "guidance:",
            "  emergency_plans:",
            "    burst: {zh: 关闭该区域阀门，通知楼内住户储水。, en: Close the valve of the zone and tell its residents.}",
            "    lift: {zh: 先安抚被困人员，再联系电梯公司。, en: \"Speak to whoever is shut in, then call the lift company.\"}",
            "  safety_notes: {pump: {zh: 检修前断电挂牌。, en: Cut the power and hang the sign before work.}}",
            "  spare_parts: {burst: [DN50 clamp, gasket], toilet_leak: [flapper]}",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    /// `text` as a double-quoted YAML scalar.
    private func quoted(_ text: String) -> String {
        var result = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"", "\\": result += "\\\(character)"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(character)
            }
        }
        return result + "\""
    }
}
