// SPDX-License-Identifier: Apache-2.0

import Analysis
import FoundationEssentials
public import Pipeline
public import Savings
import Store

/// How findings of a site are priced, by what its gateway has learned of the dwellings: the rule of page, messages,
/// commands and reports alike.
///
/// - Returns: `nil` for a site without a tariff.
/// - Throws: ``StoreError``, or what SQLite reports.
public func readCosting(of site: SiteConfiguration, in directory: String) throws -> Costing? {
    guard var costing = site.costing else { return nil }
    // What another version has learned is not read; then all dwellings are in their first block.
    if let saved = try SluiceStore.analyzerState(directory: directory), saved.version == Analyzer.version,
        let state = try? JSONDecoder().decode(SavedAnalyzer.self, from: Data(saved.state))
    {
        costing.usualUses = state.analyzer.usualUses
    }
    return costing
}
