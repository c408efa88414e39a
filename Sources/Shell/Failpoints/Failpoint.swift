// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Places where a test lets the program fail: `SLUICE_FAILPOINT=name[:n][=action]`, several separated by commas.
///
/// The action takes place when the place is reached for the nth time (default 1). `abort`, the default, ends the process
/// as `kill -9` would; `sleep` blocks the thread for an hour; `error` throws, from then on each time. A program that is
/// not built for debugging has none of them.
public enum Failpoint: String, CaseIterable, Sendable {
    /// A transaction is about to be carried out.
    case storeCommit = "store.commit"
    /// Readings are durable; nobody knows of them yet.
    case outboxStored = "outbox.stored"
    /// PUBACKs came and are about to be noted.
    case outboxAcknowledged = "outbox.acked"
    /// A device is about to be asked.
    case pollerRequest = "poller.request"

    // Promises that a test breaks, to show that it would notice. Only `error` does something there.

    /// A transaction of readings is called stored and is not.
    case storeForget = "store.forget"
    /// Readings are stored without their rows in the outbox.
    case outboxForget = "outbox.forget"
    /// Nobody looks whether the database is still the file in the directory.
    case storeWatch = "store.watch"
    /// A page of a damaged database is not copied.
    case storeSalvage = "store.salvage"
    /// Rows of an unknown clock keep their time.
    case clockRestamp = "clock.restamp"

    public enum Action: String, CaseIterable, Sendable { case abort, sleep, error }

    /// What is to happen where, and at which visit.
    public struct Order: Hashable, Sendable {
        public var place: Failpoint
        public var visit: Int
        public var action: Action
        public init(place: Failpoint, visit: Int, action: Action) {
            (self.place, self.visit, self.action) = (place, visit, action)
        }
    }

    public struct Reached: Error, Hashable, Sendable, CustomStringConvertible {
        public var place: Failpoint
        public var description: String { "failpoint \(place.rawValue)" }
    }

    /// The orders that a text gives; `nil` when any of it is not understood.
    public static func orders(_ text: String) -> [Order]? {
        var orders: [Order] = []
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            let names = sides[0].split(separator: ":", omittingEmptySubsequences: false)
            guard sides.count <= 2, names.count <= 2, let place = Failpoint(rawValue: String(names[0])),
                let visit = names.count == 2 ? Int(names[1]) : 1, visit > 0,
                let action = sides.count == 2 ? Action(rawValue: String(sides[1])) : .abort
            else { return nil }
            orders.append(Order(place: place, visit: visit, action: action))
        }
        return orders
    }

    #if DEBUG
        private static let armed: [Order] = {
            guard let text = getenv("SLUICE_FAILPOINT").map({ String(cString: $0) }), !text.isEmpty else { return [] }
            guard let orders = orders(text) else {
                // A test with a name that nobody knows would prove nothing.
                let line = Array("sluice: SLUICE_FAILPOINT '\(text)' is not understood.\n".utf8)
                _ = write(STDERR_FILENO, line, line.count)
                exit(64)
            }
            return orders
        }()
        private static let visits = Mutex<[Failpoint: Int]>([:])

        /// Whether a promise is to be broken here, at this visit.
        public static func breaks(_ place: Failpoint) -> Bool {
            do throws(Reached) {
                try reach(place)
                return false
            } catch {
                return true
            }
        }

        /// Called where the failure is to happen.
        ///
        /// - Throws: ``Reached`` when the action is `error`.
        public static func reach(_ place: Failpoint) throws(Reached) {
            guard !armed.isEmpty, let order = armed.first(where: { $0.place == place }) else { return }
            let visit = visits.withLock { visits in
                visits[place, default: 0] += 1
                return visits[place, default: 0]
            }
            switch order.action {
            case .abort where visit == order.visit: kill(getpid(), SIGKILL)
            case .sleep where visit == order.visit: Glibc.sleep(3600)
            case .error where visit >= order.visit: throw Reached(place: place)
            case .abort, .sleep, .error: return
            }
        }
    #else
        @inlinable public static func reach(_ place: Failpoint) throws(Reached) {}
        @inlinable public static func breaks(_ place: Failpoint) -> Bool { false }
    #endif
}
