// SPDX-License-Identifier: Apache-2.0

import SiteFiles
import Model
import Testing

/// One slip in a good site's file and every line that `sluice check` must print about it.
struct Refusal: Sendable, CustomTestStringConvertible {
    var name = ""
    var old = ""
    var new = ""
    var lines: [String] = []
    var testDescription: String { name }

    /// Reads a table: `##` names a case, `-` is what stands in the good file, `+` what stands there instead, and the
    /// rest are the lines, those of the site's file without its path. `⏎` stands for a line break.
    static func table(_ text: String) -> [Refusal] {
        var refusals: [Refusal] = []
        for line in text.split(separator: "\n") {
            let content = line.dropFirst(2).replacing("⏎", with: "\n")
            if line.hasPrefix("##") {
                refusals.append(Refusal(name: String(line.dropFirst(3))))
            } else if let last = refusals.indices.last {
                switch line.first {
                case "-": refusals[last].old = String(content)
                case "+": refusals[last].new = String(content)
                default: refusals[last].lines.append(line.first?.isNumber == true ? "site.yaml:" + line : String(line))
                }
            }
        }
        return refusals
    }

    /// The good file with the slip in it; `nil` when the file does not hold the place.
    func applied(to text: String) -> String? {
        text.firstRange(of: old).map { String(text[..<$0.lowerBound]) + new + String(text[$0.upperBound...]) }
    }
}

@Suite struct SiteRefusalTests {
    @Test(arguments: cases)
    func `a mistake is told with place, cause and cure`(_ refusal: Refusal) throws {
        let text = try #require(refusal.applied(to: Self.good), "the good file has no '\(refusal.old)'")
        let folder = try SiteFolder(site: text)
        let loaded = folder.load()
        #expect(folder.lines(loaded) == refusal.lines)
        #expect((loaded.configuration == nil) == (loaded.errorCount > 0))
    }

    @Test(arguments: [248, 255]) func `a unit that RTU frames cannot carry is refused`(unit: Int) throws {
        let text = Self.good.replacing("port: 1502}", with: "port: 1502, framing: rtu}")
            .replacing("    unit: 1\n", with: "    unit: \(unit)\n")
        let folder = try SiteFolder(site: text)
        #expect(
            folder.lines(folder.load()).contains(
                "site.yaml:11:11: error: SL-1115: device 'inlet-meter': unit \(unit) is not possible on RTU endpoint "
                    + "'pump-room'; allowed: 1 to 247."))
    }

    static let good = """
        site: {id: lakeside, name: {zh: 湖畔花园, en: Lakeside}, zone: Asia/Shanghai}
        mqtt: {url: "mqtt://127.0.0.1:1883"}
        dashboard: {port: 0}
        buses:
          pump-room: {tcp: 127.0.0.1, port: 1502}
          line-1: {serial: /dev/ttyUSB0, baud: 9600}
        devices:
          inlet-meter:
            profile: acme-wm40
            bus: pump-room
            unit: 1
            area: inlet
            asset: main-meter
            responsible: utility
            meter: {role: bulk, litres_per_count: 1}
          riser:
            profile: acme-wm40
            bus: line-1
            unit: 2
            area: block-3
            asset: riser-1
            responsible: propertyCompany
            parameters: {total_unit: L, depth: 2.5}
            meter: {role: riser, parent: main-meter, litres_per_count: 10}
          gate:
            profile: acme-gate
            bus: line-1
            unit: 3
            area: entrance
            asset: main-gate
            responsible: contractor
            gate: {held_open_after_minutes: 5}
        persons:
          wang-fang: {name: 王芳, role: receiver}
        duty: {owner: wang-fang}

        """

    static let cases = Refusal.table(
        """
        ## unknown profile
        - profile: acme-gate
        + profile: acme-gaet
        26:14: error: SL-1102: device 'gate': profile 'acme-gaet' is not known. Did you mean 'acme-gate'? Profiles of your own are looked for in /etc/sluice/profiles and in each --profiles FOLDER.
        ## a point to report that the device does not have
        - gate: {held_open_after_minutes: 5}
        + report: {positoin: {deadband: 1}}
        32:14: error: SL-1221: device 'gate': report: the device has no point 'positoin'. Did you mean 'position'?
        ## a negative deadband
        - gate: {held_open_after_minutes: 5}
        + report: {position: {deadband: -1}}
        32:35: error: SL-1109: device 'gate': report: position: deadband -1 is out of range; allowed: 0 to 1000000000.
        ## a deadband in per cent of an unknown span
        - gate: {held_open_after_minutes: 5}
        + report: {position: {deadband_percent: 1}}
        32:43: error: SL-1135: device 'gate': report: position: the profile does not say what the value can be. Give \
        its span: span: [lowest, highest].
        ## two deadbands
        - gate: {held_open_after_minutes: 5}
        + report: {position: {deadband_percent: 1, deadband: 2, span: [0, 4]}}
        32:46: error: SL-1108: device 'gate': report: position: give either 'deadband' or 'deadband_percent'.
        ## a span upside down
        - gate: {held_open_after_minutes: 5}
        + report: {position: {deadband_percent: 1, span: [4, 0]}}
        32:52: error: SL-1108: device 'gate': report: position: 'span' must be [lowest, highest].
        ## a span without a use
        - gate: {held_open_after_minutes: 5}
        + report: {position: {deadband: 1, span: [0, 4]}}
        32:38: error: SL-1108: device 'gate': report: position: 'span' goes with 'deadband_percent'.
        ## a point that the device does not have stands still
        - gate: {held_open_after_minutes: 5}
        + frozen_after: {positoin: {seconds: 60, while: total}}
        32:20: error: SL-1221: device 'gate': frozen_after: the device has no point 'positoin'. Did you mean 'position'?
        ## a point stands still for no time
        - gate: {held_open_after_minutes: 5}
        + frozen_after: {position: {seconds: 0, while: main-meter/total}}
        32:40: error: SL-1109: device 'gate': frozen_after: position: seconds 0 is out of range; allowed: 1 to 604800.
        ## a companion of no asset
        - gate: {held_open_after_minutes: 5}
        + frozen_after: {position: {seconds: 60, while: main-metre/total}}
        32:51: error: SL-1134: device 'gate': frozen_after: position: there is no asset 'main-metre'. Did you mean \
        'main-meter'?
        ## a companion that the asset does not have
        - gate: {held_open_after_minutes: 5}
        + frozen_after: {position: {seconds: 60, while: main-meter/totl}}
        32:51: error: SL-1134: device 'gate': frozen_after: position: asset 'main-meter' has no point 'totl'. Did you \
        mean 'total'?
        ## a companion in three parts
        - gate: {held_open_after_minutes: 5}
        + frozen_after: {position: {seconds: 60, while: inlet/main-meter/total}}
        32:51: error: SL-1134: device 'gate': frozen_after: position: 'inlet/main-meter/total' is neither POINT nor \
        ASSET/POINT.
        ## a point as its own companion
        - gate: {held_open_after_minutes: 5}
        + frozen_after: {position: {seconds: 60, while: position}}
        32:51: error: SL-1134: device 'gate': frozen_after: position: a point cannot tell this of itself. Name another.
        ## a companion of several states
        - unit: 2
        + unit: 2⏎    frozen_after: {total: {seconds: 60, while: main-gate/position}}
        20:48: error: SL-1134: device 'riser': frozen_after: total: 'position' is a state of several. Name a point that \
        is on or off, or a number.
        ## a currency by its name
        - duty: {owner: wang-fang}⏎
        + tariff: {currency: yuan, water: [{price: 5}]}⏎duty: {owner: wang-fang}⏎
        35:20: error: SL-1108: tariff: currency 'yuan' is no code of three capital letters, such as CNY.
        ## a tariff without a price
        - duty: {owner: wang-fang}⏎
        + tariff: {currency: CNY}⏎duty: {owner: wang-fang}⏎
        35:1: error: SL-1105: tariff: key 'water' is missing. Give the price of a cubic metre for dwellings: water: \
        [{price: 5.00}].
        ## a tariff of no blocks
        - duty: {owner: wang-fang}⏎
        + tariff: {currency: CNY, water: []}⏎duty: {owner: wang-fang}⏎
        35:32: error: SL-1108: tariff: 'water' needs a price: water: [{price: 5.00}].
        ## a last block that ends
        - duty: {owner: wang-fang}⏎
        + tariff: {currency: CNY, water: [{price: 5, up_to_cubic_metres_per_year: 5}]}⏎duty: {owner: wang-fang}⏎
        35:73: error: SL-1108: tariff: block 1: the last block has no end. Remove 'up_to_cubic_metres_per_year'.
        ## two blocks without an end
        - duty: {owner: wang-fang}⏎
        + tariff: {currency: CNY, water: [{price: 5}, {price: 6}]}⏎duty: {owner: wang-fang}⏎
        35:33: error: SL-1105: tariff: block 1: key 'up_to_cubic_metres_per_year' is missing. Only the last block has no \
        end.
        ## blocks out of order
        - duty: {owner: wang-fang}⏎
        + tariff: {currency: CNY, water: [{price: 5, up_to_cubic_metres_per_year: 9}, {price: 6, up_to_cubic_metres_per_year: 9}, {price: 7}]}⏎duty: {owner: wang-fang}⏎
        35:117: error: SL-1108: tariff: block 2: it ends at or below the block before it. Put them in order.
        ## lifting at no price
        - duty: {owner: wang-fang}⏎
        + tariff: {currency: CNY, water: [{price: 5}], lifting_kilowatt_hours_per_cubic_metre: 1}⏎duty: {owner: wang-fang}⏎
        35:86: error: SL-1108: tariff: lifting costs nothing without 'electricity_price'. Give the price of a kilowatt \
        hour.
        ## no silence
        - 1883"}
        + 1883", maximum_silence_seconds: 0}
        2:63: error: SL-1109: mqtt: maximum_silence_seconds 0 is out of range; allowed: 1 to 86400.
        ## unknown bus
        - bus: line-1⏎    unit: 2
        + bus: lin-1⏎    unit: 2
        18:10: error: SL-1112: device 'riser': bus 'lin-1' is not under 'buses'. Did you mean 'line-1'?
        ## baud
        - baud: 9600
        + baud: 9601
        6:40: error: SL-1117: bus 'line-1': baud 9601 is not possible; nearest is 9600.
        ## no baud
        - , baud: 9600
        +
        6:3: error: SL-1105: bus 'line-1': key 'baud' is missing. Give the speed of the line, such as 9600.
        ## unknown owner
        - owner: wang-fang
        + owner: wang-fnag
        35:15: error: SL-1113: duty: owner 'wang-fnag' is not under 'persons'. Did you mean 'wang-fang'?
        ## unknown parent
        - parent: main-meter
        + parent: mian-meter
        24:34: error: SL-1114: device 'riser': meter: parent 'mian-meter' is not an asset with a meter. Did you mean \
        'main-meter'?
        ## parent without a meter
        - parent: main-meter
        + parent: main-gate
        24:34: error: SL-1114: device 'riser': meter: parent 'main-gate' is not an asset with a meter. Did you mean \
        'main-meter'?
        ## cycle
        - {role: bulk, litres
        + {role: bulk, parent: riser-1, litres
        15:33: error: SL-1124: device 'inlet-meter': meter: it is its own parent: main-meter -> riser-1 -> main-meter.
        ## its own parent
        - parent: main-meter
        + parent: riser-1
        24:34: error: SL-1124: device 'riser': meter: it is its own parent: riser-1 -> riser-1.
        ## unit 250 on a line
        - unit: 2
        + unit: 250
        19:11: error: SL-1115: device 'riser': unit 250 is not possible on serial line 'line-1'; allowed: 1 to 247.
        ## unit 0 on a line
        - unit: 3
        + unit: 0
        28:11: error: SL-1115: device 'gate': unit 0 is not possible on serial line 'line-1'; allowed: 1 to 247.
        ## unit beyond a byte
        - unit: 1⏎
        + unit: 300⏎
        11:11: error: SL-1109: device 'inlet-meter': unit 300 is out of range; allowed: 0 to 255.
        ## unit not a number
        - unit: 1⏎
        + unit: one⏎
        11:11: error: SL-1108: device 'inlet-meter': unit must be a whole number, not 'one'.
        ## duplicate unit
        - unit: 3
        + unit: 2
        28:11: error: SL-1116: device 'gate': unit 2 of bus 'line-1' is already device 'riser' (line 19).
        ## duplicate asset
        - asset: riser-1
        + asset: main-meter
        21:12: error: SL-1118: device 'riser': asset 'main-meter' is already that of device 'inlet-meter' (line 13).
        ## alphabet
        - asset: riser-1
        + asset: Riser 1
        21:12: error: SL-1119: device 'riser': asset 'Riser 1': a name is 1 to 64 characters of a-z, 0-9, '-' and \
        '_', and begins with a letter or a digit.
        ## upper case
        - area: block-3
        + area: Block-3
        20:11: error: SL-1119: device 'riser': area 'Block-3': a name is 1 to 64 characters of a-z, 0-9, '-' and '_', \
        and begins with a letter or a digit. Write 'block-3'.
        ## only by case
        -   gate:⏎    profile
        +   Riser:⏎    profile
        25:3: error: SL-1120: device 'Riser': it differs from 'riser' only by case. Choose another name.
        ## area of the product
        - area: entrance
        + area: alarm
        29:11: error: SL-1121: device 'gate': area 'alarm' is reserved for topics of Sluice's own. Choose another \
        name.
        ## area with an underline
        - area: entrance
        + area: _gate
        29:11: error: SL-1121: device 'gate': area '_gate' is reserved for topics of Sluice's own. Choose another \
        name.
        ## zone
        - zone: Asia/Shanghai
        + zone: Asia/Shangai
        1:60: error: SL-1122: site: zone 'Asia/Shangai' is not in the tz database. Did you mean 'Asia/Shanghai'?
        ## city alone
        - zone: Asia/Shanghai
        + zone: Europe/Shanghai
        1:60: error: SL-1122: site: zone 'Europe/Shanghai' is not in the tz database. Did you mean 'Asia/Shanghai'?
        ## open dashboard
        - port: 0
        + address: 0.0.0.0
        3:22: error: SL-1123: dashboard: address '0.0.0.0' can be reached from other machines, and this page has no TLS. \
        Use 127.0.0.1, or give it a certificate (certificate_file and key_file), or put a proxy that ends TLS before it and \
        say so: behind_proxy: true.
        ## certificate without an address
        - port: 0
        + address: 0.0.0.0, certificate_file: page.pem, key_file: page.key
        3:31: error: SL-1123: dashboard: certificate_file needs the address that browsers ask for. Add public_url: \
        "https://estate.example/".
        ## certificate without its key
        - port: 0
        + certificate_file: page.pem, public_url: "https://estate.example/"
        3:31: error: SL-1105: dashboard: certificate_file needs key_file: a certificate and its key go together.
        ## key that is not there
        - port: 0
        + certificate_file: page.pem, key_file: page.key, public_url: "https://estate.example/"
        3:51: error: SL-1140: dashboard: the key file 'page.key' cannot be read as text. Create it, and let the user that \
        runs Sluice read it.
        ## proxy without an address
        - port: 0
        + behind_proxy: true
        3:13: error: SL-1123: dashboard: behind_proxy needs the address that browsers ask for. Add public_url: \
        "https://estate.example/".
        ## proxy without TLS
        - port: 0
        + behind_proxy: true, public_url: "http://estate.example/"
        3:13: error: SL-1123: dashboard: behind_proxy needs the address that browsers ask for. Add public_url: \
        "https://estate.example/".
        ## open to all
        - port: 0
        + address: 0.0.0.0, behind_proxy: true, public_url: "https://estate.example/", sign_in: none
        3:90: error: SL-1123: dashboard: sign_in: none would let in everybody who reaches the page from another \
        machine. Use sign_in: required, or address: 127.0.0.1 without behind_proxy.
        ## sign-in word
        - port: 0
        + sign_in: maybe
        3:22: error: SL-1108: dashboard: sign_in 'maybe' is not known. Allowed: none, required.
        ## port
        - port: 0
        + port: 70000
        3:19: error: SL-1109: dashboard: port 70000 is out of range; allowed: 0 to 65535.
        ## tcp port
        - port: 1502
        + port: 0
        5:37: error: SL-1109: bus 'pump-room': port 0 is out of range; allowed: 1 to 65535.
        ## port in the address
        - tcp: 127.0.0.1, port: 1502
        + tcp: "127.0.0.1:1502"
        5:20: error: SL-1132: bus 'pump-room': tcp '127.0.0.1:1502' is not an address or a host name. The port goes \
        into 'port'.
        ## meter that counts no water
        - gate: {held_open_after_minutes: 5}
        + meter: {role: unit}
        32:5: error: SL-1125: device 'gate': profile 'acme-gate' offers no water.total, so it is no meter. Remove \
        'meter'.
        ## gate that is none
        - meter: {role: bulk, litres_per_count: 1}
        + meter: {role: bulk, litres_per_count: 1}⏎    gate: {held_open_after_minutes: 5}
        16:5: error: SL-1126: device 'inlet-meter': profile 'acme-wm40' offers no gate.position, so it is no gate. \
        Remove 'gate'.
        ## meter without role
        - {role: bulk, litres_per_count: 1}
        + {litres_per_count: 1}
        15:5: error: SL-1105: device 'inlet-meter': meter: key 'role' is missing. Name bulk, riser, unit or \
        irrigation.
        ## meter without step
        - {role: bulk, litres_per_count: 1}
        + {role: bulk}
        15:5: error: SL-1105: device 'inlet-meter': meter: key 'litres_per_count' is missing. Give the smallest step \
        of its register, in litres.
        ## meter not described
        -     meter: {role: bulk, litres_per_count: 1}⏎
        +
        8:3: warning: SL-1133: device 'inlet-meter': it counts water, but without 'meter' no leak rule watches it. \
        Add meter: {role: unit}.
        23:34: error: SL-1114: device 'riser': meter: parent 'main-meter' is not an asset with a meter. Allowed: \
        riser-1.
        ## role
        - role: bulk
        + role: bluk
        15:19: error: SL-1108: device 'inlet-meter': meter: role 'bluk' is not known. Did you mean 'bulk'?
        ## responsible
        - responsible: contractor
        + responsible: contracter
        31:18: error: SL-1108: device 'gate': responsible party 'contracter' is not known. Did you mean 'contractor'?
        ## unknown root key
        - duty:
        + dutty: {}⏎duty:
        35:1: error: SL-1104: key 'dutty' is not known. Did you mean 'duty'?
        ## unknown device key
        - area: inlet
        + aera: inlet⏎    area: inlet
        12:5: error: SL-1104: device 'inlet-meter': key 'aera' is not known. Did you mean 'area'?
        ## unknown meter key
        - role: bulk,
        + rolle: bulk, role: bulk,
        15:13: error: SL-1104: device 'inlet-meter': meter: key 'rolle' is not known. Did you mean 'role'?
        ## unknown bus key
        - baud: 9600
        + baud: 9600, parties: none
        6:46: error: SL-1104: bus 'line-1': key 'parties' is not known. Allowed: baud, framing, \
        gap_milliseconds, line, parity, \
        port, serial, stop_bits, tcp, timeout_milliseconds, turnaround_milliseconds.
        ## bus key of the other kind
        - port: 1502
        + baud: 9600
        5:31: error: SL-1132: bus 'pump-room': 'baud' belongs to a serial line, and this bus is a TCP endpoint.
        ## bus of both kinds
        - tcp: 127.0.0.1, port: 1502
        + tcp: 127.0.0.1, serial: /dev/ttyS0
        5:3: error: SL-1132: bus 'pump-room': give either 'tcp', the address of an endpoint, or 'serial', the file of \
        a line.
        ## bus of no kind
        - tcp: 127.0.0.1, port: 1502
        + port: 1502
        5:3: error: SL-1132: bus 'pump-room': give either 'tcp', the address of an endpoint, or 'serial', the file of \
        a line.
        ## parity
        - baud: 9600
        + baud: 9600, parity: Even
        6:54: error: SL-1108: bus 'line-1': parity 'Even' is not known. Did you mean 'even'?
        ## stop bits
        - baud: 9600
        + baud: 9600, stop_bits: 3
        6:57: error: SL-1109: bus 'line-1': stop_bits 3 is out of range; allowed: 1 to 2.
        ## TCP and RTU over TCP on one endpoint
        - line-1: {serial: /dev/ttyUSB0, baud: 9600}
        + line-1: {tcp: 127.0.0.1, port: 1502, framing: rtu}
        6:17: error: SL-1131: bus 'line-1': 127.0.0.1 port 1502 is already bus 'pump-room' (line 5).
        ## framing unknown
        - port: 1502}
        + port: 1502, framing: ascii}
        5:52: error: SL-1108: bus 'pump-room': framing 'ascii' is not known. Allowed: mbap, rtu.
        ## line without its speed
        - port: 1502}
        + port: 1502, line: {parity: even}}
        5:43: error: SL-1105: bus 'pump-room': line: key 'baud' is missing. Give the speed of the line, such as 9600.
        ## impossible speed behind an endpoint
        - port: 1502}
        + port: 1502, line: {baud: 9601}}
        5:56: error: SL-1117: bus 'pump-room': line: baud 9601 is not possible; nearest is 9600.
        ## framing on a serial line
        - baud: 9600}
        + baud: 9600, framing: rtu}
        6:46: error: SL-1132: bus 'line-1': 'framing' belongs to a TCP endpoint, and this bus is a serial line.
        ## line twice
        - pump-room: {tcp: 127.0.0.1, port: 1502}
        + pump-room: {serial: /dev/ttyUSB0, baud: 19200}
        6:20: error: SL-1131: bus 'line-1': /dev/ttyUSB0 is already bus 'pump-room' (line 5).
        ## missing site
        - site: {id: lakeside, name: {zh: 湖畔花园, en: Lakeside}, zone: Asia/Shanghai}⏎
        +
        1:1: error: SL-1105: key 'site' is missing. Name the estate: site: {id: lakeside, zone: Asia/Shanghai}.
        ## missing id
        - id: lakeside, 
        +
        1:1: error: SL-1105: site: key 'id' is missing. Give the estate a short name for topics, such as lakeside.
        ## missing profile and bus
        -     profile: acme-gate⏎    bus: line-1⏎
        +
        25:3: error: SL-1105: device 'gate': key 'profile' is missing. Name the profile of its model.
        25:3: error: SL-1105: device 'gate': key 'bus' is missing. Name the bus that it is wired to.
        ## missing unit, area, asset and responsible
        -     unit: 3⏎    area: entrance⏎    asset: main-gate⏎    responsible: contractor⏎
        +
        25:3: error: SL-1105: device 'gate': key 'unit' is missing. Give its address on the bus, 1 to 247.
        25:3: error: SL-1105: device 'gate': key 'area' is missing. Name the part of the estate that it stands in.
        25:3: error: SL-1105: device 'gate': key 'asset' is missing. Name the thing that it speaks for, such as \
        riser-2.
        25:3: error: SL-1105: device 'gate': key 'responsible' is missing. Name utility, propertyCompany, contractor \
        or resident.
        ## no person
        -   wang-fang: {name: 王芳, role: receiver}⏎
        +   {}⏎
        33:1: error: SL-1105: persons: list at least one person who receives tickets.
        ## no duty
        - duty: {owner: wang-fang}⏎
        +
        1:1: error: SL-1105: key 'duty' is missing. Say who receives what the engine reports: duty: {owner: PERSON}.
        ## no owner
        - duty: {owner: wang-fang}
        + duty: {owner: }
        35:1: error: SL-1105: duty: key 'owner' is missing. Name the person who receives what the engine reports.
        ## person role
        - role: receiver
        + role: boss
        34:31: error: SL-1108: person 'wang-fang': role 'boss' is not known. Allowed: manager, receiver, shiftLeader, \
        technician.
        ## unknown parameter
        - total_unit: L
        + total_nuit: L
        23:18: error: SL-1129: device 'riser': profile 'acme-wm40' has no parameter 'total_nuit'. Did you mean \
        'total_unit'?
        ## parameter of a profile without
        - gate: {held_open_after_minutes: 5}
        + parameters: {depth: 1}
        32:18: error: SL-1129: device 'gate': profile 'acme-gate' has no parameter 'depth'. It has none.
        ## parameter word
        - total_unit: L
        + total_unit: gal
        23:30: error: SL-1130: device 'riser': parameter 'total_unit': 'gal' is not possible. Allowed: L, m3.
        ## parameter range
        - depth: 2.5
        + depth: 25
        23:40: error: SL-1130: device 'riser': parameter 'depth' 25 is out of range; allowed: 0 to 10.
        ## parameter type
        - depth: 2.5
        + depth: deep
        23:40: error: SL-1130: device 'riser': parameter 'depth' must be a number, not 'deep'.
        ## replay window
        - mqtt: {url
        + mqtt: {replay_window_seconds: 60, url
        2:31: error: SL-1109: mqtt: replay_window_seconds 60 is out of range; allowed: 120 to 86400.
        ## password
        - mqtt://127.0.0.1:1883
        + mqtt://sluice:secret@127.0.0.1:1883
        2:13: error: SL-1127: mqtt: url holds a name or password (***), and this file is no place for secrets. Remove \
        all before '@' and write user_name and password_file.
        ## a password in the file
        - "mqtt://127.0.0.1:1883"}
        + "mqtt://127.0.0.1:1883", user_name: gateway, password: very-secret}
        2:68: error: SL-1127: mqtt: a password (***) stands here, and this file is no place for secrets. Put it into a \
        file of its own and name that: password_file: secrets/mqtt.
        ## a name without a password
        - "mqtt://127.0.0.1:1883"}
        + "mqtt://127.0.0.1:1883", user_name: gateway}
        2:49: error: SL-1105: mqtt: user_name needs password_file: a name without a password proves nothing.
        ## a password without a name
        - "mqtt://127.0.0.1:1883"}
        + "mqtt://127.0.0.1:1883", password_file: secrets/mqtt}
        2:53: error: SL-1105: mqtt: password_file needs user_name: MQTT takes no password without a name.
        ## another way to the broker
        - mqtt://127.0.0.1:1883
        + wss://127.0.0.1:8883
        2:13: error: SL-1128: mqtt: url 'wss://127.0.0.1:8883' does not begin with mqtt:// or mqtts://, the ways to the \
        broker. Write mqtt://127.0.0.1:1883.
        ## certificates without TLS
        - "mqtt://127.0.0.1:1883"}
        + "mqtt://127.0.0.1:1883", ca_file: ca.pem}
        2:47: error: SL-1128: mqtt: ca_file is for mqtts:// only, and this broker is asked without TLS. Write \
        url: mqtts://...
        ## a certificate without its key
        - "mqtt://127.0.0.1:1883"}
        + "mqtts://broker.example", certificate_file: site.pem}
        2:57: error: SL-1105: mqtt: certificate_file needs key_file: a certificate and its key go together.
        ## who confirms
        - dashboard: {port: 0}
        + dashboard: {port: 0}⏎delivery: {confirm: customer, backlog_rate: 0}
        4:21: error: SL-1108: delivery: confirmation 'customer' is not known. Allowed: consumer, replay.
        4:45: error: SL-1109: delivery: backlog_rate 0 is out of range; allowed: 1 to 100000.
        ## broker address
        - mqtt://127.0.0.1:1883
        + mqtt://127.0.0.1:port
        2:13: error: SL-1128: mqtt: url 'mqtt://127.0.0.1:port' is not mqtt://HOST:PORT. Write mqtt://127.0.0.1:1883.
        ## broker port
        - mqtt://127.0.0.1:1883
        + mqtt://127.0.0.1:99999
        2:13: error: SL-1109: mqtt: port 99999 is out of range; allowed: 1 to 65535.
        ## zero period
        - dashboard:
        + polling: {fast_seconds: 0}⏎dashboard:
        3:25: error: SL-1109: polling: fast_seconds 0 is out of range; allowed: 0.05 to 86400.
        ## negative span
        - dashboard:
        + tickets: {verify_for_minutes: -1}⏎dashboard:
        3:31: error: SL-1109: tickets: verify_for_minutes -1 is out of range; allowed: 0 to 10080.
        ## days
        - dashboard:
        + storage: {reading_days: 1.5}⏎dashboard:
        3:25: error: SL-1108: storage: reading_days must be a whole number, not '1.5'.
        ## language
        - zone: Asia/Shanghai
        + language: de
        1:64: error: SL-1108: site: language 'de' is not known. Allowed: en, zh-Hans.
        ## duplicate key
        -     area: entrance⏎
        +     area: entrance⏎    unit: 4⏎
        30:5: error: SL-1110: key 'unit' stands here again; it was given in line 28.
        ## two duplicate keys
        -     area: entrance⏎
        +     area: entrance⏎    unit: 4⏎    area: inlet⏎
        30:5: error: SL-1110: key 'unit' stands here again; it was given in line 28.
        31:5: error: SL-1110: key 'area' stands here again; it was given in line 29.
        ## bare word
        - asset: main-gate
        + asset: 0101
        30:12: warning: SL-1199: device 'gate': 'asset' is read as the text '0101'; put it in quotes to say so.
        ## device as a list
        -     gate: {held_open_after_minutes: 5}
        +     gate: [5]
        32:11: error: SL-1107: device 'gate': gate must be a map of keys, not a list.
        ## yaml
        - duty: {owner: wang-fang}
        + duty: {owner: wang-fang
        36:1: error: SL-1103: this is not YAML: did not find expected ',' or '}' while parsing a flow mapping, which \
        begins in line 35.
        ## profile with a mistake
        - profile: acme-gate
        + profile: acme-broken
        profiles/gate/acme-broken/profile.yaml:5:15: error: SL-1206: point 'up': register table 'discret' is not \
        known. Did you mean 'discrete'?
        profiles/gate/acme-broken/profile.yaml:6:17: error: SL-1206: point 'down': register table 'discret' is not \
        known. Did you mean 'discrete'?
        """)
}
