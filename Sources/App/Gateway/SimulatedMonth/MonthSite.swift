// SPDX-License-Identifier: Apache-2.0

import Analysis
import Model

/// The site's file of an estate that is known from its readings: every device with a profile that could read it, at
/// addresses that lead nowhere, and a staff.
struct MonthSite {
    private let site: SiteDescription
    private let zone: String
    private var devices: [String] = []
    private var count = 0

    /// Devices of one bus.
    private static let unitsOfBus = 100

    /// - Parameter zone: Name of its time zone.
    static func file(_ site: SiteDescription, name: String, zone: String, stateDirectory: String) -> String {
        var writer = MonthSite(site: site, zone: zone)
        writer.addDevices()
        // Addresses for documentation (RFC 5737): whoever runs a gateway on this file reaches nothing.
        let buses = (0...max(0, writer.count - 1) / unitsOfBus).map {
            "  bus-\($0 + 1): {tcp: 192.0.2.\($0 % 200 + 1), port: 502}\n"
        }
        return """
            # SPDX-License-Identifier: Apache-2.0
            # A simulated month: \(name).
            site: {id: \(name), name: {zh: 模拟小区, en: Simulated estate}, zone: "\(zone)", language: zh-Hans, company: {zh: 湖滨物业, en: Lakeside Care}}
            storage: {directory: "\(stateDirectory)", reading_days: 35}
            mqtt: {url: "mqtt://192.0.2.250:1883", replay_window_seconds: 180}
            dashboard: {address: 127.0.0.1, port: 0}
            buses:
            \(buses.joined())devices:
            \(writer.devices.joined(separator: "\n"))
            tariff:
              currency: CNY
              water: [{up_to_cubic_metres_per_year: 180, price: 5.00}, {price: 9.00}]
              estate_price: 9.50
            \(writer.preventive)
            \(staff)
            """
    }

    private init(site: SiteDescription, zone: String) { (self.site, self.zone) = (site, zone) }

    private mutating func addDevices() {
        for meter in site.meters {
            let parent = meter.parent.map { ", parent: \($0)" } ?? ""
            let isLarge = meter.role != .unit
            add(
                meter.asset, isLarge ? "tuf-2000-ultrasonic" : "usw-dn15-40-ultrasonic", area(of: meter),
                names(of: meter.role), "meter: {role: \(meter.role.rawValue)\(parent), litres_per_count: 0.001}")
        }
        for tank in site.tanks { add(tank.asset, "qdy30a-level", "plant", ("水箱", "Tank")) }
        for set in site.pumpSets { add(set.asset, "grundfos-cim-booster", "plant", ("增压泵组", "Pump set")) }
        for pump in site.pumps { add(pump.asset, "grundfos-cim-epump", "plant", ("水泵", "Pump")) }
        for lift in site.lifts { add(lift.asset, "contact-pairs-waveshare-io-8ch", "lifts", ("电梯", "Lift")) }
        for gate in site.gates { add(gate.asset, "contact-pairs-moxa-iologik-e1200", "gates", ("道闸", "Gate")) }
        for sensor in site.sensors { add(sensor.asset, "moxa-iologik-e1200", "plant", ("传感器", "Sensor")) }
    }

    private mutating func add(
        _ asset: AssetIdentifier, _ profile: String, _ area: String, _ name: (zh: String, en: String),
        _ more: String? = nil
    ) {
        devices += [
            "  \(asset):",
            "    profile: \(profile)",
            "    bus: bus-\(count / Self.unitsOfBus + 1)",
            "    unit: \(count % Self.unitsOfBus + 1)",
            "    area: \(area)",
            "    asset: \(asset)",
            "    name: {zh: \"\(name.zh) \(asset)\", en: \"\(name.en) \(asset)\"}",
            "    responsible: propertyCompany",
        ]
        if let more { devices.append("    \(more)") }
        count += 1
    }

    /// What a riser feeds is one building.
    private func area(of meter: MeterDescription) -> String {
        switch meter.role {
        case .bulk: return "plant"
        case .irrigation: return "garden"
        case .riser: return "building-\(meter.asset)"
        case .unit: return meter.parent.map { "building-\($0)" } ?? "plant"
        }
    }

    private func names(of role: MeterDescription.Role) -> (String, String) {
        switch role {
        case .bulk: ("总水表", "Inlet meter")
        case .irrigation: ("绿化水表", "Irrigation meter")
        case .riser: ("立管水表", "Riser meter")
        case .unit: ("户表", "Dwelling meter")
        }
    }

    /// The preventive calendar of what the estate has.
    private var preventive: String {
        var works: [String] = []
        func add(_ name: String, _ asset: AssetIdentifier?, _ kind: String, _ more: String) {
            guard let asset else { return }
            works.append("  - {id: \(name), asset: \(asset), kind: \(kind)\(more)}")
        }
        add("clean-tank", site.tanks.first?.asset, "tank_cleaning", ", first_due: 2025-10-21")
        for lift in site.lifts { add("service-\(lift.asset)", lift.asset, "lift_service", ", first_due: 2025-10-10") }
        add("change-duty", site.pumps.first?.asset, "pump_duty_change", ", first_due: 2025-09-30")
        add(
            "verify-riser", site.meters.first { $0.role == .riser }?.asset, "meter_verification",
            ", first_due: 2025-10-29")
        add("before-holidays", site.meters.first?.asset, "holiday_inspection", "")
        return works.isEmpty ? "" : "preventive:\n" + works.joined(separator: "\n")
    }

    /// Closed and working days of October 2025 by the State Council's notice on the holidays of 2025. The channels are
    /// the machine's own discard port.
    private static let staff = """
        persons:
          wang-fang: {name: {zh: 王芳, en: Wang Fang}, role: receiver, phone: "0571-5550101"}
          liu-yang: {name: {zh: 刘洋, en: Liu Yang}, role: receiver, phone: "0571-5550102"}
          li-wei: {name: {zh: 李伟, en: Li Wei}, role: technician}
          sun-tao: {name: {zh: 孙涛, en: Sun Tao}, role: technician}
          he-jun: {name: {zh: 何军, en: He Jun}, role: technician}
          chen-jie: {name: {zh: 陈杰, en: Chen Jie}, role: shiftLeader}
          guo-lei: {name: {zh: 郭磊, en: Guo Lei}, role: shiftLeader}
          zhao-min: {name: {zh: 赵敏, en: Zhao Min}, role: manager}
        channels:
          duty: {kind: webhook, url: "http://127.0.0.1:9/duty", allow_private: true}
          leaders: {kind: webhook, url: "http://127.0.0.1:9/leaders", allow_private: true, priorities: [p1, p2]}
        duty: {owner: wang-fang}
        roster:
          shifts:
            - {post: repairCrew, persons: [li-wei, sun-tao], from: "08:00", hours: 12}
            - {post: repairCrew, persons: [he-jun], from: "20:00", hours: 12}
            - {post: serviceCentre, persons: [wang-fang], from: "06:00", hours: 16}
            - {post: shiftLeader, persons: [chen-jie], from: "08:00", hours: 12}
            - {post: shiftLeader, persons: [guo-lei], from: "20:00", hours: 12}
            - {post: manager, persons: [zhao-min], from: "08:30", hours: 9, weekdays: [1, 2, 3, 4, 5]}
          absences:
            - {person: wang-fang, from: 2025-10-13, to: 2025-10-15, substitute: liu-yang}
        calendars:
          working_days:
            hours: ["08:30-12:00", "14:00-17:30"]
            closed: [2025-10-01/2025-10-08]
            make_up: [2025-09-28, 2025-10-11]
        tickets: {verify_for_minutes: 30, verify_leak_for_hours: 24}
        """ + "\n"
}
