// SPDX-License-Identifier: Apache-2.0

import CKernel

/// Keeps the process small; nothing here changes what it does.
enum HeapRules {
    /// Two arenas serve all threads: with one for each, what a thread frees is of no use to the others.
    static func limitArenas() { mallopt(M_ARENA_MAX, 2) }

    /// Gives the system back what reading the configuration took.
    static func giveBackUnused() { malloc_trim(0) }
}
