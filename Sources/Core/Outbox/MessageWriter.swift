// SPDX-License-Identifier: Apache-2.0

public import Model

/// Turns stored sweeps into the JSON that goes out.
///
/// The asset message is
/// `{"ts":…,"seq":8812,"ep":3,"tq":"synced","flow":{"v":12.345,"u":"m3/h","q":"good"},"total":{…}}`. The points of the
/// sweep come first, in the sweep's order, and have the sequence numbers `seq`, `seq` + 1 and so on. After them come
/// the last known readings of the asset's other points; each of those carries its own `ts` and `seq`, so that a
/// consumer that keeps everything recognises them as repeated.
///
/// `u` is left out for a bare number, a Boolean and a state, and everywhere when ``includesUnits`` is false.
public struct MessageWriter: Sendable {
    /// Most readings of one backfill message.
    public static let backfillReadings = 500
    /// Most bytes of one backfill message, unless a single sweep is larger.
    public static let backfillBytes = 64 * 1024

    public let catalogue: Catalogue
    public let topics: Topics
    /// Number of this life of the database.
    public let epoch: Int64
    public let includesUnits: Bool
    /// By asset: its topic, made once.
    private let assetTopics: [String]
    private let assetPaths: [String]
    /// By point: `"name":`.
    private let pointKeys: [[UInt8]]
    /// By point: `"u":"m3/h"`; empty where the message says no unit.
    private let pointUnits: [[UInt8]]

    public init(catalogue: Catalogue, epoch: Int64, includesUnits: Bool = true) {
        self.catalogue = catalogue
        self.epoch = epoch
        self.includesUnits = includesUnits
        let topics = Topics(site: catalogue.site)
        self.topics = topics
        assetTopics = catalogue.assets.map { topics.asset($0) }
        assetPaths = catalogue.assets.map { "\($0.area)/\($0.identifier)" }
        pointKeys = catalogue.points.map { JSONWriter.preparedKey($0.name) }
        pointUnits = catalogue.points.map {
            includesUnits && $0.unit != .none ? JSONWriter.preparedMember("u", $0.unit.rawValue) : []
        }
    }

    /// Whether the running configuration still has the sweep's asset; a stored row may be older than the configuration.
    public func knows(_ stored: StoredSweep) -> Bool {
        catalogue.assets.indices.contains(Int(stored.sweep.asset.value)) && !stored.sweep.readings.isEmpty
    }

    /// The retained topic of an asset of the catalogue.
    public func topic(of asset: AssetIndex) -> String { assetTopics[Int(asset.value)] }

    /// The retained message of one asset after one sweep.
    ///
    /// - Parameters:
    ///   - stored: A sweep that the writer ``knows(_:)``.
    ///   - latest: Where the readings of the asset's other points come from.
    public func assetMessage(_ stored: StoredSweep, latest: LatestReadings) -> [UInt8] {
        let sweep = stored.sweep
        let ts = time(of: sweep)
        var json = JSONWriter(reserving: 96 + 72 * catalogue[sweep.asset].points.count)
        json.beginObject()
        envelope(&json, stored, ts: ts)
        json.key("ep")
        json.integer(epoch)
        timeQuality(&json, sweep.timeQuality)
        points(&json, of: sweep, ts: ts)
        let others = catalogue[sweep.asset].points
        if sweep.readings.count < others.count {
            for place in others where !sweep.holds(place) {
                guard let held = latest[PointIndex(place)] else { continue }
                json.key(prepared: pointKeys[place])
                repeated(&json, held, beside: sweep)
            }
        }
        json.endObject()
        return json.bytes
    }

    /// The retained message of a sweep that could not be stored: without `seq`, and with `"unstored":true`, so that no
    /// consumer takes it for a row. It comes again under its number when it is stored.
    ///
    /// - Parameter sweep: Of an asset of the catalogue.
    public func unstoredMessage(_ sweep: Sweep, latest: LatestReadings) -> [UInt8] {
        let ts = time(of: sweep)
        var json = JSONWriter(reserving: 96 + 72 * catalogue[sweep.asset].points.count)
        json.beginObject()
        json.key("ts")
        json.timestamp(ts)
        json.key("ep")
        json.integer(epoch)
        json.key("unstored")
        json.boolean(true)
        timeQuality(&json, sweep.timeQuality)
        points(&json, of: sweep, ts: ts)
        for place in catalogue[sweep.asset].points where !sweep.holds(place) {
            guard let held = latest[PointIndex(place)] else { continue }
            json.key(prepared: pointKeys[place])
            repeated(&json, held, beside: sweep)
        }
        json.endObject()
        return json.bytes
    }

    private func repeated(_ json: inout JSONWriter, _ held: LatestReadings.Held, beside sweep: Sweep) {
        json.beginObject()
        value(&json, held.reading)
        json.key("ts")
        json.timestamp(held.reading.sourceTime)
        json.key("seq")
        json.integer(held.sequence.value)
        if held.timeQuality != sweep.timeQuality { timeQuality(&json, held.timeQuality) }
        json.endObject()
    }

    /// A batch of old sweeps:
    /// `{"ep":3,"hist":true,"rows":[{"asset":"<area>/<asset>","ts":…,"seq":…,"tq":…,"<point>":{…}}]}`.
    ///
    /// - Parameter sweeps: At least one, all of which the writer ``knows(_:)``.
    /// - Returns: The text, and how many sweeps from the front it holds: as many as 500 readings and 64 kB allow,
    ///   and at least one.
    public func backfillMessage(_ sweeps: some Collection<StoredSweep>) -> (payload: [UInt8], count: Int) {
        var json = JSONWriter(reserving: 4096)
        json.beginObject()
        json.key("ep")
        json.integer(epoch)
        json.key("hist")
        json.boolean(true)
        json.key("rows")
        json.beginArray()
        var count = 0
        var readings = 0
        for stored in sweeps {
            let sweep = stored.sweep
            readings += sweep.readings.count
            if count > 0, readings > Self.backfillReadings { break }
            let mark = json.mark
            let ts = time(of: sweep)
            json.beginObject()
            json.key("asset")
            json.string(assetPaths[Int(sweep.asset.value)])
            envelope(&json, stored, ts: ts)
            timeQuality(&json, sweep.timeQuality)
            points(&json, of: sweep, ts: ts)
            json.endObject()
            if count > 0, json.bytes.count + 2 > Self.backfillBytes {
                json.cut(to: mark)
                break
            }
            count += 1
        }
        json.endArray()
        json.endObject()
        return (json.bytes, count)
    }

    /// The message's time: the source time of its first reading.
    private func time(of sweep: Sweep) -> Timestamp { sweep.readings.first?.sourceTime ?? sweep.receivedWall }

    private func envelope(_ json: inout JSONWriter, _ stored: StoredSweep, ts: Timestamp) {
        json.key("ts")
        json.timestamp(ts)
        json.key("seq")
        json.integer(stored.firstSequence.value)
    }

    private func timeQuality(_ json: inout JSONWriter, _ quality: TimeQuality) {
        json.key("tq")
        json.string(quality.word)
        // The same number with a higher revision replaces what was sent before.
        if quality == .restamped {
            json.key("rev")
            json.integer(1)
        }
    }

    private func points(_ json: inout JSONWriter, of sweep: Sweep, ts: Timestamp) {
        let known = catalogue[sweep.asset].points
        for reading in sweep.readings where known.contains(Int(reading.point.value)) {
            json.key(prepared: pointKeys[Int(reading.point.value)])
            json.beginObject()
            value(&json, reading)
            if reading.sourceTime != ts {
                json.key("ts")
                json.timestamp(reading.sourceTime)
            }
            json.endObject()
        }
    }

    private func value(_ json: inout JSONWriter, _ reading: Reading) {
        let point = Int(reading.point.value)
        var quality = reading.quality
        var reason = reading.reason
        switch reading.quantity {
        case .number(let number) where number.isFinite:
            json.key("v")
            json.number(number)
        case .number:
            // A stored row is a file like any other: a value that JSON cannot say is a bad one.
            (quality, reason) = (.bad, .notFinite)
        case .integer(let count):
            json.key("v")
            json.integer(count)
        case .isOn(let isOn):
            json.key("v")
            json.boolean(isOn)
        case .state(let index):
            json.key("v")
            let labels = catalogue.points[point].stateLabels
            if labels.indices.contains(Int(index)) {
                json.string(labels[Int(index)])
            } else {
                json.integer(Int64(index))
            }
        case nil:
            break
        }
        if quality != .bad, !pointUnits[point].isEmpty { json.member(prepared: pointUnits[point]) }
        json.key("q")
        json.string(quality.word)
        if let reason {
            json.key("qr")
            json.string(reason.word)
        }
    }
}
