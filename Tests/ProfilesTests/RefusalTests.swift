// SPDX-License-Identifier: Apache-2.0

import Model
import Profiles
import Testing

/// One slip in a good file and every line that the reader must print about it.
struct Refusal: Sendable, CustomTestStringConvertible {
    var name = ""
    var old = ""
    var new = ""
    var lines: [String] = []
    var testDescription: String { name }

    /// Reads a table: `##` names a case, `-` is what stands in the good file, `+` what stands there instead, and the
    /// rest are the lines without the path. `⏎` stands for a line break and `⇥` for a tab.
    static func table(_ text: String) -> [Refusal] {
        var refusals: [Refusal] = []
        for line in text.split(separator: "\n") {
            let content = line.dropFirst(2).replacing("⏎", with: "\n").replacing("⇥", with: "\t")
            if line.hasPrefix("##") {
                refusals.append(Refusal(name: String(line.dropFirst(3))))
            } else if let last = refusals.indices.last {
                switch line.first {
                case "-": refusals[last].old = String(content)
                case "+": refusals[last].new = String(content)
                default: refusals[last].lines.append(String(line))
                }
            }
        }
        return refusals
    }

    /// Makes the slip in `good` and compares every line.
    func check(in good: String) throws {
        let place = try #require(good.firstRange(of: old), "the good file has no '\(old)'")
        let (profile, problems) = readProfile(good.replacingSubrange(place, with: new), path: "profile.yaml")
        #expect(problems.map(\.description) == lines.map { "profile.yaml:" + $0 })
        #expect((profile == nil) == lines.contains { $0.contains(": error: ") })
    }
}

extension String {
    fileprivate func replacingSubrange(_ range: Range<Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}

@Suite struct RefusalTests {
    @Test func `the file that the slips are made in is good`() {
        let (profile, problems) = readProfile(Self.good, path: "profile.yaml")
        #expect(problems.map(\.description) == [])
        #expect(profile?.signals.count == 4)
    }

    @Test(arguments: cases)
    func `a mistake is told with place, cause and cure`(_ refusal: Refusal) throws {
        try refusal.check(in: Self.good)
    }

    @Test func `a control character is named`() {
        let text = Self.good.replacing("en: Meter", with: "en: Me\u{7}ter")
        #expect(
            readProfile(text, path: "profile.yaml").problems.map(\.description) == [
                "profile.yaml:3:22: error: SL-1203: character U+0007 is not allowed in YAML; remove it."
            ])
    }

    static let good = """
        profile: acme-wm40
        kind: water-meter
        name: {zh: 水表, en: Meter}
        sources: {S1: {title: Manual}}
        order: CDAB
        limits: {maximum_read: 20}
        site:
          total_unit: {type: text, allowed: [m3, L], default: m3}
        sets:
          pipe: {values: {0: empty, 1: full}}
          alarms: {bits: {0: {name: leak, severity: fault}, 3: low_battery}}
        points:
          flow_now: {table: holding, address: 0, reference: 1, type: float32, unit: m3/h, source: S1, confidence: A}
          whole: {table: holding, address: 8, reference: 9, type: int32, unit: {parameter: total_unit}, poll: slow}
          fraction: {table: holding, address: 10, reference: 11, type: float32, unit: {parameter: total_unit}, poll: slow}
          pipe: {table: holding, address: 12, reference: 13, type: enum16, set: pipe}
          alarms: {table: holding, address: 13, type: bitfield16, set: alarms, poll: fast}
          open: {table: discrete, address: 0, type: bool}
          closed: {table: discrete, address: 1, type: bool}
        signals:
          water.flow: {from: flow_now}
          water.total: {sum_parts: [whole, fraction]}
          gate.position: {pair_to_state: [open, closed], states: [open, closed, moving]}
          pump.fault: {from: alarms, any: fault}
        probe: flow_now

        """

    static let cases = Refusal.table(
        """
        ## register table
        - flow_now: {table: holding
        + flow_now: {table: holdng
        13:21: error: SL-1206: point 'flow_now': register table 'holdng' is not known. Did you mean 'holding'?
        ## unknown top key
        - order: CDAB
        + ordr: CDAB⏎order: CDAB
        5:1: error: SL-1204: key 'ordr' is not known. Did you mean 'order'?
        ## unknown point key
        - address: 12,
        + adress: 12, address: 12,
        16:26: error: SL-1204: point 'pipe': key 'adress' is not known. Did you mean 'address'?
        ## unknown signal key
        - {from: flow_now}
        + {from: flow_now, scale: 2}
        21:32: error: SL-1204: signal 'water.flow': key 'scale' is not known.
        ## missing name
        - name: {zh: 水表, en: Meter}⏎
        +
        1:1: error: SL-1205: key 'name' is missing. Give the device's name for people: name: {zh: ..., en: ...}.
        ## name in one language
        - {zh: 水表, en: Meter}
        + {zh: 水表}
        3:1: error: SL-1205: name: key 'en' is missing. Give the name in both languages, or one text for both.
        ## missing address
        - table: holding, address: 12, reference
        + table: holding, reference
        16:3: error: SL-1205: point 'pipe': key 'address' is missing. Give the zero-based address on the wire.
        ## address beyond
        - address: 12, reference: 13
        + address: 70000
        16:35: error: SL-1209: point 'pipe': address 70000 is out of range; allowed: 0 to 65535.
        ## address not a number
        - address: 12, reference: 13
        + address: 012
        16:35: error: SL-1208: point 'pipe': address must be a whole number, not '012'.
        ## type
        - type: float32, unit: m3/h
        + type: float23, unit: m3/h
        13:62: error: SL-1208: point 'flow_now': type 'float23' is not known. Did you mean 'float32'?
        ## poll class
        - poll: fast
        + poll: quick
        17:78: error: SL-1208: point 'alarms': poll class 'quick' is not known. Allowed: fast, normal, once, slow.
        ## order
        - order: CDAB
        + order: CBAD
        5:8: error: SL-1208: order 'CBAD' is not known. Allowed: ABCD, BADC, CDAB, DCBA.
        ## missing order
        - order: CDAB⏎
        +
        12:3: error: SL-1214: point 'flow_now': a float32 needs an order: ABCD, CDAB, BADC or DCBA, here or for the \
        whole file.
        ## ends beyond the table
        - address: 0, reference: 1, type: float32
        + address: 65535, type: float32
        13:39: error: SL-1216: point 'flow_now': a float32 at address 65535 ends beyond address 65535; the last \
        possible is 65534.
        ## type in a table of bits
        - closed: {table: discrete, address: 1, type: bool}
        + closed: {table: discrete, address: 1, type: uint16}
        19:47: error: SL-1215: point 'closed': type uint16 does not fit into table 'discrete', which holds bits. Use \
        bool.
        ## wider than a read
        - maximum_read: 20
        + maximum_read: 1
        13:39: error: SL-1209: point 'flow_now': a float32 takes 2 registers, but limits allow 1 in one read.
        14:36: error: SL-1209: point 'whole': an int32 takes 2 registers, but limits allow 1 in one read.
        15:39: error: SL-1209: point 'fraction': a float32 takes 2 registers, but limits allow 1 in one read.
        ## overlap
        - address: 12, reference: 13, type: enum16
        + address: 11, reference: 12, type: enum16
        16:35: error: SL-1217: point 'pipe': holding 11..<12 overlaps point 'fraction' (holding 10..<12).
        ## same address, other width
        - alarms: {table: holding, address: 13
        + alarms: {table: holding, address: 10
        17:37: error: SL-1217: point 'alarms': holding 10..<11 overlaps point 'fraction' (holding 10..<12).
        ## forbidden
        - maximum_read: 20
        + maximum_read: 20, forbidden: [{table: holding, address: 9}]
        14:36: error: SL-1217: point 'whole': holding 8..<10 touches holding 9..<10, which limits forbid.
        ## reference
        - address: 10, reference: 11
        + address: 10, reference: 40011
        15:54: error: SL-1218: point 'fraction': reference 40011 belongs to address 40010 by the rule of the other \
        points, not to 10.
        ## unit
        - unit: m3/h
        + unit: m3h
        13:77: error: SL-1213: point 'flow_now': unit 'm3h' is not known. Did you mean 'm3/h'?
        ## unit as people write it
        - unit: m3/h
        + unit: m³/h
        13:77: error: SL-1213: point 'flow_now': unit 'm³/h' is not known. Did you mean 'm3/h'?
        ## unit without a near one
        - unit: m3/h
        + unit: furlong
        13:77: error: SL-1213: point 'flow_now': unit 'furlong' is not known. Units are written in UCUM, such as \
        m3/h, kPa or Cel.
        ## duplicate name
        - open: {table
        + flow: {table: holding, address: 20, type: uint16}⏎  open: {table
        18:3: error: SL-1219: point 'flow': its name on the wire is also that of signal 'water.flow'. Rename the \
        point.
        ## duplicate signal name
        - pump.fault: {from: alarms, any: fault}
        + pump.fault: {from: alarms, any: fault}⏎  lift.position: {from: pipe}
        25:3: error: SL-1219: signal 'lift.position': its name on the wire is 'position', like that of signal \
        'gate.position'.
        ## duplicate key
        -   closed: {table
        +   whole: {table: holding, address: 40, type: uint16}⏎  closed: {table
        19:3: error: SL-1210: key 'whole' stands here again; it was given in line 14.
        ## duplicate raw value
        - {0: empty, 1: full}
        + {0: empty, 0x0: full}
        10:29: error: SL-1220: set 'pipe': raw value 0 stands twice.
        ## duplicate label
        - {0: empty, 1: full}
        + {0: empty, 1: empty}
        10:32: error: SL-1220: set 'pipe': name 'empty' stands twice.
        ## duplicate bit
        - 3: low_battery
        + 0x00: low_battery
        11:53: error: SL-1220: set 'alarms': bit 0 stands twice.
        ## bit outside
        - 3: low_battery
        + 16: low_battery
        17:64: error: SL-1225: point 'alarms': set 'alarms' names bit 16, which a bitfield16 does not have.
        ## signal without point
        - {from: flow_now}
        + {from: flow_nov}
        21:22: error: SL-1221: signal 'water.flow': point 'flow_nov' is not under 'points'. Did you mean 'flow_now'?
        ## sum of unknown point
        - [whole, fraction]
        + [whole, fractoin]
        22:36: error: SL-1221: signal 'water.total': point 'fractoin' is not under 'points'. Did you mean 'fraction'?
        ## sum of one
        - [whole, fraction]
        + [whole]
        22:28: error: SL-1226: signal 'water.total': sum_parts adds 2 to 8 points.
        ## sum over tables
        - [whole, fraction]
        + [whole, open]
        22:28: error: SL-1226: signal 'water.total': the parts must be different points of one register table.
        ## pair of numbers
        - pair_to_state: [open, closed]
        + pair_to_state: [whole, fraction]
        23:34: error: SL-1226: signal 'gate.position': pair_to_state takes two contacts: bool points or bits.
        ## pair without a third state
        - states: [open, closed, moving]
        + states: [open, closed]
        23:58: error: SL-1226: signal 'gate.position': states must be three different names: for (1,0), for (0,1) and \
        for (0,0).
        ## no states
        - , states: [open, closed, moving]
        +
        23:3: error: SL-1205: signal 'gate.position': key 'states' is missing. Name three: for (1,0), for (0,1) and \
        for (0,0).
        ## two forms
        - {from: flow_now}
        + {from: flow_now, sum_parts: [whole, fraction]}
        21:3: error: SL-1207: signal 'water.flow': give one of 'from', 'sum_parts', 'pair_to_state', \
        'mantissa_exponent', 'high_low_unit' and 'overflow_counter'.
        ## no form
        - {from: flow_now}
        + {unit: m3/h}
        21:3: error: SL-1207: signal 'water.flow': give one of 'from', 'sum_parts', 'pair_to_state', \
        'mantissa_exponent', 'high_low_unit' and 'overflow_counter'.
        ## signal name
        - water.flow:
        + waterflow:
        21:3: error: SL-1212: signal 'waterflow': a signal is a kind and a quantity with a dot between, such as \
        water.total.
        ## near signal name
        - water.flow:
        + water.flw:
        21:3: warning: SL-1230: signal 'water.flw': no rule knows this signal. Did you mean 'water.flow'?
        ## signal unit
        - unit: m3/h
        + unit: bar
        21:3: error: SL-1227: signal 'water.flow': unit 'bar' does not measure it. Allowed: m3/h, m3/s, L/h, L/s.
        ## signal unit of one of several alike
        - water.flow:
        + water.temperature_2:
        21:3: error: SL-1227: signal 'water.temperature_2': unit 'm3/h' does not measure it. Allowed: Cel.
        ## signal unit of an allowed word
        - allowed: [m3, L]
        + allowed: [m3, bar]
        22:3: error: SL-1227: signal 'water.total': unit 'bar' does not measure it. Allowed: L, m3.
        ## second unit
        - {from: flow_now}
        + {from: flow_now, unit: L/h}
        21:38: error: SL-1227: signal 'water.flow': point 'flow_now' has another unit, and units are not converted; \
        remove 'unit'.
        ## float32 total
        - {sum_parts: [whole, fraction]}
        + {from: fraction}
        22:3: warning: SL-1228: signal 'water.total': a lifetime total in float32 loses its small steps as it grows: \
        above 16777 a step of 0.001 is not seen.
        ## any without set
        - {from: alarms, any: fault}
        + {from: pipe, any: fault}
        24:22: error: SL-1222: signal 'pump.fault': 'any' needs a set of bits, and point 'pipe' has none.
        ## any without such a bit
        - any: fault}
        + any: warning}
        24:22: error: SL-1222: signal 'pump.fault': no bit of point 'alarms' has the severity 'warning'.
        ## bit beyond
        - {from: alarms, any: fault}
        + {from: alarms, bit: 16}
        24:35: error: SL-1225: signal 'pump.fault': bit 16 is outside a bitfield16; bits are 0 to 15.
        ## unknown set
        - set: alarms
        + set: alarm
        17:64: error: SL-1222: point 'alarms': set 'alarm' is not under 'sets'. Did you mean 'alarms'?
        ## set of the other kind
        - set: alarms
        + set: pipe
        17:64: error: SL-1222: point 'alarms': set 'pipe' names values, which only an enum16 takes.
        ## enum without set
        - type: enum16, set: pipe
        + type: enum16
        16:3: error: SL-1205: point 'pipe': key 'set' is missing. An enum16 names a set of values.
        ## unknown parameter
        - unit: {parameter: total_unit}, poll: slow}⏎  fraction
        + unit: {parameter: total_nuit}, poll: slow}⏎  fraction
        14:84: error: SL-1224: point 'whole': unit: parameter 'total_nuit' is not under 'site'. Did you mean \
        'total_unit'?
        ## parameter without words
        - allowed: [m3, L], default: m3
        + default: m3
        14:84: error: SL-1224: point 'whole': unit: parameter 'total_unit' lists no allowed words.
        ## parameter with a stranger
        - allowed: [m3, L]
        + allowed: [m3, gal]
        14:84: error: SL-1224: point 'whole': unit: parameter 'total_unit' allows 'gal', which is no unit.
        ## default not allowed
        - default: m3
        + default: m4
        8:55: error: SL-1208: parameter 'total_unit': default: 'm4' is not possible. Did you mean 'm3'?
        ## source
        - source: S1
        + source: S2
        13:91: error: SL-1223: point 'flow_now': source 'S2' is not under 'sources'. Did you mean 'S1'?
        ## confidence
        - confidence: A
        + confidence: D
        13:107: error: SL-1208: point 'flow_now': confidence 'D' is not known. Did you mean 'A'?
        ## scale of a state
        - set: pipe}⏎
        + set: pipe, scale: 0.1}⏎
        16:79: error: SL-1208: point 'pipe': 'scale' has no meaning for an enum16; remove it.
        ## scale
        - type: float32, unit: m3/h
        + type: float32, scale: 0, unit: m3/h
        13:78: error: SL-1208: point 'flow_now': scale must be a decimal number other than 0 of at most 18 digits, \
        not '0'.
        ## mask of a float
        - type: float32, unit: m3/h
        + type: float32, mask: 0xFF, unit: m3/h
        13:71: error: SL-1225: point 'flow_now': 'mask' works on unsigned values and bit fields, not on a float32.
        ## mask
        - type: enum16, set: pipe
        + type: enum16, mask: 0x10000, set: pipe
        16:74: error: SL-1225: point 'pipe': mask must be a number of 1 to 16 bits other than 0, not '0x10000'.
        ## sentinel
        - type: enum16, set: pipe
        + type: enum16, sentinel: 65536, set: pipe
        16:78: error: SL-1209: point 'pipe': sentinel '65536' cannot come from an enum16.
        ## decimals of a float
        - type: float32, unit: m3/h
        + type: float32, decimals: fraction, unit: m3/h
        13:81: error: SL-1226: point 'flow_now': decimals come from a plain whole number; point 'fraction' is not one.
        ## plausible
        - type: float32, unit: m3/h
        + type: float32, plausible: [5, 1], unit: m3/h
        13:82: error: SL-1208: point 'flow_now': 'plausible' must be [lowest, highest].
        ## probe
        - probe: flow_now
        + probe: flow_new
        25:8: error: SL-1221: probe: point 'flow_new' is not under 'points'. Did you mean 'flow_now'?
        ## limits
        - maximum_read: 20
        + maximum_read: 126
        6:24: error: SL-1209: limits: maximum_read 126 is out of range; allowed: 1 to 125.
        ## boolean
        - maximum_read: 20
        + even_address: yes
        6:24: error: SL-1208: limits: even_address must be true or false, not 'yes'.
        ## profile name
        - profile: acme-wm40
        + profile: ACME WM40
        1:10: error: SL-1212: profile 'ACME WM40' must be 1 to 64 characters of a-z, 0-9, '-' and '_', and begin with \
        a letter or a digit.
        ## bench
        - probe: flow_now
        + probe: flow_now⏎bench: {firmware: 1.2, by: someone}
        26:1: error: SL-1205: bench: key 'date' is missing. A bench test names firmware, date and who made it.
        ## example
        - probe: flow_now
        + probe: flow_now⏎examples: [{request: 01 0}]
        26:22: error: SL-1208: examples: request must be 1 to 260 bytes in hexadecimal, such as "01 03 00 00 00 0A".
        ## a key that would write
        - probe: flow_now
        + probe: flow_now⏎index_then_value: {index: 4}
        26:1: error: SL-1204: 'index_then_value' is not possible: the index would have to be written before each read, \
        and Sluice writes to no device. Leave such points out.
        ## bare word
        - en: Meter
        + en: no
        3:20: warning: SL-1299: name: 'en' is read as the text 'no'; put it in quotes to say so.
        ## list instead of map
        - limits: {maximum_read: 20}
        + limits: [20]
        6:9: error: SL-1207: limits must be a map of keys, not a list.
        ## tag
        - en: Meter
        + en: !secret Meter
        3:20: error: SL-1211: tag '!secret' is not read here; write the value itself.
        ## point name
        - open: {table: discrete, address: 0, type: bool}
        + Open: {table: discrete, address: 0, type: bool}
        18:3: error: SL-1212: point 'Open' must be 1 to 64 characters of a-z, 0-9, '-' and '_', and begin with a \
        letter or a digit.
        23:35: error: SL-1221: signal 'gate.position': point 'open' is not under 'points'. Did you mean 'Open'?
        ## a broken point is one problem
        - whole: {table: holding, address: 8
        + whole: {table: nowhere, address: 8
        14:18: error: SL-1206: point 'whole': register table 'nowhere' is not known. Allowed: coil, discrete, \
        holding, input.
        ## tab
        -   open: {table
        + ⇥open: {table
        18:1: error: SL-1203: this is not YAML: found character that cannot start any token while scanning for the \
        next token. Indent with spaces, not with tabs.
        ## text after a value
        - kind: water-meter
        + kind: water: meter
        2:12: error: SL-1203: this is not YAML: mapping values are not allowed in this context. Put a text that \
        contains ': ' into quotes, or mend the indentation.
        ## second document
        - probe: flow_now⏎
        + probe: flow_now⏎---⏎profile: other⏎
        26:1: error: SL-1211: a second document begins here; one file holds one.
        """)
}
