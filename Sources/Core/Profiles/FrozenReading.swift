// SPDX-License-Identifier: Apache-2.0

import Model

extension ProfileReader {
    /// The `frozen_after` of a signal.
    mutating func readFrozen(_ section: Section) -> Located<FrozenRule>? {
        guard
            let frozen = file.section(
                "frozen_after", in: section, section.says("frozen_after"), keys: ProfileKeys.frozen.names)
        else { return nil }
        file.require("seconds", in: frozen, "Give the time after which an unchanged value is doubted.")
        file.require("while", in: frozen, "Name the signal that tells when it should move, such as pump.running.")
        let seconds = file.number("seconds", in: frozen, FrozenRule.seconds)
        guard let companion = file.text("while", in: frozen), let seconds else { return nil }
        return Located(
            FrozenRule(
                after: .milliseconds(Int64((seconds.value * 1000).rounded())), companion: SignalName(companion.value)),
            companion.place)
    }

    /// What tells that a value should move is another signal of the device that can be on or off, or a number.
    mutating func checkFrozen() {
        for placed in signals {
            guard let frozen = placed.frozen else { continue }
            let name = frozen.value.companion
            let subject = "signal '\(placed.signal.name)': frozen_after: while '\(shortened(name.text))'"
            guard let companion = signals.first(where: { $0.signal.name == name })?.signal else {
                if unreadableNames.contains(name.text) { continue }
                let known = signals.map(\.signal.name.text)
                file.error(
                    .frozenCompanion, at: frozen.place,
                    "\(subject): this is not under 'signals'.\(suggestion(for: name.text, in: known))")
                continue
            }
            guard companion.name != placed.signal.name else {
                file.error(
                    .frozenCompanion, at: frozen.place, "\(subject): a signal cannot tell this of itself. Name another."
                )
                continue
            }
            guard !isState(companion) else {
                file.error(
                    .frozenCompanion, at: frozen.place,
                    "\(subject): this is a state of several. Name a signal that is on or off, or a number.")
                continue
            }
        }
    }

    private func isState(_ signal: ProfileSignal) -> Bool {
        switch signal.form {
        case .values, .pairToState: true
        case .point(let name):
            points.contains { $0.point.name == name && $0.point.type == .enum16 && $0.point.bit == nil }
        case .bit, .any, .anyBit, .sumParts, .mantissaExponent, .highLow: false
        }
    }
}
