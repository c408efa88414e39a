// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Pipeline
import Prevention
import Profiles
import Tickets

/// What is planned, priced, measured and told of alarms.
extension SiteKeys {
    private static let localTime = SchemaShape.form("^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}$")
    static let announcement: [SchemaKey] = [
        SchemaKey("kind", .words(AnnouncementSettings.Kind.self), isRequired: true, "What is announced."),
        SchemaKey("start", localTime, isRequired: true, "On the site's clock, such as 2026-05-04 08:00."),
        SchemaKey("end", localTime, isRequired: true, "Not before the start."),
        SchemaKey("asset", text, "What it is meant for; without it the whole estate."),
        SchemaKey("bus", text, "Of maintenance: everything on that bus is meant."),
        SchemaKey("note", text, "For people."),
    ]

    private static let price = SchemaShape.quantity(0...1_000_000)
    static let tariff: [SchemaKey] = [
        SchemaKey("currency", .form("^[A-Z]{3}$"), isRequired: true, "Code of ISO 4217, such as CNY."),
        SchemaKey(
            "water", .list(.section(tariffBlock)), isRequired: true,
            "Blocks of the price for dwellings, in rising order."),
        SchemaKey("estate_price", price, "Of a cubic metre that the estate itself pays for."),
        SchemaKey("electricity_price", price, "Of a kilowatt hour."),
        SchemaKey(
            "lifting_kilowatt_hours_per_cubic_metre", .quantity(0...100), "Of pumped water; needs electricity_price."),
    ]

    static let tariffBlock: [SchemaKey] = [
        SchemaKey(
            "up_to_cubic_metres_per_year", .quantity(0.001...1_000_000), "Where the block ends; the last has no end."),
        SchemaKey("price", price, isRequired: true, "Of a cubic metre."),
    ]

    private static let usualAlarms = AlarmSettings()
    static let alarms: [SchemaKey] = [
        SchemaKey("shelve_at_most_hours", .quantity(0.25...24), usual: .whole(24), "Longest time on the shelf."),
        SchemaKey(
            "flap_quiet_minutes", .quantity(1...1440), usual: .whole(30), "Quiet after which an alarm flaps no more."),
        SchemaKey(
            "standing_after_hours", .quantity(1...720), usual: .whole(24), "Active longer than this, it is standing."),
        SchemaKey(
            "hold_seconds", .quantity(0...600), usual: .whole(30),
            "How long a ticket waits for the alarm that explains it."),
        SchemaKey(
            "symptom_before_seconds", .quantity(0...3600), usual: .whole(120),
            "How long before its cause a symptom may begin."),
        SchemaKey(
            "symptom_after_minutes", .quantity(0...120), usual: .whole(10),
            "How long after its cause a symptom may begin."),
        SchemaKey(
            "storm_begins", .quantity(1...1000), usual: .whole(usualAlarms.correlation.surgeBegins),
            "Alarms in ten minutes that are a storm."),
        SchemaKey(
            "storm_ends", .quantity(1...1000), usual: .whole(usualAlarms.correlation.surgeEnds),
            "Alarms in ten minutes that are none any more."),
        SchemaKey("suppress_when", .list(.section(suppression)), "Alarms withheld while a condition holds."),
    ]

    static let suppression: [SchemaKey] = [
        SchemaKey("asset", text, isRequired: true, "The asset whose alarm is withheld."),
        SchemaKey("rule", .word(RuleIdentifier.all.map(\.text)), isRequired: true, "The rule of the alarm."),
        SchemaKey("when", text, isRequired: true, "What explains it, such as pump-1/running is off."),
    ]

    static let plannedWork: [SchemaKey] = [
        SchemaKey("id", identifier, isRequired: true, "Short name of the work, such as clean-roof-tank."),
        SchemaKey("asset", text, isRequired: true, "The asset that it is done to."),
        SchemaKey("kind", .words(PlannedWork.Kind.self), isRequired: true, "What is done."),
        SchemaKey("every_days", .integer(1...3650), "How often; one of three, or what is usual for the kind."),
        SchemaKey("every_months", .integer(1...120), "How often."),
        SchemaKey("every_run_hours", .quantity(1...100_000), "How often, in hours that the machine has run."),
        SchemaKey(
            "count_from", .words(PlannedWork.Basis.self), usual: .word(PlannedWork.Basis.lastDue.rawValue),
            "From when the next time is counted."),
        SchemaKey("first_due", date, "The first time; needed, but of holiday_inspection."),
        SchemaKey("lead_days", .integer(0...365), "How many days before it is due its ticket is made."),
        SchemaKey("notice_before_hours", .quantity(0...720), "How long before the work residents are told."),
        SchemaKey("witnesses", .integer(0...10), "How many persons must have been there beside the one who does it."),
        SchemaKey("water_test", .boolean, "Whether a record needs the number of a water test."),
        SchemaKey("retention_years", .integer(1...30), "For how many years its records cannot be deleted."),
        SchemaKey(
            "closed_days", .integer(1...30), usual: .whole(3),
            "Of holiday_inspection: how many closed days in a row it goes before."),
    ]

    private static let subjects = SchemaShape.map(keys: ".", .bilingual)
    static let guidance: [SchemaKey] = [
        SchemaKey("emergency_plans", subjects, "By failure mode (burst) or kind of asset (lift)."),
        SchemaKey("safety_notes", subjects, "By failure mode or kind of asset."),
        SchemaKey("spare_parts", .map(keys: ".", .list(text)), "By failure mode or kind of asset."),
    ]

    static let reports: [SchemaKey] = [SchemaKey("targets", .section(targets), "What is to be reached.")]

    static let targets: [SchemaKey] =
        FigureKey.allCases.map { figure in
            switch figure.unit {
            case .seconds: SchemaKey(figure.targetKey, .quantity(0...5_256_000), "A mean time in minutes.")
            case .share: SchemaKey(figure.targetKey, .quantity(0...100), "Per cent.")
            case .perHundred: SchemaKey(figure.targetKey, .quantity(0...100), "Of a hundred alarms.")
            }
        } + [
            SchemaKey(
                "least_satisfaction", .quantity(0...100), usual: .whole(90), "Per cent; what is below is told.")
        ]
}
