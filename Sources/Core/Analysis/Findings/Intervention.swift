// SPDX-License-Identifier: Apache-2.0

public import Model

/// What reaches the analyzer beside readings; with them and in the same order it gives the same findings again.
public enum Intervention: Hashable, Codable, Sendable {
    case verdict(OperatorVerdict)
    /// Another calendar holds from now on.
    case calendar(AnnouncedCalendar)
}

extension Analyzer {
    /// Takes in what a person said or announced, at `moment` of data time; `nil` before that is known, when nothing has
    /// been found that a verdict could be about.
    public mutating func take(_ intervention: Intervention, at moment: Timestamp?) -> [FindingChange] {
        switch intervention {
        case .verdict(let verdict): moment.map { apply(verdict, at: $0) } ?? []
        case .calendar(let calendar): replace(calendar: calendar, at: moment)
        }
    }
}
