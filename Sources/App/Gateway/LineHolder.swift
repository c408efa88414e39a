// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc

/// Who else has a device file open, as far as this user may see.
public enum LineHolder {
    /// Another process that holds the file behind `path`; `nil` when none is seen.
    ///
    /// Whoever made a pseudo-terminal keeps both of its ends open and is not meant.
    public static func holder(of path: String) -> Int? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        let target = String(cString: real)
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        for process in processes.compactMap(Int.init) where process != Int(getpid()) {
            let folder = "/proc/\(process)/fd"
            let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            let files = descriptors.compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
            }
            if files.contains(target), !files.contains("/dev/ptmx") { return process }
        }
        return nil
    }
}
