// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles

/// A profile that the site's file names, as it was found.
struct UsedProfile {
    var path: String
    var text: String
    /// `nil` when it has errors.
    var profile: DeviceProfile?
    var problems: [FileProblem]
}

/// Reads the map of a site's file into its configuration.
struct SiteReader {
    var file: FileReader
    let profiles: ProfileIndex
    let zoneinfo: String
    /// By name.
    var usedProfiles: [String: UsedProfile] = [:]
    /// Profiles with parameters bound; devices of the same choice share one.
    var compiledDevices: [CompiledChoice: CompiledDevice] = [:]
    var buses: [PlacedBus] = []
    /// Buses that could not be read; a device on one of them is not a mistake of its own.
    var unreadableBuses: Set<String> = []
    var devices: [PlacedDevice] = []
    /// Assets of devices that could not be read.
    var unreadableAssets: Set<String> = []
    /// Assets that the file names somewhere, to be looked up when all devices are known.
    var namedAssets: [NamedAsset] = []
    /// Every device that names a unit of a bus, whether the rest of it could be read or not.
    var units: [TakenUnit] = []
    /// `mqtt: maximum_silence_seconds`; `nil` when it is not given.
    var siteSilence: Duration?
    /// Persons whom devices name, to be looked up when all persons are known.
    var namedContacts: [(name: Located<String>, subject: String)] = []
    /// The keys of ``assetOwners``.
    var assetNames = CaseTwins()
    /// The first device of each asset.
    var assetOwners: [String: (device: String, place: FilePlace)] = [:]

    init(path: String, profiles: ProfileIndex, zoneinfo: String, keepsRecord: Bool = false) {
        file = FileReader(path: path, document: .site, keepsRecord: keepsRecord)
        (self.profiles, self.zoneinfo) = (profiles, zoneinfo)
    }

    /// - Parameters:
    ///   - later: Files of `conf.d`.
    ///   - page: What was set at the page, by the state directory.
    mutating func read(
        _ text: String, and later: [LaterFile] = [], page: (String) -> Overlay? = { _ in nil }
    ) -> SiteConfiguration? {
        let directory = { [self] (root: YAMLNode) in
            root.scalar(at: ["storage", "directory"])?.scalarText.map(besideFile) ?? SiteKeys.usualDirectory
        }
        guard
            let root = file.root(of: text, and: later, keys: SiteKeys.site, overlay: { page(directory($0)) })
        else { return nil }
        file.require("site", in: root, "Name the estate: site: {id: lakeside, zone: Asia/Shanghai}.")
        file.require("buses", in: root, "Describe at least one bus: buses: {line-1: {tcp: 10.0.0.20}}.")
        file.require("devices", in: root, "Describe at least one device.")
        file.require("persons", in: root, "List at least one person who receives tickets.")
        file.require("duty", in: root, "Say who receives what the engine reports: duty: {owner: PERSON}.")
        let site = readSite(root)
        let storage = readStorage(root)
        let mqtt = readBroker(root)
        siteSilence = mqtt?.maximumSilence
        let delivery = readDelivery(root)
        let dashboard = readDashboard(root)
        let polling = readPolling(root)
        readBuses(root)
        readDevices(root)
        checkMeters()
        let announcements = readAnnouncements(root, zone: site?.zone ?? .utc)
        let preventive = readPreventive(root)
        let targets = readReportTargets(root)
        checkNamedAssets()
        checkCompanions()
        let tariff = readTariff(root)
        let persons = readPersons(root)
        checkContacts(persons.names)
        let guidance = readGuidance(root)
        let owner = readOwner(root, persons)
        let tickets = readTickets(root)
        let alarms = readAlarms(root, polling)
        let roster = readRoster(root, persons.names)
        let calendars = readCalendars(root)
        let levels = readServiceLevels(root, calendars)
        let channels = readChannels(root)
        checkChannels(of: persons.people, root, channels)
        guard let site, let mqtt, let dashboard, let owner, !file.hasErrors else { return nil }
        var configuration = SiteConfiguration(
            site: site, buses: buses.map { $0.settings.keepingGaps(of: devices.map(\.settings)) },
            devices: devices.map(\.settings),
            persons: persons.people, owner: owner, tickets: tickets, mqtt: mqtt, storage: storage,
            dashboard: dashboard, polling: polling)
        configuration.announcements = announcements
        configuration.tariff = tariff
        configuration.alarms = alarms
        configuration.roster = roster
        (configuration.serviceHours, configuration.workingDays) = (calendars.service, calendars.days)
        configuration.levels = levels
        configuration.channels = channels
        configuration.preventive = preventive
        configuration.delivery = delivery
        configuration.guidance = guidance
        configuration.reportTargets = targets
        return configuration
    }

    /// Whether `name` may be a topic level; the problem is noted when it may not.
    ///
    /// - Parameter known: Names of the same kind read before.
    mutating func isIdentifier(
        _ name: String, _ what: String, at place: FilePlace, among known: CaseTwins = CaseTwins()
    ) -> Bool {
        let lowered = name.lowercased()
        if let twin = known.twin(of: name) {
            file.error(
                .identifierCase, at: place, "\(what): it differs from '\(twin)' only by case. Choose another name.")
            return false
        }
        guard !DeviceIdentifier.isValid(name) else { return true }
        let help = DeviceIdentifier.isValid(lowered) ? " Write '\(lowered)'." : ""
        file.error(
            .identifierAlphabet, at: place,
            "\(what): a name is 1 to 64 characters of a-z, 0-9, '-' and '_', "
                + "and begins with a letter or a digit.\(help)"
        )
        return false
    }

    /// The identifier at `key`; `nil` when it is missing or cannot be one.
    mutating func identifier(_ key: String, in section: Section) -> Located<String>? {
        guard let text = file.text(key, in: section),
            isIdentifier(text.value, section.says("\(key) '\(text.value)'"), at: text.place)
        else { return nil }
        return text
    }

    /// A span of time given as a number in some unit, else the default of its key.
    mutating func span(_ key: String, in section: Section, unitMilliseconds: Double) -> Duration {
        let value: Double = file.setting(key, in: section)
        return .milliseconds(Int64((value * unitMilliseconds).rounded()))
    }

    /// The same with a default that depends on something else.
    mutating func span(_ key: String, in section: Section, unitMilliseconds: Double, default: Double) -> Duration {
        let value = file.number(key, in: section, default: `default`)
        return .milliseconds(Int64((value * unitMilliseconds).rounded()))
    }

    private mutating func readSite(_ root: Section) -> SiteSettings? {
        guard
            let section = file.section(
                "site", in: root, "site", keys: SiteKeys.estate)
        else {
            return nil
        }
        file.require("id", in: section, "Give the estate a short name for topics, such as lakeside.")
        let id = identifier("id", in: section)
        let name = file.bilingual("name", in: section)
        if let id { file.noteDefault("name", in: section, id.value) }
        file.noteUsual("zone", in: section)
        var zone: ZoneOffsets? = .utc
        if let given = section.entry("zone") {
            zone = nil
            if let text = file.text("zone", in: section) {
                do {
                    zone = try readZone(named: text.value, zoneinfo: zoneinfo)
                } catch {
                    file.error(.unknownZone, at: given.value.place, section.says("\(error)"))
                }
            }
        }
        let language: Language = file.setting("language", in: section, "language")
        guard let id, let zone else { return nil }
        var settings = SiteSettings(
            identifier: SiteIdentifier(id.value), name: name ?? BilingualText(id.value), zone: zone, language: language)
        settings.company = file.bilingual("company", in: section)
        settings.area = identifier("area", in: section)?.value
        return settings
    }

    private mutating func readStorage(_ root: Section) -> StorageSettings {
        let section = file.settings("storage", in: root, "storage", keys: SiteKeys.storage)
        let directory: String = file.setting("directory", in: section)
        var settings = StorageSettings(
            directory: section.has("directory") ? besideFile(directory) : directory,
            readingDays: file.setting("reading_days", in: section))
        settings.alarmDays = file.setting("alarm_days", in: section)
        let maximum = file.integer("maximum_megabytes", in: section)?.value
        settings.maximum = maximum.map { Int64($0) << 20 }
        let reserve: Int = file.setting("reserve_megabytes", in: section)
        if section.has("reserve_megabytes") { settings.reserve = Int64(reserve) << 20 }
        let gathering: Int = file.setting("gather_seconds", in: section)
        if section.has("gather_seconds") { settings.gathering = .seconds(gathering) }
        settings.policy = file.setting("policy", in: section, "policy")
        return settings
    }

    /// `path` as it is when it is absolute, else below the folder of the site's file.
    func besideFile(_ path: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.path.lastIndex(of: "/") else { return path }
        return file.path[...slash] + path
    }

    private mutating func readPolling(_ root: Section) -> PollingSettings {
        let section = file.settings("polling", in: root, "polling", keys: SiteKeys.polling)
        return PollingSettings(
            fast: span("fast_seconds", in: section, unitMilliseconds: 1000),
            normal: span("normal_seconds", in: section, unitMilliseconds: 1000),
            slow: span("slow_seconds", in: section, unitMilliseconds: 1000))
    }

    private mutating func readPersons(_ root: Section) -> (people: [Person], names: [String]) {
        guard let all = file.section("persons", in: root, "persons", keys: nil) else { return ([], []) }
        if all.entries.isEmpty {
            file.error(.missingKey, at: all.place, "persons: list at least one person who receives tickets.")
        }
        var people: [Person] = []
        var (names, taken): ([String], CaseTwins) = ([], CaseTwins())
        for entry in all.entries {
            let subject = "person '\(entry.key)'"
            _ = isIdentifier(entry.key, subject, at: entry.keyPlace, among: taken)
            names.append(entry.key)
            taken.insert(entry.key)
            guard
                let section = file.section(
                    entry.value, subject, at: entry.keyPlace, keys: SiteKeys.person)
            else {
                continue
            }
            file.require("name", in: section, "Give the person's name, in both languages or as one text.")
            file.require("role", in: section, "Name receiver, technician, shiftLeader or manager.")
            let name = file.bilingual("name", in: section)
            let role: Person.Role? = file.word("role", in: section, "role")
            if let name, let role {
                people.append(
                    Person(
                        identifier: PersonIdentifier(entry.key), name: name, role: role,
                        phone: file.text("phone", in: section)?.value,
                        channel: file.text("channel", in: section)?.value))
            }
        }
        return (people, names)
    }

    private mutating func readOwner(_ root: Section, _ persons: (people: [Person], names: [String]))
        -> PersonIdentifier?
    {
        guard let section = file.section("duty", in: root, "duty", keys: SiteKeys.duty) else { return nil }
        file.require("owner", in: section, "Name the person who receives what the engine reports.")
        guard let owner = file.text("owner", in: section) else { return nil }
        // Without any person in the file, that is the mistake.
        guard !persons.names.isEmpty else { return nil }
        guard persons.names.contains(owner.value) else {
            file.error(
                .unknownPerson, at: owner.place,
                section.says(
                    "owner '\(owner.value)' is not under 'persons'.\(suggestion(for: owner.value, in: persons.names))"))
            return nil
        }
        return PersonIdentifier(owner.value)
    }

    private mutating func readTickets(_ root: Section) -> TicketSettings {
        let section = file.settings("tickets", in: root, "tickets", keys: SiteKeys.tickets)
        var settings = TicketSettings(
            verifyFor: span("verify_for_minutes", in: section, unitMilliseconds: 60_000),
            verifyLeakFor: span("verify_leak_for_hours", in: section, unitMilliseconds: 3_600_000)
        )
        settings.feedbackWithin = span("feedback_hours", in: section, unitMilliseconds: 3_600_000)
        settings.photoDays = Int(
            span("photo_days", in: section, unitMilliseconds: 86_400_000).inSeconds / 86_400)
        return settings
    }
}
