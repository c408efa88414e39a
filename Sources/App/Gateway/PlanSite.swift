// SPDX-License-Identifier: Apache-2.0

public import Pipeline
import Store

/// What polling this site will cost; touches no device and no network.
///
/// - Parameters:
///   - limit: Load above which a bus counts as overloaded.
///   - isLearnedUsed: Whether plans steer clear of the registers that the gateway has learned to be unreadable, as its
///     state directory has them.
/// - Throws: What the state directory says against being read.
public func planSite(
    _ configuration: SiteConfiguration, limit: Double, isLearnedUsed: Bool
) throws -> PlanReport {
    let learned =
        isLearnedUsed ? try SluiceStore.learnedDevices(inDirectory: configuration.storage.directory) : []
    return PlanReport(of: configuration, limit: limit, learned: learned) {
        BusTerms(cost: $0.cost, arrangement: $0.arrangement)
    }
}
