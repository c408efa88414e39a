// SPDX-License-Identifier: Apache-2.0

import Glibc
public import Model
import Profiles

/// What an administrator has set at the page: a file in the state directory, laid over the site's file.
///
/// The site's own file belongs to whoever installed it, and the service may not write it.
public enum PageSettings {
    /// In the state directory; the one before it has `.1` behind its name.
    public static let fileName = "page-settings.yaml"

    public static func path(in stateDirectory: String) -> String { "\(stateDirectory)/\(fileName)" }

    /// The settings that the page offers: scalars that may change while the gateway runs. Nothing that holds a secret, an
    /// address or a path, that deletes what is stored or that could lock people out.
    public static let offered: [[String]] =
        [
            ["site", "name", "zh"], ["site", "name", "en"], ["site", "language"],
            ["mqtt", "maximum_silence_seconds"], ["mqtt", "home_assistant"], ["mqtt", "units"],
            ["delivery", "backlog_rate"],
            ["polling", "fast_seconds"], ["polling", "normal_seconds"], ["polling", "slow_seconds"],
            ["tickets", "verify_for_minutes"], ["tickets", "verify_leak_for_hours"], ["tickets", "feedback_hours"],
            ["tariff", "estate_price"], ["tariff", "electricity_price"],
            ["tariff", "lifting_kilowatt_hours_per_cubic_metre"],
            ["alarms", "shelve_at_most_hours"], ["alarms", "flap_quiet_minutes"], ["alarms", "standing_after_hours"],
            ["alarms", "hold_seconds"], ["alarms", "symptom_before_seconds"], ["alarms", "symptom_after_minutes"],
            ["alarms", "storm_begins"], ["alarms", "storm_ends"],
        ] + SiteKeys.targets.map { ["reports", "targets", $0.name] }

    /// The file of this state directory; `nil` where there is none.
    ///
    /// - Throws: A warning when it is closed to who only checks a file; an error when it is no text.
    static func read(in stateDirectory: String) throws(FileProblem) -> Overlay? {
        let path = path(in: stateDirectory)
        func problem(_ severity: FileProblem.Severity, _ message: String) -> FileProblem {
            FileProblem(
                path: path, line: 1, column: 1, severity: severity, code: ErrorCode.pageSetting.rawValue,
                message: message)
        }
        let bytes: [UInt8]
        do {
            bytes = try readBytes(at: path, limit: 1_048_576)
        } catch {
            if error == .missing { return nil }
            throw problem(
                .warning,
                "what was set at the page cannot be read and does not count here. Run this as the gateway's user.")
        }
        do {
            return Overlay(path: path, text: try decodeText(bytes), offered: Set(offered))
        } catch {
            throw problem(.error, error.message)
        }
    }
}
