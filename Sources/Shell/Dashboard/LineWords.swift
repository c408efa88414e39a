// SPDX-License-Identifier: Apache-2.0

import ModbusCodec

/// What the line doctor suspects, in the reader's language.
enum LineWords {
    static func text(_ finding: LineFinding, _ wording: Wording) -> String {
        let (word, values) = parts(finding)
        return wording.sentence(.line, word, values) ?? finding.sentence
    }

    /// Every word that ``parts(_:)`` gives.
    static let words = [
        "all", "baud", "one", "only", "some", "doubled", "master", "echo", "late", "silent", "silent-units", "adapter",
        "healthy",
    ]

    private static func parts(_ finding: LineFinding) -> (word: String, values: [String: String]) {
        func percent(_ value: Double) -> String { NumberText.number(value.rounded(toPlaces: 1)) }
        func list(_ units: [Int]) -> String { units.map { "\($0)" }.joined(separator: ", ") }
        return switch finding {
        case .damageOfAllUnits(let share): ("all", ["percent": percent(share)])
        case .damageThatGrowsWithBaud(let share, let baud, let slower):
            ("baud", ["percent": percent(share), "baud": "\(baud)", "slower": percent(slower)])
        case .damageOfOneUnit(let unit, let share): ("one", ["unit": "\(unit)", "percent": percent(share)])
        case .damageOfTheOnlyUnit(let unit, let share): ("only", ["unit": "\(unit)", "percent": percent(share)])
        case .damageOfSomeUnits(let units): ("some", ["units": list(units)])
        case .doubledUnit(let unit): ("doubled", ["unit": "\(unit)"])
        case .secondMaster(let requests): ("master", ["count": "\(requests)"])
        case .echo(let requests): ("echo", ["count": "\(requests)"])
        case .lateAnswers(let unit, let count, let timeout, let proposed):
            ("late", ["unit": "\(unit)", "count": "\(count)", "timeout": "\(timeout)", "proposed": "\(proposed)"])
        case .silentLine(let units): ("silent", ["count": "\(units)"])
        case .silentUnits(let units): ("silent-units", ["units": list(units)])
        case .slowAdapter(let milliseconds): ("adapter", ["milliseconds": "\(milliseconds)"])
        case .healthy: ("healthy", [:])
        }
    }
}
