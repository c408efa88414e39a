// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox
import Testing

@Suite struct HomeAssistantTests {
    private static let catalogue = Catalogue(
        site: SiteIdentifier("lakeside"),
        assets: [
            Asset(
                identifier: AssetIdentifier("riser-2"), area: AreaIdentifier("b3"), device: DeviceIdentifier("m17"),
                profile: "acme-wm40", name: BilingualText(zh: "二号立管", en: "Riser 2"), points: 0..<4)
        ],
        points: [
            point("total", "water.total", .litre), point("flow", "water.flow", .cubicMetrePerHour),
            point("door", "lift.door", .none, labels: ["closed", "open", "closed"]),
            point("running", "pump.running", .none),
        ])

    private static func point(_ name: String, _ signal: SignalName, _ unit: UnitOfMeasure, labels: [String] = [])
        -> Point
    {
        Point(
            asset: AssetIndex(0), name: name, signal: signal, unit: unit, stateLabels: labels, period: .seconds(10))
    }

    private func messages(silence: Duration = .seconds(300)) throws -> [(topic: String, tree: JSONTree)] {
        let told = HomeAssistantDiscovery(
            catalogue: Self.catalogue, siteName: BilingualText(zh: "湖畔", en: "Lakeside"), version: "0.1.0",
            silences: Array(repeating: silence, count: 4), name: { $0.zh })
        return try (0..<told.count).map { place in
            let message = told.message(at: place)
            #expect(message.topic == told.topic(at: place))
            return (message.topic, try JSONTree(message.payload))
        }
    }

    @Test func `each point has its message below the site, with classes that Home Assistant knows`() throws {
        let messages = try messages()
        #expect(
            messages.map(\.topic) == [
                "homeassistant/binary_sensor/lakeside/_gateway--connection/config",
                "homeassistant/sensor/lakeside/riser-2--total/config",
                "homeassistant/sensor/lakeside/riser-2--flow/config",
                "homeassistant/sensor/lakeside/riser-2--door/config",
                "homeassistant/binary_sensor/lakeside/riser-2--running/config",
            ])
        func texts(_ key: String) -> [String?] { messages.map { $0.tree[key]?.text } }
        #expect(texts("device_class") == ["connectivity", "water", "volume_flow_rate", "enum", "running"])
        #expect(texts("state_class") == [nil, "total_increasing", "measurement", nil, nil])
        #expect(texts("unit_of_measurement") == [nil, "L", "m³/h", nil, nil])
        #expect(messages[3].tree["options"]?.elements == [.text("closed"), .text("open")])
        #expect(messages[1].tree["state_topic"]?.text == "sluice/lakeside/b3/riser-2")
        #expect(messages[1].tree["expire_after"]?.integer == 900)
        #expect(messages[1].tree["device"]?["name"]?.text == "二号立管")
        #expect(Set(texts("unique_id")).count == messages.count)
        #expect(messages[2].tree["object_id"]?.text == "sluice_lakeside_riser-2_flow")
        #expect(messages[2].tree["default_entity_id"]?.text == "sensor.sluice_lakeside_riser-2_flow")
        #expect(messages[4].tree["default_entity_id"]?.text == "binary_sensor.sluice_lakeside_riser-2_running")
    }

    @Test func `conductivity has no class, since a class that is not known yet costs the whole entity`() throws {
        let catalogue = Catalogue(
            site: SiteIdentifier("lakeside"),
            assets: [
                Asset(
                    identifier: AssetIdentifier("bed"), area: AreaIdentifier("garden"), device: DeviceIdentifier("s1"),
                    profile: "soil", name: BilingualText("Bed"), points: 0..<1)
            ], points: [Self.point("conductivity", "soil.conductivity", .microsiemensPerCentimetre)])
        let told = HomeAssistantDiscovery(
            catalogue: catalogue, siteName: BilingualText("Lakeside"), version: "0.1.0", silences: [], name: { $0.en })
        let tree = try JSONTree(told.message(at: 1).payload)
        #expect(tree["device_class"] == nil)
        #expect(tree["unit_of_measurement"]?.text == "µS/cm")
    }

    @Test func `an entity is available when the gateway is connected and the device answers`() throws {
        for message in try messages().dropFirst() {
            #expect(message.tree["availability_mode"]?.text == "all")
            #expect(
                message.tree["availability"]?.elements?.map { $0["topic"]?.text } == [
                    "sluice/lakeside/_state", "sluice/lakeside/b3/riser-2/_availability",
                ])
        }
    }

    @Test func `a point that is polled more seldom than it may be silent does not expire between two polls`() throws {
        #expect(try messages(silence: .seconds(1))[1].tree["expire_after"]?.integer == 30)
    }
}
