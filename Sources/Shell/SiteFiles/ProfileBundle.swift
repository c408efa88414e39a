// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
public import Model
public import Profiles

/// A profile's file with the captures beside it, as far as they could be read.
public struct ProfileBundle: Sendable {
    public var path: String
    /// The whole file; empty when it cannot be read.
    public var text: String
    /// `nil` when there is an error.
    public var profile: DeviceProfile?
    /// Captures without an error, each with the name of its file.
    public var captures: [(file: String, capture: Capture)]
    /// Mistakes of the profile and of its captures, and readings that a capture expects in vain.
    public var problems: [FileProblem]

    /// The device for a page of the catalogue; `nil` when there is no profile.
    public var device: CataloguedDevice? {
        profile.map { CataloguedDevice(profile: $0, text: text, captures: captures) }
    }
}

/// The profile in this file and the captures in the folder `captures` beside it.
///
/// - Parameter folders: Where profiles that it extends are looked for, beside its own neighbours, which win.
public func loadProfileBundle(at path: String, folders: [String] = []) -> ProfileBundle {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let neighbours = parts.count > 3 ? [parts.dropLast(3).joined(separator: "/")] : []
    let loaded = loadProfileText(at: path, in: loadProfiles(in: folders + neighbours))
    var bundle = ProfileBundle(
        path: path, text: loaded.text, profile: loaded.profile, captures: [], problems: loaded.problems)
    guard let profile = loaded.profile else { return bundle }
    let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let folder = parent.isEmpty ? "captures" : "\(parent)/captures"
    let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    for file in files where file.hasSuffix(".yaml") {
        let path = "\(folder)/\(file)"
        do {
            let text = try readTextFile(at: path, .profile, hint: "It was there a moment ago.")
            let (capture, problems) = readCapture(text, path: path, of: profile)
            bundle.problems += problems
            guard let capture else { continue }
            bundle.captures.append((file, capture))
            bundle.problems += vainExpectations(of: capture, profile, path)
        } catch {
            bundle.problems.append(error)
        }
    }
    if bundle.captures.isEmpty, !bundle.problems.contains(where: { $0.severity == .error }) {
        bundle.problems.append(
            FileProblem(
                path: path, line: 1, column: 1, severity: .warning, code: ErrorCode.captureContent.rawValue,
                message: "no capture shows what the profile makes of registers; "
                    + "put one into \(folder), such as `sluice poll --once --capture` writes."))
    }
    return bundle
}

/// Readings that the registers do not give, each at its place.
private func vainExpectations(of capture: Capture, _ profile: DeviceProfile, _ path: String) -> [FileProblem] {
    capture.expected.flatMap { expectation in
        var single = capture
        single.expected = [expectation]
        return single.mismatches(with: profile).map {
            FileProblem(
                path: path, line: expectation.place.line, column: expectation.place.column,
                code: ErrorCode.captureContent.rawValue, message: $0)
        }
    }
}

/// The files of profiles at `path`: itself, the one in it, or those in the folders `<name>` and `<kind>/<name>`
/// below it, in the order of their names; empty when there is none.
public func profileFiles(at path: String) -> [String] {
    let files = FileManager.default
    var isFolder = false
    guard files.fileExists(atPath: path, isDirectory: &isFolder) else { return [] }
    guard isFolder else { return [path] }
    func file(in folder: String) -> String? {
        let candidate = folder.hasSuffix("/") ? "\(folder)profile.yaml" : "\(folder)/profile.yaml"
        return files.fileExists(atPath: candidate) ? candidate : nil
    }
    func folders(in folder: String) -> [String] {
        let names = ((try? files.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        return names.map { folder.hasSuffix("/") ? folder + $0 : "\(folder)/\($0)" }
    }
    if let own = file(in: path) { return [own] }
    return folders(in: path).flatMap { below in
        file(in: below).map { [$0] } ?? folders(in: below).compactMap(file)
    }
}
