// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Synchronization

/// Judges the sweeps of all buses, whose pollers run side by side, before they are stored.
final class FrozenPoints: Sendable {
    private let book: Mutex<FrozenBook>
    private let isIdle: Bool

    init(_ book: FrozenBook) {
        isIdle = book.isEmpty
        self.book = Mutex(book)
    }

    func judged(_ sweep: Sweep) -> Sweep { isIdle ? sweep : book.withLock { $0.judged(sweep) } }
}
