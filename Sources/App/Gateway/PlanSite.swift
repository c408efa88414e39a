// SPDX-License-Identifier: Apache-2.0

public import Pipeline
import Store

/// What polling this site will cost; touches no device and no network.
///
/// Where the state directory holds how long devices take to answer, that is reckoned with.
///
/// - Parameters:
///   - limit: Load above which a bus counts as overloaded.
///   - isLearnedUsed: Whether plans steer clear of the registers that the gateway has learned to be unreadable, as its
///     state directory has them.
/// - Throws: What the state directory says against being read, when plans are to steer by it.
public func planSite(
    _ configuration: SiteConfiguration, limit: Double, isLearnedUsed: Bool
) throws -> PlanReport {
    let directory = configuration.storage.directory
    let learned = isLearnedUsed ? try SluiceStore.learnedDevices(inDirectory: directory) : []
    var (turnarounds, problem): ([LearnedTurnaround], String?) = ([], nil)
    do {
        turnarounds = try SluiceStore.learnedTurnarounds(inDirectory: directory)
    } catch {
        problem = "\(error)"
    }
    var report = PlanReport(of: configuration, limit: limit, learned: learned, turnarounds: turnarounds) {
        BusTerms(cost: $0.cost, arrangement: $0.arrangement)
    }
    report.storeProblem = problem
    return report
}
