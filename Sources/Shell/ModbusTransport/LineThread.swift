// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A thread that runs the jobs of one actor, in order, so that a blocking call stalls that actor only.
///
/// The queue holds the jobs of calls in progress; ``SerialTransport`` bounds those.
final class LineThread: SerialExecutor, @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    // Both guarded by the mutex.
    private var jobs: [UnownedJob] = []
    private var isStopped = false
    /// The system's error when the thread could not be started; its jobs then never run.
    private(set) var startFailure: Int32?

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        pthread_attr_init(attributes)
        pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(attributes, 512 * 1024)
        defer {
            pthread_attr_destroy(attributes)
            attributes.deallocate()
        }
        // The thread keeps this object until it is stopped.
        let kept = Unmanaged.passRetained(self)
        var thread: pthread_t = 0
        let code = pthread_create(
            &thread, attributes,
            { argument in
                if let argument { Unmanaged<LineThread>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, kept.toOpaque())
        if code != 0 {
            startFailure = code
            kept.release()
        }
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pthread_mutex_lock(mutex)
        jobs.append(job)
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Ends the thread when its jobs are done. Nothing may be enqueued after it.
    func stop() {
        pthread_mutex_lock(mutex)
        isStopped = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    private func run() {
        while true {
            pthread_mutex_lock(mutex)
            while jobs.isEmpty, !isStopped { pthread_cond_wait(condition, mutex) }
            let batch = jobs
            jobs.removeAll(keepingCapacity: true)
            pthread_mutex_unlock(mutex)
            guard !batch.isEmpty else { return }
            for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }
}
