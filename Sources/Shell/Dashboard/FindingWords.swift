// SPDX-License-Identifier: Apache-2.0

public import Model
public import Pipeline

/// What the page says of a finding, for those who read it elsewhere.
public struct FindingWords: Sendable {
    private let wording: Wording

    /// - Throws: ``DashboardError/resourceNotUsable(path:reason:)``.
    public init(_ language: Language) throws {
        wording = Wording(language: language, texts: try PageResources.catalogue(of: language))
    }

    /// The rule's name, such as `Continuous flow`.
    public func rule(_ identifier: RuleIdentifier) -> String { wording.word(.rule, identifier.text) }
    /// The word for a severity.
    public func severity(_ severity: Severity) -> String { wording.word(.severity, severity.word) }
    /// The sentence of evidence with its figures.
    public func sentence(of finding: Finding) -> String { FindingCard.sentence(finding, wording) }
    /// A figure's name and value, such as `Least flow` and `12 L/h`.
    public func measure(_ measure: Measure) -> (name: String, value: String) {
        (wording.word(.measure, measure.name), FindingCard.text(measure, wording))
    }
}
