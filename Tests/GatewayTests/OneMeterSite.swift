// SPDX-License-Identifier: Apache-2.0

/// A site of one water meter that counts in hundredths of a cubic metre, and its profile.
enum OneMeterSite {
    /// - Parameter order: Of the bytes of the 32-bit register.
    static func profile(order: String = "ABCD") -> String {
        """
        profile: acme-wm40
        kind: water-meter
        name: {zh: 水表, en: Meter}
        order: \(order)
        points:
          count: {table: holding, address: 0, type: uint32, scale: 0.01, unit: m3, poll: normal}
        signals:
          water.total: {from: count}

        """
    }

    /// - Parameter settings: Lines of the site's file beside the meter.
    static func text(_ settings: String = "") -> String {
        """
        site: {id: lakeside, name: Lakeside}
        dashboard: {port: 0}
        \(settings)
        buses:
          pump-room: {tcp: 127.0.0.1, port: 1502}
        devices:
          inlet-meter:
            profile: acme-wm40
            bus: pump-room
            unit: 1
            area: inlet
            asset: main-meter
            responsible: utility
            meter: {role: bulk, litres_per_count: 10, nominal_flow_cubic_metres_per_hour: 25}
        persons:
          wang-fang: {name: Wang Fang, role: receiver}
        duty: {owner: wang-fang}

        """
    }
}
