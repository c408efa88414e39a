// SPDX-License-Identifier: Apache-2.0

public import Analysis
public import Model

/// What a person who looked says about a finding, as a page or a command sends it.
public struct FindingVerdict: Hashable, Codable, Sendable {
    public enum Verb: String, Hashable, Codable, Sendable, CaseIterable {
        /// It is known: until a moment, or from now on.
        case expected
        /// It is what the finding says.
        case confirm
        /// It was harmless.
        case notALeak = "not-a-leak"

        /// Whether the person has to say why.
        public var needsReason: Bool { self != .confirm }
    }

    public var finding: FindingIdentifier
    public var verb: Verb
    public var person: PersonIdentifier
    public var reason: String
    /// For `expected`: when it is no more; `nil` for good.
    public var until: Timestamp?

    public init(
        _ verb: Verb, of finding: FindingIdentifier, person: PersonIdentifier, reason: String, until: Timestamp? = nil
    ) {
        (self.verb, self.finding, self.person) = (verb, finding, person)
        (self.reason, self.until) = (reason, until)
    }

    /// The same in the analyzer's words.
    public var judgement: OperatorVerdict {
        switch verb {
        case .expected: .expected(finding, until: until)
        case .confirm: .confirmed(finding)
        case .notALeak: .notALeak(finding)
        }
    }

    /// Verdicts that a finding of this rule takes while it is open.
    public static func allowed(for finding: Finding) -> [Verb] {
        guard finding.clearedAt == nil else { return [] }
        let learns = OperatorVerdict.learningRules.contains(finding.rule)
        return Verb.allCases.filter { $0 != .notALeak || learns }
    }
}

/// A verdict that was given, for those who look at the finding later.
public struct VerdictLine: Hashable, Codable, Sendable {
    public var at: Timestamp
    public var verdict: FindingVerdict.Verb
    public var person: PersonIdentifier
    public var reason: String
    public var until: Timestamp?

    public init(_ verdict: FindingVerdict, at: Timestamp) {
        (self.at, self.verdict, person) = (at, verdict.verb, verdict.person)
        (reason, until) = (verdict.reason, verdict.until)
    }

    public init(
        at: Timestamp, verdict: FindingVerdict.Verb, person: PersonIdentifier, reason: String, until: Timestamp?
    ) {
        (self.at, self.verdict, self.person, self.reason, self.until) = (at, verdict, person, reason, until)
    }
}

/// Why a verdict was not taken in; nothing has changed then.
public enum FindingRefusal: Error, Hashable, Sendable {
    case unknownFinding(FindingIdentifier)
    case unknownPerson(PersonIdentifier)
    /// The finding was over before.
    case alreadyOver(FindingIdentifier)
    /// The rule would tell the same again, for it learns nothing; these rules learn.
    case notLearned(by: RuleIdentifier, learnedBy: [RuleIdentifier])
    case reasonMissing
    case timePassed(Timestamp)
    case timeTooFar(Timestamp, days: Int)
    /// It could not be stored.
    case notStored(String)

    init(_ refusal: VerdictRefusal) {
        switch refusal {
        case .notOpen(let finding): self = .alreadyOver(finding)
        case .notLearned(let rule, let rules): self = .notLearned(by: rule, learnedBy: rules)
        case .timePassed(let time): self = .timePassed(time)
        case .timeTooFar(let time, let longest):
            self = .timeTooFar(time, days: Int(longest.components.seconds / 86_400))
        }
    }
}

extension Judge {
    /// What the analyzer was told beside readings, and when in its own time.
    public struct Told: Hashable, Sendable {
        public var intervention: Intervention
        /// `nil` before that is known.
        public var dataTime: Timestamp?
        public init(_ intervention: Intervention, at dataTime: Timestamp?) {
            (self.intervention, self.dataTime) = (intervention, dataTime)
        }
    }

    /// Hands the analyzer what it is told at its present time.
    public mutating func tell(_ intervention: Intervention, at now: Timestamp, into outcome: inout Verdict) -> Told {
        let told = Told(intervention, at: analyzer.dataTime)
        take(told, at: now, into: &outcome)
        return told
    }

    /// Takes in what a person says about a finding. Whoever does has seen its alarm as well.
    ///
    /// - Returns: What the analyzer was told, or why it was not; nothing has changed then.
    public mutating func judge(
        _ verdict: FindingVerdict, at now: Timestamp, into outcome: inout Verdict
    ) -> Result<Told, FindingRefusal> {
        if verdict.verb.needsReason, verdict.reason.allSatisfy(\.isWhitespace) { return .failure(.reasonMissing) }
        let dataTime = analyzer.dataTime ?? now
        if let refusal = analyzer.refusal(of: verdict.judgement, at: dataTime) {
            return .failure(FindingRefusal(refusal))
        }
        let finding = analyzer.openFindings.first { $0.identifier == verdict.finding }
        let told = Told(.verdict(verdict.judgement), at: dataTime)
        take(told, at: now, into: &outcome)
        if let finding { acknowledge(finding, by: verdict.person, at: now, into: &outcome) }
        return .success(told)
    }
}
