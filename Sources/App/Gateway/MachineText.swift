// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import Outbox

/// What a machine is and has left, and what lies in a state directory, for people who look for a mistake.
public enum MachineText {
    /// System, kernel, architecture, processors, memory and time since its start, a line each; no name of the machine.
    public static var machine: [String] {
        var lines: [String] = []
        let release = MachineFacts.lines(of: "/etc/os-release").first { $0.hasPrefix("PRETTY_NAME=") }
        if let release { lines.append("system " + release.dropFirst(12).filter { $0 != "\"" }) }
        var kernel = utsname()
        if uname(&kernel) == 0 {
            lines.append("kernel \(text(of: kernel.sysname)) \(text(of: kernel.release)) \(text(of: kernel.machine))")
        }
        lines.append("processors \(sysconf(Int32(_SC_NPROCESSORS_ONLN)))")
        lines += MachineFacts.lines(of: "/proc/meminfo").filter {
            $0.hasPrefix("MemTotal") || $0.hasPrefix("MemAvailable")
        }
        if let up = MachineFacts.lines(of: "/proc/uptime").first?.split(separator: ".").first {
            lines.append("running \(up) s")
        }
        return lines
    }

    /// The files of a state directory with their bytes, folders in it as one line each, and the room of its disk; or why it
    /// cannot be read.
    public static func files(of directory: String) -> [String] {
        guard access(directory, R_OK | X_OK) == 0 else {
            return ["\(directory) cannot be read: \(String(cString: strerror(errno)))"]
        }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
        var lines = names.map { name -> String in
            var status = stat()
            guard lstat("\(directory)/\(name)", &status) == 0 else { return "\(name) ?" }
            guard status.st_mode & S_IFMT == S_IFDIR else { return "\(name) \(status.st_size)" }
            let sizes = sizes(below: "\(directory)/\(name)")
            return "\(name)/ \(sizes.reduce(0, +)) in \(sizes.count) files"
        }
        let facts = MachineFacts.read(stateDirectory: directory)
        if let free = facts.diskFree, let size = facts.diskSize { lines.append("disk \(free) free of \(size)") }
        return lines
    }

    private static func sizes(below folder: String) -> [Int64] {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { name in
            var status = stat()
            guard lstat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            return Int64(status.st_size)
        }
    }

    private static func text<Tuple>(of tuple: Tuple) -> String {
        withUnsafeBytes(of: tuple) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
