// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A site of one tank that has to be cleaned, for tests of planned work and of what residents are told.
enum TankSite {
    private static let profile = """
        profile: acme-p1
        kind: level
        name: {zh: 水箱, en: Tank}
        points:
          level: {table: holding, address: 0, type: uint16, poll: normal}

        """

    /// Writes it.
    ///
    /// - Parameters:
    ///   - more: Further sections of the site's file.
    ///   - notice: Hours before the work at which residents are told.
    /// - Returns: What names it to a command.
    static func write(in folder: TestFolder, _ more: String = "", notice: Int = 24) throws -> [String] {
        try folder.write("profiles/level/acme-p1/profile.yaml", profile)
        try folder.write(
            "site.yaml",
            """
            site: {id: lab, name: Lab, language: en, company: {zh: 湖滨物业, en: Lakeside Care}}
            storage: {directory: "\(folder.path)/state"}
            mqtt: {url: "mqtt://127.0.0.1:\(try freePort())"}
            dashboard: {port: 0}
            buses: {t: {tcp: 127.0.0.1, port: \(try freePort())}}
            devices:
              tank: {profile: acme-p1, bus: t, unit: 1, area: roof, asset: roof-tank, responsible: propertyCompany}
            persons:
              wang-fang: {name: {zh: 王芳, en: Wang Fang}, role: receiver}
              li-wei: {name: Li Wei, role: technician}
            duty: {owner: wang-fang}
            preventive:
              - {id: clean-roof-tank, asset: roof-tank, kind: tank_cleaning, first_due: 2026-01-15, notice_before_hours: \(notice)}

            """ + more)
        return ["--config", "\(folder.path)/site.yaml", "--profiles", "\(folder.path)/profiles"]
    }
}
