// SPDX-License-Identifier: Apache-2.0

public import Model
import Pipeline
public import Tickets

/// What residents are told of a ticket, in both languages of the catalogue.
public struct ResidentWords: Sendable {
    private let times: [TimeText]

    /// - Throws: ``DashboardError/resourceNotUsable(path:reason:)``.
    public init(zone: ZoneOffsets) throws {
        times = try [Language.chinese, .english].map { language in
            let wording = Wording(language: language, texts: try PageResources.catalogue(of: language))
            return TimeText(wording: wording, zone: zone)
        }
    }

    /// Why there is no water where the utility has to bring it back.
    public var utilityCause: BilingualText {
        let texts = times.map { $0.wording.word(.resident, "utility-cause") }
        return BilingualText(zh: texts.first ?? "", en: texts.last ?? "")
    }

    /// The whole notice; `nil` when a gap of either text has no fact, for a text with a gap is never shown.
    public func text(of kind: ResidentNotice.Kind, _ facts: [ResidentSlot: ResidentFact]) -> BilingualText? {
        let texts = times.compactMap { time in
            let values = facts.map { ($0.key.rawValue, time.words(of: $0.value)) }
            return time.wording.sentence(.resident, kind.rawValue, Dictionary(uniqueKeysWithValues: values))
        }
        return texts.count == 2 ? BilingualText(zh: texts[0], en: texts[1]) : nil
    }
}

extension TimeText {
    fileprivate func words(of fact: ResidentFact) -> String {
        switch fact {
        case .text(let text): wording.pick(text)
        case .moment(let moment): self.moment(moment)
        case .date(let date): date.text
        }
    }
}
