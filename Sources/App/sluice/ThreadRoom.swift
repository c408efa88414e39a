// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Whether the system gives this process as many threads as a gateway needs.
///
/// The libraries below end the process when a thread cannot be made, so it is better to ask before.
enum ThreadRoom {
    /// Event loops, the pool of the runtime, store, channels, signals, and some more of the libraries.
    static let usual = 12

    /// Makes so many threads at once and lets them go again.
    static func isThere(for count: Int) -> Bool {
        let door = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        pthread_mutex_init(door, nil)
        pthread_mutex_lock(door)
        var threads: [pthread_t] = []
        for _ in 0..<count {
            var thread: pthread_t = 0
            let code = pthread_create(
                &thread, nil,
                { door in
                    guard let door = door?.assumingMemoryBound(to: pthread_mutex_t.self) else { return nil }
                    pthread_mutex_lock(door)
                    pthread_mutex_unlock(door)
                    return nil
                }, door)
            if code != 0 { break }
            threads.append(thread)
        }
        pthread_mutex_unlock(door)
        for thread in threads { pthread_join(thread, nil) }
        pthread_mutex_destroy(door)
        door.deallocate()
        return threads.count == count
    }
}
