// SPDX-License-Identifier: Apache-2.0

import Model

extension Fault {
    /// The water of a fault by its label: mean flow times time, or what the note says where that is not the same.
    ///
    /// Notes tell "running 38% of the time" of a flow in spells, "415 min in all" of one that comes and goes, and "11.5 m3
    /// spilled" of a tank that spills by night only.
    func litres(byNote note: String) -> Double? {
        let words = note.split { " ,;".contains($0) }
        func number(before word: String) -> Double? {
            words.firstIndex { $0 == word }.flatMap { $0 > 0 ? Double(words[$0 - 1].filter { $0 != "%" }) : nil }
        }
        switch (unit, type) {
        case ("L", _): return magnitude
        case ("L/h", "tank_overflow"): return number(before: "m3").map { 1000 * $0 }
        case ("L/h", "backflow"): return number(before: "min").map { magnitude * $0 / 60 }
        case ("L/h", _):
            let share = note.contains("running") ? number(before: "of").map { $0 / 100 } : 1
            return share.map { magnitude * $0 * (end - start).inHours }
        default: return nil
        }
    }
}
