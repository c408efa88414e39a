// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Synchronization

/// The paths that a router answers, with the methods of each: to tell a method that is not allowed from an address that
/// is not there.
final class RouteTable: Sendable {
    private struct Entry: Sendable {
        /// Segments of the path; `nil` stands for any.
        var segments: [String?]
        var methods: Set<String>
    }

    private let entries = Mutex<[Entry]>([])

    /// Takes over what a router has; call it when all routes are added.
    func fill(from router: Router<DashboardContext>) {
        var found: [Entry] = []
        for route in router.routes {
            let path = Self.segments(of: "\(route.path)").map { $0.hasPrefix(":") || $0.hasPrefix("{") ? nil : $0 }
            // The router answers HEAD wherever it answers GET.
            let methods = route.method == .get ? ["GET", "HEAD"] : [route.method.rawValue]
            if let place = found.firstIndex(where: { $0.segments == path }) {
                found[place].methods.formUnion(methods)
            } else {
                found.append(Entry(segments: path, methods: Set(methods)))
            }
        }
        let all = found
        entries.withLock { $0 = all }
    }

    /// Methods that are answered at a path, in alphabetical order; empty when nothing is there.
    func methods(at path: String) -> [String] {
        let segments = Self.segments(of: path)
        let found = entries.withLock { all in
            all.filter { entry in
                entry.segments.count == segments.count
                    && zip(entry.segments, segments).allSatisfy { $0 == nil || $0 == $1 }
            }
        }
        return found.reduce(into: Set<String>()) { $0.formUnion($1.methods) }.sorted()
    }

    private static func segments(of path: String) -> [String] { path.split(separator: "/").map(String.init) }
}
