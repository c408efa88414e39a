// SPDX-License-Identifier: Apache-2.0

import Model

extension MeterState {
    /// What the watch over a meter's own history may have told of.
    private static let leakRules: Set<RuleIdentifier> = [
        Rule.leak.identifier, Rule.toiletLeak.identifier, Rule.toiletCycling.identifier, Rule.drippingTap.identifier,
        Rule.continuousFlow.identifier,
    ]

    /// Takes in what a person said about a finding on this meter, or about the meter itself.
    ///
    /// Each rule that learns decides here what it makes of it.
    ///
    /// - Parameter finding: As it stood when it was judged; `nil` for an exchange of the meter.
    mutating func accept(
        _ judgement: OperatorVerdict.Judgement, _ finding: Finding?, _ law: RegisterLaw, _ levels: FlowLevels,
        at now: Timestamp
    ) {
        if let finding, Self.leakRules.contains(finding.rule) {
            leaks.accept(judgement, levels)
            if judgement == .expected { passed.forgetKnown() }
            cistern.accept(judgement)
        }
        switch judgement {
        case .expected:
            continuousFlow = ContinuousFlow()
            passed.forgetRunning()
            usual = UsualUse()
        case .confirmed, .notALeak:
            break
        case .meterExchanged:
            exchangeRegister(law)
            cistern.accept(judgement)
        }
    }
}
