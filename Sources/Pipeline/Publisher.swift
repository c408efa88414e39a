// SPDX-License-Identifier: Apache-2.0

public import Model
import Outbox

/// Carries the rows of the outbox to the broker, each at least once.
///
/// After every CONNACK it publishes the site's state, the birth messages and every device's availability, then the
/// lanes: alarms, live readings, backlog. A row is marked sent after its PUBACK, many in one transaction, and removed
/// when the replay window has passed. Rows sent within that window go out again after every loss and at the start.
///
/// Memory stays flat however many rows wait: one page a lane, one window of messages, one reading a point.
///
/// ``run()`` is called once; ``stop()`` ends it.
public actor Publisher<TimerClock: Clock> where TimerClock.Duration == Duration {
    let store: any OutboxStore
    let broker: any BrokerPort
    let clocks: any ClockSource
    let timer: TimerClock
    let settings: PublisherSettings
    let random: @Sendable () -> Double
    let onNotice: @Sendable (PublisherNotice) -> Void
    let writer: MessageWriter

    var session: BrokerSession
    var window: PublishWindow
    var chooser: LaneChooser
    var alarm = LaneCursor<OutboxRow>(after: .beforeAll)
    /// `nil` until rows were committed in this run: what the store holds before that is old.
    var live: LaneCursor<OutboxRow>?
    var backlog = LaneCursor<OutboxRow>(after: .beforeAll)
    var marks: CommitMarks
    /// The last row that was committed in this run.
    private var lastCommitted: SequenceNumber?
    var latest: LatestReadings
    var announcements: Announcements
    var wallWatch: WallClockWatch
    var beside: BesideRows
    /// Values of sweeps that could not be stored.
    var unstored = UnstoredSweeps()
    var endToEnd = EndToEnd()
    /// The store was told which topics are retained.
    var knowsRetained = false
    /// The broker has kept nothing of an earlier session.
    var isBrokerNew = true
    /// No mark before that.
    var markAt: MonotonicInstant
    /// Rows that can never be published: no mark names them.
    var refusedNumbers: Set<SequenceNumber> = []

    /// Events of the broker that wait for the next turn: at most a window of PUBACKs, a CONNACK and a loss, for a new
    /// attempt is made only after the loss was taken.
    private var events: [BrokerEvent] = []
    /// Rows whose PUBACK came and is not yet in the store.
    var settling: Set<SequenceNumber> = []
    var settleAt: MonotonicInstant?
    var maintenanceAt: MonotonicInstant
    var removalAt: MonotonicInstant
    /// The store failed: it is left alone until then.
    var storeRetryAt: MonotonicInstant?
    /// What of that was told.
    var storeTrouble = RepeatedTrouble()
    var counts = PublisherStatus()

    /// Messages were handed to the broker and not yet let go.
    var isHolding = false

    private var isStopRequested = false
    var isStopping: Bool { isStopRequested }
    private var isSignalled = false
    private var sleeper: (turn: Int, continuation: CheckedContinuation<Void, Never>)?
    private var turns = 0
    /// When the loop was last gone through: at least every ``PublisherSettings/maintenancePeriod``.
    public private(set) var lastTurn: MonotonicInstant
    private let nudges: AsyncStream<Void>
    private let nudge: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - timer: What the publisher sleeps on.
    ///   - random: 0 ..< 1, evenly spread, for the jitter between attempts to connect.
    ///   - onNotice: Told what an operator may want to read in the log; must not block.
    public init(
        store: any OutboxStore, broker: any BrokerPort, clocks: any ClockSource, timer: TimerClock,
        settings: PublisherSettings, random: @escaping @Sendable () -> Double,
        onNotice: @escaping @Sendable (PublisherNotice) -> Void = { _ in }
    ) {
        self.store = store
        self.broker = broker
        self.clocks = clocks
        self.timer = timer
        self.settings = settings
        self.random = random
        self.onNotice = onNotice
        let now = clocks.now()
        writer = MessageWriter(catalogue: settings.catalogue, epoch: store.epoch, includesUnits: settings.includesUnits)
        session = BrokerSession(startingAt: now.instant)
        window = PublishWindow(limits: settings.window)
        chooser = LaneChooser(backlogRate: settings.backlogRate)
        marks = CommitMarks(span: settings.catalogue.longestLiveAge)
        latest = LatestReadings(catalogue: settings.catalogue)
        announcements = Announcements(catalogue: settings.catalogue, startedAt: now.wall)
        wallWatch = WallClockWatch(window: settings.replayWindow)
        beside = BesideRows(run: "\(clocks.boot)-\(now.instant.nanoseconds)", now: now)
        markAt = now.instant
        maintenanceAt = now.instant + settings.maintenancePeriod
        removalAt = maintenanceAt
        lastTurn = now.instant
        (nudges, nudge) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: told from outside

    /// Alarms or tickets were committed to the outbox.
    public nonisolated func wake() { nudge.yield() }

    /// Sweeps were committed to the outbox: all that have a row there, in rising order of their numbers.
    public func committed(_ sweeps: [StoredSweep]) {
        guard let first = sweeps.first, let last = sweeps.last else { return }
        let end = last.sequence(at: max(0, last.sweep.readings.count - 1))
        marks.note(first.firstSequence, through: end, at: clocks.now().instant)
        if session.isOnline {
            if live == nil { live = LaneCursor(after: first.firstSequence.predecessor) }
            // A lane that has read everything before takes the rows as they are; else it reads them from the store.
            let rows = sweeps.map {
                (number: $0.firstSequence, row: OutboxRow(sequence: $0.firstSequence, content: .sweep($0)))
            }
            if live?.append(rows, behind: lastCommitted, limit: settings.pageLength) != true { live?.wake() }
        } else {
            // The live lane may begin behind them when the broker is back.
            for sweep in sweeps { latest.note(sweep) }
        }
        lastCommitted = last.firstSequence
        signal()
    }

    /// Sweeps that the store refuses to take: their values go out at once, marked, and are kept by nobody. The sweeps
    /// themselves wait with whoever brings them and come to ``committed(_:)`` when they are stored.
    ///
    /// At most one sweep of each asset waits here, the newest; without a connection none does.
    public func refused(_ sweeps: [Sweep]) {
        guard session.isOnline else { return }
        for sweep in sweeps { unstored.add(sweep) }
        signal()
    }

    /// A device answers, or no longer does. Published retained at once and again after every reconnect.
    ///
    /// It is not a row of the outbox: what counts is the present state, which a restart learns anew.
    public func setAvailability(
        _ availability: Availability, of asset: AssetIndex, reason: QualityReason? = nil, since: Timestamp
    ) {
        announcements.set(availability, of: asset, reason: reason, since: since)
        signal()
    }

    /// Asks for a clean stop: alarms, live readings and the window are given at most 4 s, then the site's state
    /// becomes `disconnected`. ``run()`` returns after that.
    public nonisolated func stop() { nudge.finish() }

    public var status: PublisherStatus {
        var status = counts
        status.isConnected = session.isOnline
        status.isForbidden = beside.echo.isMissing
        status.isRefusedEntry = !session.isOnline && broker.isRefused
        status.isConsumerSilent = isConfirmedByConsumer && endToEnd.isSilent
        status.inFlight = window.count
        return status
    }

    // MARK: the loop

    /// Connects and publishes until ``stop()``. When its task is cancelled instead, it says `disconnected` without
    /// waiting for what is under way.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await event in self.broker.events { await self.enqueue(event) } }
            group.addTask {
                for await _ in self.nudges { await self.rowsMayWait() }
                await self.requestStop()
            }
            await loop()
            group.cancelAll()
        }
    }

    private func enqueue(_ event: BrokerEvent) {
        events.append(event)
        signal()
    }

    private func rowsMayWait() {
        alarm.wake()
        signal()
    }

    private func requestStop() {
        isStopRequested = true
        signal()
    }

    private func loop() async {
        var stopDeadline: MonotonicInstant?
        while !Task.isCancelled {
            await turn()
            if isStopRequested {
                let now = clocks.now().instant
                let deadline = stopDeadline ?? now + settings.drainTime
                stopDeadline = deadline
                if !session.isOnline || now >= deadline || isDrained { break }
            }
            await pause(until: min(stopDeadline ?? .distantFuture, nextDeadline()))
        }
        await leave()
    }

    private func turn() async {
        let now = clocks.now()
        lastTurn = now.instant
        wallWatch.note(now.instant, now.wall)
        await takeEvents()
        await step(.clockTick)
        if session.isOnline, let deadline = window.deadline, clocks.now().instant >= deadline {
            await step(.unusable(reason: "no PUBACK for \(Int(settings.window.patience.inSeconds)) s"))
        }
        await tendBeside()
        await fillWindow()
        letGo()
        await settle(isForced: false)
        await tendConfirmation()
        await maintain()
    }

    func takeEvents() async {
        while !events.isEmpty {
            let taken = events
            events.removeAll(keepingCapacity: true)
            for event in taken {
                switch event {
                case .connected(let isSessionPresent):
                    isBrokerNew = !isSessionPresent
                    await step(.connected)
                case .disconnected(let isClean, let reason):
                    await step(.disconnected(isClean: isClean, reason: reason))
                case .acknowledged(let identifiers):
                    for identifier in identifiers {
                        if let entry = window.acknowledge(identifier) { acknowledged(entry) }
                    }
                case .received: await takeReceived()
                }
            }
        }
    }

    /// Says goodbye and closes the connection.
    private func leave() async {
        if session.isOnline {
            let message = stateMessage(.disconnected)
            _ = await send(message, rows: [], lane: nil, isFarewell: true)
            letGo()
            let deadline = clocks.now().instant + .seconds(1)
            while !Task.isCancelled, session.isOnline, !window.isEmpty, clocks.now().instant < deadline {
                await pause(until: deadline)
                await takeEvents()
            }
        }
        await takeEvents()
        await settle(isForced: true)
        await step(.stop)
    }

    // MARK: sleeping

    /// Ends the present or the next pause.
    func signal() {
        isSignalled = true
        endPause(sleeper?.turn)
    }

    private func endPause(_ turn: Int?) {
        guard let sleeper, sleeper.turn == turn else { return }
        self.sleeper = nil
        sleeper.continuation.resume()
    }

    /// Sleeps until something was signalled, or until `deadline`.
    private func pause(until deadline: MonotonicInstant) async {
        let span = deadline - clocks.now().instant
        if isSignalled || span <= .zero {
            // Lets those in who bring news.
            await Task.yield()
        } else {
            turns += 1
            let turn = turns
            // Leaving this scope cancels the sleep; a cancelled sleep ends the pause.
            async let _: Void = sleep(span, thenEnd: turn)
            await withCheckedContinuation { sleeper = (turn, $0) }
        }
        isSignalled = false
    }

    private nonisolated func sleep(_ span: Duration, thenEnd turn: Int) async {
        try? await timer.sleep(for: span, tolerance: nil)
        await endPause(turn)
    }
}
