// SPDX-License-Identifier: Apache-2.0

public import Model

/// The retained messages by which Home Assistant finds the points of a site:
/// `homeassistant/<component>/<site>/<asset>--<point>/config`.
public struct HomeAssistantDiscovery: Sendable {
    private let catalogue: Catalogue
    private let topics: Topics
    private let siteName: String
    private let version: String
    /// Name of an asset in the site's language.
    private let name: @Sendable (BilingualText) -> String
    /// Longest silence of each point, by its place in the catalogue.
    private let silences: [Duration]

    public init(
        catalogue: Catalogue, siteName: BilingualText, version: String, silences: [Duration],
        name: @escaping @Sendable (BilingualText) -> String
    ) {
        (self.catalogue, self.version, self.silences, self.name) = (catalogue, version, silences, name)
        self.siteName = name(siteName)
        topics = Topics(site: catalogue.site)
    }

    /// Number of messages: one for the connection of the site, one for each point.
    public var count: Int { 1 + catalogue.points.count }

    /// Topic and payload of the message at `place`, 0 ..< ``count``.
    public func message(at place: Int) -> (topic: String, payload: [UInt8]) {
        place == 0 ? connection : message(of: place - 1)
    }

    public func topic(at place: Int) -> String {
        guard place > 0 else { return "homeassistant/binary_sensor/\(catalogue.site)/_gateway--connection/config" }
        let point = catalogue.points[place - 1]
        return "homeassistant/\(kind(at: place - 1).component.rawValue)/\(catalogue.site)/"
            + "\(catalogue[point.asset].identifier)--\(Topics.level(point.name))/config"
    }

    private func kind(at place: Int) -> HomeAssistantKind { HomeAssistantKind(of: catalogue.points[place]) }

    private var connection: (topic: String, payload: [UInt8]) {
        var json = JSONWriter(reserving: 512)
        json.beginObject()
        json.text("name", "MQTT")
        json.text("unique_id", "sluice_\(catalogue.site)_connection")
        entityIdentifier(&json, .binarySensor, "sluice_\(catalogue.site)_connection")
        json.text("state_topic", topics.state)
        json.text("value_template", "{{ 'ON' if \(Self.content).state == 'online' else 'OFF' }}")
        json.text("device_class", "connectivity")
        json.text("entity_category", "diagnostic")
        json.key("qos")
        json.integer(1)
        json.key("device")
        json.beginObject()
        json.key("identifiers")
        json.beginArray()
        json.string("sluice_\(catalogue.site)")
        json.endArray()
        json.text("name", siteName)
        json.text("manufacturer", "Sluice")
        json.text("model", "Sluice")
        json.text("sw_version", version)
        json.endObject()
        origin(&json)
        json.endObject()
        return (topic(at: 0), json.bytes)
    }

    private func message(of place: Int) -> (topic: String, payload: [UInt8]) {
        let (point, kind) = (catalogue.points[place], kind(at: place))
        let asset = catalogue[point.asset]
        let unique = "sluice_\(catalogue.site)_\(asset.identifier)_\(point.name)"
        var json = JSONWriter(reserving: 1024)
        json.beginObject()
        json.text("name", point.name.replacing("_", with: " "))
        json.text("unique_id", unique)
        entityIdentifier(&json, kind.component, unique)
        json.text("state_topic", topics.asset(asset))
        // A bad reading has no value; `None` makes the entity unknown instead of keeping the last one.
        let value = "(\(Self.content)['\(point.name)'] | default({})).v"
        switch kind.component {
        case .sensor: json.text("value_template", "{{ \(value) if \(value) is defined else 'None' }}")
        case .binarySensor:
            json.text(
                "value_template",
                "{% if \(value) is defined %}{{ 'ON' if \(value) in [true, 1] else 'OFF' }}{% else %}None{% endif %}")
        }
        if let unit = kind.unit { json.text("unit_of_measurement", unit) }
        if let deviceClass = kind.deviceClass { json.text("device_class", deviceClass) }
        if let stateClass = kind.stateClass { json.text("state_class", stateClass) }
        if !kind.options.isEmpty {
            json.key("options")
            json.beginArray()
            for option in kind.options { json.string(option) }
            json.endArray()
        }
        json.key("expire_after")
        let silence = silences.indices.contains(place) ? silences[place] : ReportRule.usualSilence
        json.integer(Int64((max(silence, point.period) * 3).inSeconds.rounded(.up)))
        json.key("qos")
        json.integer(1)
        availability(&json, asset)
        device(&json, asset)
        origin(&json)
        json.endObject()
        return (topic(at: place + 1), json.bytes)
    }

    /// What a template finds in a message. An empty one, which takes back what is no longer configured, has no `value_json`,
    /// and it may come before Home Assistant has removed the entity.
    private static let content = "(value_json | default({}))"

    /// The identifier that the entity is to have, twice: versions before 2025.10 read `object_id`, those from 2026.4 on
    /// only `default_entity_id`. Where both stand the former is left aside without a complaint.
    private func entityIdentifier(_ json: inout JSONWriter, _ component: HomeAssistantKind.Component, _ name: String) {
        json.text("object_id", name)
        json.text("default_entity_id", "\(component.rawValue).\(name)")
    }

    /// The entity is available when the gateway is connected and the device answers.
    private func availability(_ json: inout JSONWriter, _ asset: Asset) {
        json.key("availability")
        json.beginArray()
        for topic in [topics.state, topics.availability(of: asset)] {
            json.beginObject()
            json.text("topic", topic)
            json.text("value_template", "{{ 'online' if \(Self.content).state == 'online' else 'offline' }}")
            json.endObject()
        }
        json.endArray()
        json.text("availability_mode", "all")
    }

    private func device(_ json: inout JSONWriter, _ asset: Asset) {
        json.key("device")
        json.beginObject()
        json.key("identifiers")
        json.beginArray()
        json.string("sluice_\(catalogue.site)_\(asset.identifier)")
        json.endArray()
        json.text("name", name(asset.name))
        json.text("model", asset.profile)
        json.text("suggested_area", asset.area.text)
        json.text("via_device", "sluice_\(catalogue.site)")
        json.endObject()
    }

    private func origin(_ json: inout JSONWriter) {
        json.key("origin")
        json.beginObject()
        json.text("name", "Sluice")
        json.text("sw_version", version)
        json.endObject()
    }
}
