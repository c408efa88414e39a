// SPDX-License-Identifier: Apache-2.0

import Model
import Profiles
import Testing

/// Signals that are doubted when they stand still.
@Suite struct FrozenTests {
    static let good = """
        profile: acme-p1
        kind: pump
        name: Pump
        points:
          flow: {table: holding, address: 0, type: uint16, unit: m3/h}
          contact: {table: holding, address: 1, type: uint16}
          mode: {table: holding, address: 2, type: enum16, set: modes}
        sets: {modes: {values: {0: auto, 1: manual}}}
        repeat:
          - count: 2
            step: 10
            points: {speed: {table: holding, address: 10, type: uint16, unit: "/min"}}
            signals:
              pump.speed: {from: speed, frozen_after: {seconds: 90.5, while: x.code}}
              x.code: {from: speed}
        signals:
          pump.flow: {from: flow, frozen_after: {seconds: 600, while: pump.running}}
          pump.running: {from: contact, bit: 0}
          x.mode: {from: mode}

        """

    @Test func `a signal has its own rule, and each of several alike that of its number`() throws {
        let (profile, problems) = readProfile(Self.good, path: "profile.yaml")
        #expect(problems.map(\.description) == [])
        let values = try #require(profile).compile(parameters: [:]).values
        let rules = values.map { value in value.frozen.map { "\(value.name) \($0.after) \($0.companion)" } }
        #expect(
            rules.compactMap(\.self) == [
                "flow 600.0 seconds pump.running", "speed_1 90.5 seconds x.code_1", "speed_2 90.5 seconds x.code_2",
            ])
    }

    @Test(arguments: cases)
    func `a mistake is told with place, cause and cure`(_ refusal: Refusal) throws {
        try refusal.check(in: Self.good)
    }

    static let cases = Refusal.table(
        """
        ## a companion that is no signal
        - while: pump.running
        + while: pump.runing
        17:63: error: SL-1237: signal 'pump.flow': frozen_after: while 'pump.runing': this is not under 'signals'. \
        Did you mean 'pump.running'?
        ## itself as companion
        - while: pump.running
        + while: pump.flow
        17:63: error: SL-1237: signal 'pump.flow': frozen_after: while 'pump.flow': a signal cannot tell this of \
        itself. Name another.
        ## a companion of several states
        - while: pump.running
        + while: x.mode
        17:63: error: SL-1237: signal 'pump.flow': frozen_after: while 'x.mode': this is a state of several. Name a \
        signal that is on or off, or a number.
        ## a companion with a mistake of its own is not a second mistake
        - {from: contact, bit: 0}
        + {from: contact, bit: 16}
        18:38: error: SL-1225: signal 'pump.running': bit 16 is outside a uint16; bits are 0 to 15.
        ## too long
        - seconds: 600
        + seconds: 604801
        17:51: error: SL-1209: signal 'pump.flow': frozen_after: seconds 604801 is out of range; allowed: 1 to 604800.
        ## no companion
        - , while: pump.running
        + ⏎
        17:27: error: SL-1205: signal 'pump.flow': frozen_after: key 'while' is missing. Name the signal that tells when \
        it should move, such as pump.running.
        """)
}
