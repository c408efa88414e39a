// SPDX-License-Identifier: Apache-2.0

public import Model

/// What the retained state topic of a site says.
public enum SiteState: String, Hashable, Sendable, CaseIterable {
    /// The gateway is connected.
    case online
    /// The broker lost the connection: the last will.
    case lost
    /// The gateway stopped of its own accord.
    case disconnected
}

/// The payload of the state topic: `{"state":"online","ep":3,"boot":…,"version":…,"ts":…}`.
///
/// - Parameter moment: When the state began. A last will is written before the loss: it carries the moment at which
///   that connection was begun.
public func statePayload(
    _ state: SiteState, epoch: Int64, boot: BootIdentifier, version: String, at moment: Timestamp
) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.key("state")
    json.string(state.rawValue)
    json.key("ep")
    json.integer(epoch)
    json.key("boot")
    json.string(boot.text)
    json.key("version")
    json.string(version)
    json.key("ts")
    json.timestamp(moment)
    json.endObject()
    return json.bytes
}

extension MessageWriter {
    /// The birth of the site: `{"site":…,"name":{"zh":…,"en":…},"ep":3,"version":…,"assets":["<area>/<asset>",…]}`.
    public func siteMeta(name: BilingualText, version: String) -> [UInt8] {
        var json = JSONWriter(reserving: 128 + 32 * catalogue.assets.count)
        json.beginObject()
        json.key("site")
        json.string(catalogue.site.text)
        text(&json, "name", name)
        json.key("ep")
        json.integer(epoch)
        json.key("version")
        json.string(version)
        json.key("assets")
        json.beginArray()
        for asset in catalogue.assets { json.string("\(asset.area)/\(asset.identifier)") }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// The birth of one asset: `{"asset":…,"area":…,"name":{…},"device":…,"profile":…,"points":{"flow":{"u":"m3/h",
    /// "signal":"water.flow","period_seconds":10.0}}}`; a point with states lists them as `labels`.
    public func assetMeta(_ asset: Asset) -> [UInt8] {
        var json = JSONWriter(reserving: 256 + 96 * asset.points.count)
        json.beginObject()
        json.key("asset")
        json.string(asset.identifier.text)
        json.key("area")
        json.string(asset.area.text)
        text(&json, "name", asset.name)
        json.key("device")
        json.string(asset.device.text)
        json.key("profile")
        json.string(asset.profile)
        json.key("points")
        json.beginObject()
        for point in catalogue.points[asset.points.clamped(to: catalogue.points.indices)] {
            json.key(point.name)
            json.beginObject()
            if point.unit != .none {
                json.key("u")
                json.string(point.unit.rawValue)
            }
            if let signal = point.signal {
                json.key("signal")
                json.string(signal.text)
            }
            if !point.stateLabels.isEmpty {
                json.key("labels")
                json.beginArray()
                for label in point.stateLabels { json.string(label) }
                json.endArray()
            }
            json.key("period_seconds")
            json.number(point.period.inSeconds)
            json.endObject()
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }

    /// Whether a device answers: `{"state":"offline","reason":"device_down","since":…,"ep":3}`.
    ///
    /// - Parameter state: `online`, `offline` or `unknown`.
    public func availability(_ state: String, reason: QualityReason?, since: Timestamp) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("state")
        json.string(state)
        if let reason {
            json.key("reason")
            json.string(reason.word)
        }
        json.key("since")
        json.timestamp(since)
        json.key("ep")
        json.integer(epoch)
        json.endObject()
        return json.bytes
    }

    private func text(_ json: inout JSONWriter, _ key: String, _ text: BilingualText) {
        json.key(key)
        json.beginObject()
        json.key("zh")
        json.string(text.zh)
        json.key("en")
        json.string(text.en)
        json.endObject()
    }
}
