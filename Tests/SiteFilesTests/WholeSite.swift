// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tickets

@testable import SiteFiles

/// A site's file in which every key stands, each on a line of its own, with all that it needs beside it.
enum WholeSite {
    /// A folder with the file and what it names.
    static func folder() throws -> SiteFolder {
        let folder = try SiteFolder(site: text)
        try folder.write(station, to: "profiles/pump/acme-station/profile.yaml")
        try folder.write("year: 2026\nsource: the council\nclosed: [2026-10-01/2026-10-07]\n", to: "lists/2026.yaml")
        for (name, content) in [
            ("mqtt", "hunter2\n"), ("robot", "https://robot.example.org/send?key=hunter2\n"), ("hook", "hunter2\n"),
            ("mail", "hunter2\n"), ("page.key", "hunter2\n"),
        ] {
            try folder.write(content, to: "secrets/\(name)")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: "\(folder.path)/secrets/\(name)")
        }
        return folder
    }

    private static let station = """
        profile: acme-station
        kind: pump
        name: {zh: 泵站, en: Station}
        points:
          is_on: {table: discrete, address: 0, type: bool, poll: fast}
          head: {table: holding, address: 0, type: uint16, unit: kPa, poll: normal}
          level: {table: holding, address: 1, type: uint16, unit: mm, poll: normal}
          chlorine: {table: holding, address: 2, type: uint16, scale: 0.01, unit: mg/L, poll: normal}
        signals:
          pump.running: {from: is_on}
          pump.outlet_pressure: {from: head}
          tank.level: {from: level}
          water.chlorine: {from: chlorine}

        """

    static let text = """
        site:
          id: lakeside
          name:
            zh: 湖畔花园
            en: Lakeside
          zone: Asia/Shanghai
          language: en
          company: Lakeside Estates
          area: north
        storage:
          directory: state
          reading_days: 35
          alarm_days: 1096
          maximum_megabytes: 4096
          reserve_megabytes: 64
          policy: overwrite_oldest
          gather_seconds: 1
        mqtt:
          url: mqtts://broker.example.org
          replay_window_seconds: 180
          maximum_silence_seconds: 300
          ca_file: ca.pem
          certificate_file: sluice.pem
          key_file: sluice.key
          home_assistant: false
          user_name: sluice
          password_file: secrets/mqtt
          units: true
        delivery:
          confirm: replay
          backlog_rate: 200
        dashboard:
          address: 127.0.0.1
          port: 8420
          public_url: https://lakeside.example/
          certificate_file: sluice.pem
          key_file: secrets/page.key
          behind_proxy: true
          sign_in: required
        polling:
          fast_seconds: 1
          normal_seconds: 10
          slow_seconds: 60
        buses:
          plant:
            tcp: 10.0.0.20
            timeout_milliseconds: 1000
            turnaround_milliseconds: 20
            port: 502
            framing: mbap
            line:
              baud: 9600
              parity: even
              stop_bits: 1
              gap_milliseconds: 0
          wires:
            serial: /dev/ttyUSB0
            baud: 19200
            parity: none
            stop_bits: 2
            gap_milliseconds: 5
        devices:
          inlet:
            profile: acme-wm40
            bus: wires
            unit: 1
            area: inlet
            asset: main-meter
            name: Inlet
            place: Pump house
            responsible: utility
            parameters:
              total_unit: L
              depth: 2.5
            meter:
              role: bulk
              litres_per_count: 1
              counter_modulus: 100000000
              nominal_flow_cubic_metres_per_hour: 40
              longest_interval_minutes: 1
            report:
              total:
                deadband: 5
                maximum_silence_seconds: 900
            contact: wang-fang
            boundary: up to the inlet meter
            warranty_until: 2027-06-30
          garden:
            profile: acme-wm40
            bus: wires
            unit: 2
            area: garden
            asset: garden
            responsible: propertyCompany
            meter:
              role: irrigation
              parent: main-meter
              litres_per_count: 1
              occupants: 3
              floor_area_square_metres: 85.5
            irrigation:
              weekdays: [1, 3, 5]
              start: "05:30"
              longest_minutes: 40
              skipped_after_rain_millimetres: 2
              rain_window_hours: 12
          station:
            profile: acme-station
            bus: plant
            unit: 3
            area: plant
            asset: station
            responsible: contractor
            report:
              outlet_pressure:
                deadband_percent: 1
                span: [0, 1000]
            frozen_after:
              outlet_pressure:
                seconds: 600
                while: station/running
            tank:
              volume_cubic_metres: 40
              overflow_level_metres: 2.4
              meter: main-meter
            pump:
              set: station
              rated_kilowatts: 3
              condition_learning_hours: 72
            pump_set:
              control: variableSpeed
              set_pressure_bar: 4.5
              boosted: [garden]
            limits:
              chlorine: [0.2, 0.5]
              turbidity: [0, 1]
          fire-tank:
            profile: acme-station
            bus: plant
            unit: 4
            area: plant
            asset: fire-tank
            responsible: contractor
            facility:
              kind: fire_water
              lowest_level_metres: 2
              highest_level_metres: 4
              lowest_pressure_bar: 1
          gate:
            profile: acme-gate
            bus: plant
            unit: 5
            area: entrance
            asset: main-gate
            responsible: contractor
            gate:
              held_open_after_minutes: 20
              held_open_after_in_peak_minutes: 30
        persons:
          wang-fang:
            name: 王芳
            role: receiver
            phone: "13800000000"
            channel: letters
        duty:
          owner: wang-fang
        tickets:
          verify_for_minutes: 30
          verify_leak_for_hours: 24
          feedback_hours: 48
          photo_days: 1095
        announcements:
          - kind: maintenance
            start: 2026-05-04 08:00
            end: 2026-05-04 12:00
            bus: plant
            note: new pumps
          - kind: liftService
            start: 2026-07-06 08:00
            end: 2026-07-06 12:00
            asset: station
        tariff:
          currency: CNY
          water:
            - up_to_cubic_metres_per_year: 180
              price: 5
            - price: 7
          estate_price: 6
          electricity_price: 0.8
          lifting_kilowatt_hours_per_cubic_metre: 0.5
        alarms:
          shelve_at_most_hours: 24
          flap_quiet_minutes: 30
          standing_after_hours: 24
          hold_seconds: 30
          symptom_before_seconds: 120
          symptom_after_minutes: 10
          storm_begins: 10
          storm_ends: 5
          suppress_when:
            - asset: station
              rule: pump_dry_run
              when: station/running is off
        roster:
          shifts:
            - post: repairCrew
              persons: [wang-fang]
              from: "06:00"
              hours: 16
              weekdays: [1, 2, 3]
          absences:
            - person: wang-fang
              from: 2026-12-01
              to: 2026-12-03
              substitute: wang-fang
        calendars:
          service_centre:
            hours: ["06:00-22:00"]
          working_days:
            hours: ["08:30-12:00", "14:00-17:30"]
            weekdays: [1, 2, 3, 4, 5]
            closed: [2026-12-24]
            make_up: [2026-12-26/2026-12-27]
            lists: [lists/2026.yaml]
        service_levels:
          version: 3
          p1:
            acknowledge_minutes: 3
            on_site_minutes: 15
            repair_hours: 8
            escalate_percent: [50, 100]
            repeat_minutes: 15
            repeats: 5
            repeat_days: 1
          p2:
            repair_hours: 8
          p3:
            repair_working_days: 3
          p4:
            repair_working_days: 7
        preventive:
          - id: clean-tank
            asset: station
            kind: tank_cleaning
            every_months: 6
            count_from: last_due
            first_due: 2026-12-01
            lead_days: 7
            notice_before_hours: 24
            witnesses: 2
            water_test: true
            retention_years: 3
          - id: lift
            asset: station
            kind: lift_service
            every_days: 15
            first_due: 2026-12-01
          - id: pump
            asset: station
            kind: pump_duty_change
            every_run_hours: 500
            first_due: 2026-12-01
          - id: holidays
            asset: station
            kind: holiday_inspection
            closed_days: 3
        channels:
          robot:
            kind: dingtalk
            secret_file: secrets/robot
            priorities: [p1, p2]
            posts: [repairCrew]
            fallback: letters
            per_minute: 18
            allow_private: false
            time_limit_seconds: 15
            certificates: robot.pem
            keyword: 报修
          wecom:
            kind: wecom
            secret_file: secrets/robot
          feishu:
            kind: feishu
            secret_file: secrets/robot
          erp:
            kind: webhook
            secret_file: secrets/hook
            url: https://erp.example.org/sluice
          letters:
            kind: email
            secret_file: secrets/mail
            host: mail.example.org
            port: 587
            security: starttls
            from: sluice@example.org
            to: [duty@example.org]
            user: sluice
        guidance:
          emergency_plans:
            burst: Close the main valve.
          safety_notes:
            pump: Cut the power first.
          spare_parts:
            burst: [clamp DN50, gasket]
        reports:
          targets:
            least_satisfaction: 88

        """ + FigureKey.allCases.map { "    \($0.targetKey): 90\n" }.joined()
}
