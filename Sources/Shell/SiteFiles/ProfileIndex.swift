// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
public import Model
public import Profiles

/// Which profiles there are, and in which files.
public struct ProfileIndex: Sendable {
    /// Folders that were looked through, in their order.
    public var folders: [String]
    /// Path of the profile's file, by the profile's name.
    public var paths: [String: String]
}

/// The profiles below `folders`, each `<folder>/<kind>/<name>/profile.yaml`.
///
/// A later folder wins, so that a site's own profile replaces the bundled one of the same name. A folder that does
/// not exist holds none. No profile is read here.
public func loadProfiles(in folders: [String]) -> ProfileIndex {
    var index = ProfileIndex(folders: folders, paths: [:])
    let files = FileManager.default
    func names(in folder: String) -> [String] { ((try? files.contentsOfDirectory(atPath: folder)) ?? []).sorted() }
    for folder in folders {
        for kind in names(in: folder) {
            for name in names(in: "\(folder)/\(kind)") {
                let path = "\(folder)/\(kind)/\(name)/profile.yaml"
                if files.fileExists(atPath: path) { index.paths[name] = path }
            }
        }
    }
    return index
}

extension ProfileIndex {
    /// The profiles that another one may extend.
    var bases: ProfileBases {
        ProfileBases(names: paths.keys.sorted()) { [paths] name in
            paths[name].flatMap { try? readTextFile(at: $0, .profile, hint: "") }
        }
    }
}

/// The profile in this file; `nil` when there is an error, with all problems of the file.
///
/// - Parameter index: Where the profile that it extends is found.
public func loadProfile(
    at path: String, in index: ProfileIndex
) -> (profile: DeviceProfile?, problems: [FileProblem]) {
    let loaded = loadProfileText(at: path, in: index)
    return (loaded.profile, loaded.problems)
}

func loadProfileText(
    at path: String, in index: ProfileIndex
) -> (profile: DeviceProfile?, problems: [FileProblem], text: String) {
    do {
        let text = try readTextFile(
            at: path, .profile, hint: "A profile is named like DeviceProfiles/pump/acme-p1/profile.yaml.")
        let (profile, problems) = readProfile(text, path: path, bases: index.bases)
        return (profile, problems, text)
    } catch {
        return (nil, [error], "")
    }
}
