// SPDX-License-Identifier: Apache-2.0

import Model

extension SavingsReport {
    /// The same with `dwelling-1`, `dwelling-2` ... in place of the dwellings' names, in the order of the site's file.
    ///
    /// What a household uses is its own affair: names are for those who have to repair something.
    public func withoutNames() -> SavingsReport {
        var report = self
        var numbers: [AssetIdentifier: AssetIdentifier] = [:]
        for place in report.dwellings.indices {
            let number = AssetIdentifier("dwelling-\(place + 1)")
            numbers[report.dwellings[place].asset] = number
            report.dwellings[place].asset = number
        }
        for place in report.losses.indices {
            guard let number = numbers[report.losses[place].finding.asset] else { continue }
            report.losses[place].finding.asset = number
        }
        return report
    }
}
