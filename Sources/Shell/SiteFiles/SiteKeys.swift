// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles

/// The JSON Schema (2020-12) of a site's file, with a final break.
///
/// It knows keys, kinds of values, words, ranges and defaults, from the declarations that the reader itself goes by. What
/// one part of a file says of another, such as names of buses, assets and persons, only the reader judges.
public func siteSchema() -> String {
    schema(
        titled: "Site's file of Sluice", madeBy: "sluice config schema > docs/site.schema.json", keys: SiteKeys.site,
        allowsEmpty: true)
}

/// The same of a file in `conf.d`: no key has to be there, and an entry may go over one of an earlier file.
public func laterFileSchema() -> String {
    schema(
        titled: "File in conf.d of Sluice", madeBy: "sluice config schema --part", keys: SiteKeys.site.ofLaterFile,
        allowsEmpty: true)
}

/// The keys of a site's file, section by section: for the reader, which refuses every other and takes ranges and
/// defaults from here, and for the schema.
enum SiteKeys {
    static let text = SchemaShape.text
    /// A name that is or may become a level of a topic; digits alone need no quotes.
    static let identifier = SchemaShape.form(topicNameExpression)
    static let date = SchemaShape.form("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    static let timeOfDay = SchemaShape.form("^[0-9]{2}:[0-9]{2}$")
    static let weekday = 1...7
    static let silence = SchemaKey(
        "maximum_silence_seconds", .quantity(1...86_400),
        "An unchanged value is published this often only; without it every reading is published.")

    /// Sections or values under names that the site chooses.
    static func named(_ shape: SchemaShape) -> SchemaShape { .map(keys: topicNameExpression, shape) }

    static let site: [SchemaKey] = [
        SchemaKey("site", .section(estate), isRequired: true, "The estate."),
        SchemaKey("storage", .section(storage), "Where and for how long things are kept."),
        SchemaKey("mqtt", .section(mqtt), "The broker."),
        SchemaKey("delivery", .section(delivery), "Who confirms rows, and how fast old ones go out."),
        SchemaKey("dashboard", .section(dashboard), "The page."),
        SchemaKey("polling", .section(polling), "Periods of the poll classes."),
        SchemaKey(
            "buses", named(.section(bus, rule: .exactlyOne(["tcp", "serial"]))), isRequired: true,
            "Serial lines and TCP endpoints."),
        SchemaKey("devices", named(.section(device)), isRequired: true, "What hangs on the buses."),
        SchemaKey("persons", named(.section(person)), isRequired: true, "Who receives tickets and works on them."),
        SchemaKey("duty", .section(duty), isRequired: true, "Who answers for what the engine reports."),
        SchemaKey("tickets", .section(tickets), "How long repairs are watched."),
        SchemaKey("announcements", .list(.section(announcement)), "What is known beforehand and is no finding."),
        SchemaKey("tariff", .section(tariff), "Prices; without it nothing speaks of money."),
        SchemaKey("alarms", .section(alarms), "How alarms are shelved, joined and withheld."),
        SchemaKey("roster", .section(roster), "Who serves when."),
        SchemaKey("calendars", .section(calendars), "Hours of the service centre, and working days."),
        SchemaKey("service_levels", .section(serviceLevels), "The promised times by priority."),
        SchemaKey("preventive", .list(.section(plannedWork)), "Planned work."),
        SchemaKey("channels", named(channel), "How notices leave the site."),
        SchemaKey("guidance", .section(guidance), "What a ticket tells of a failure mode or a kind of asset."),
        SchemaKey("reports", .section(reports), "What figures of tickets are measured by."),
    ]

    static let estate: [SchemaKey] = [
        SchemaKey("id", identifier, isRequired: true, "Short name for topics, such as lakeside."),
        SchemaKey("name", .bilingual, "The estate's name for people; without it the id."),
        SchemaKey("zone", text, usual: .word("UTC"), "Time zone of the tz database, such as Asia/Shanghai."),
        SchemaKey(
            "language", .words(Language.self), usual: .word(Language.chinese.rawValue),
            "Language of the page and of notices."),
        SchemaKey("company", .bilingual, "The company that keeps the estate."),
        SchemaKey("area", identifier, "The area whose reports add this estate's figures up."),
    ]

    static var usualDirectory: String { usualStorage.directory }
    private static let usualStorage = StorageSettings(directory: "/var/lib/sluice", readingDays: 35)
    static let storage: [SchemaKey] = [
        SchemaKey(
            "directory", text, usual: .word(usualStorage.directory),
            "State directory; a relative one is beside this file."),
        SchemaKey(
            "reading_days", .integer(1...3650), usual: .whole(usualStorage.readingDays),
            "Days that readings are kept."),
        SchemaKey(
            "alarm_days", .integer(1...36_500), usual: .whole(usualStorage.alarmDays),
            "Days that the history of alarms is kept."),
        SchemaKey(
            "maximum_megabytes", .integer(8...1_000_000),
            "Room of the database; without it the lesser of 4 GB and half of the file system."),
        SchemaKey(
            "reserve_megabytes", .integer(1...10_000), usual: .whole(Int(usualStorage.reserve >> 20)),
            "Held back for tickets, alarms and audit."),
        SchemaKey(
            "policy", .words(StoragePolicy.self), usual: .word(usualStorage.policy.rawValue),
            "What becomes of readings when the room is used up."),
        SchemaKey(
            "gather_seconds", .integer(0...60), usual: .whole(Int(usualStorage.gathering.inSeconds)),
            "Longest time that a reading waits for others before it is written."),
    ]

    static let mqtt: [SchemaKey] = [
        SchemaKey(
            "url", .form("^mqtts?://[^@]+$"), usual: .word("mqtt://\(usualBroker.host):\(usualBroker.port)"),
            "mqtt://HOST:PORT or mqtts://HOST:PORT, without a name or password."),
        SchemaKey(
            "replay_window_seconds", .quantity(120...86_400), usual: .whole(180),
            "Rows stay this long after the broker took them."),
        silence,
        SchemaKey("ca_file", text, "Certificates to trust; for mqtts only."),
        SchemaKey("certificate_file", text, "The gateway's certificate; for mqtts, with key_file."),
        SchemaKey("key_file", text, "The key of certificate_file."),
        SchemaKey("home_assistant", .boolean, "Whether Home Assistant is told what there is."),
        SchemaKey("user_name", text, "With password_file."),
        SchemaKey("password_file", text, "A file that holds the password and nothing else."),
        SchemaKey("units", .boolean, usual: .flag(true), "Whether each value carries its unit."),
    ]
    static let usualBroker = (host: "127.0.0.1", port: 1883)

    static let delivery: [SchemaKey] = [
        SchemaKey(
            "confirm", .words(DeliverySettings.Confirmation.self),
            usual: .word(DeliverySettings().confirmation.rawValue),
            "When a row is done: some time after the broker took it, or when the far end has stored it."),
        SchemaKey(
            "backlog_rate", .quantity(1...100_000), usual: .real(DeliverySettings().backlogRate),
            "Messages of old readings per second."),
    ]

    static let dashboard: [SchemaKey] = [
        SchemaKey("address", text, usual: .word("127.0.0.1"), "Address that the page listens at."),
        SchemaKey("port", .integer(0...65_535), usual: .whole(8420), "0 takes a free one."),
        SchemaKey("public_url", .form("^https?://[^/?#\\s][^?#\\s]*$"), "The address that browsers ask for."),
        SchemaKey(
            "certificate_file", text,
            "The page's certificate with those between it and its authority, in PEM format; with key_file and public_url."
        ),
        SchemaKey("key_file", text, "The key of certificate_file."),
        SchemaKey(
            "behind_proxy", .boolean, usual: .flag(false), "A proxy that ends TLS stands before it; with public_url."),
        SchemaKey(
            "sign_in", .words(SiteReader.SignIn.self),
            "Whether people sign in; without it only where other machines reach the page."),
    ]

    static let polling: [SchemaKey] = [
        SchemaKey("fast_seconds", .quantity(0.05...86_400), usual: .whole(1), "Period of the class fast."),
        SchemaKey("normal_seconds", .quantity(0.05...86_400), usual: .whole(10), "Period of the class normal."),
        SchemaKey("slow_seconds", .quantity(0.05...86_400), usual: .whole(60), "Period of the class slow."),
    ]

    /// What holds of a bus unless the file says otherwise.
    static let usualWire = (port: 502, framing: SocketFraming.mbap, parity: SerialLine.Parity.none, stopBits: 1)

    static let socket: [SchemaKey] = [
        SchemaKey("port", .integer(1...65_535), usual: .whole(usualWire.port), "Of a TCP endpoint."),
        SchemaKey(
            "framing", .words(SocketFraming.self), usual: .word(usualWire.framing.rawValue),
            "Of a TCP endpoint: mbap, or frames of a serial line as they are."),
        SchemaKey("line", .section(line), "The serial line behind an endpoint that is itself a gateway."),
    ]

    /// Speeds that serial ports of Linux take.
    static let bauds = [
        300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600,
    ]
    private static let lineSettings: [SchemaKey] = [
        SchemaKey(
            "parity", .words(SerialLine.Parity.self), usual: .word(usualWire.parity.rawValue), "Of a serial line."),
        SchemaKey("stop_bits", .integer(1...2), usual: .whole(usualWire.stopBits), "Of a serial line."),
        SchemaKey(
            "gap_milliseconds", .quantity(0...1000), usual: .whole(0),
            "Silence before a request of a serial line, beyond that of the standard."),
    ]
    static let line = [SchemaKey("baud", .choice(bauds), isRequired: true, "Speed of the line.")] + lineSettings

    static let bus: [SchemaKey] =
        [
            SchemaKey("tcp", text, "Address or host name of an endpoint."),
            SchemaKey("serial", .form("^/"), "Device file of a serial line, best below /dev/serial/by-id/."),
            SchemaKey(
                "timeout_milliseconds", .quantity(10...60_000), usual: .whole(1000), "Longest wait for one answer."),
            SchemaKey(
                "turnaround_milliseconds", .quantity(0...10_000),
                "What a unit takes to answer, before it is known: 20 on a line, 2 on an endpoint."),
            SchemaKey("baud", .choice(bauds), "Speed of a serial line, which needs it."),
        ] + lineSettings + socket
}
