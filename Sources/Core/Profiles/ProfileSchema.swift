// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

/// The JSON Schema (2020-12) of a profile, with a final break.
///
/// It knows keys, kinds of values, words and ranges. What one part of a file says of another, such as overlaps,
/// units of signals and names of points, only the reader judges.
public func profileSchema() -> String {
    schema(
        titled: "Device profile of Sluice", madeBy: "sluice profiles schema > docs/profile.schema.json",
        keys: ProfileKeys.profile, rule: .atLeastOne(["points", "repeat", "extends"]), allowsEmpty: false)
}

/// The keys of a profile, section by section: for the reader, which refuses every other, and for the schema.
enum ProfileKeys {
    private static let topicWord = topicNameExpression
    private static let signalName = "^[a-z0-9][a-z0-9_-]{0,63}\\.[a-z0-9][a-z0-9_-]{0,63}$"
    private static let wholeNumber = "^(0x[0-9A-Fa-f]+|[0-9]+)$"
    private static let address = SchemaKey(
        "address", .integer(0...65_535), isRequired: true, "Zero-based address on the wire.")
    private static let table = SchemaKey(
        "table", .words(RegisterTable.self), isRequired: true, "Which of the four tables of Modbus.")
    private static let text = SchemaShape.text
    private static let range = SchemaShape.list(.number, count: 2...2)
    private static let pair = SchemaShape.list(text, count: 2...2)

    /// A value fixed in the file, or the site's choice.
    private static func bound(_ shape: SchemaShape) -> SchemaShape {
        .either([shape, .section(binding)])
    }
    static let binding = [SchemaKey("parameter", text, isRequired: true)]

    static let profile: [SchemaKey] = [
        SchemaKey("profile", .name, isRequired: true, "Name of the profile, which is that of its folder."),
        SchemaKey("kind", .name, isRequired: true, "The folder above it, such as water-meter."),
        SchemaKey("name", .bilingual, isRequired: true, "The device's name for people."),
        SchemaKey("extends", .name, "A profile whose parts this one takes over; one level only."),
        SchemaKey("sources", .map(keys: ".", .section(source)), "Documents the facts were read in."),
        SchemaKey("line", .section(line), "What makers print about the line; for people only."),
        SchemaKey("order", bound(.words(WordOrder.self)), "Order of bytes of values of several registers."),
        SchemaKey("limits", .section(limits), "What the device takes in one request."),
        SchemaKey("gap_milliseconds", .integer(0...10_000), "Silence before a request to this device."),
        SchemaKey("response_milliseconds", .integer(1...60_000), "The timeout never falls below this."),
        SchemaKey("keep_alive_seconds", .integer(1...86_400), "The device closes an idle connection after this."),
        SchemaKey("starts_within_seconds", .number, "Time from power-up to the first answer."),
        SchemaKey("litres_per_count", .number, "Smallest step of a water meter's register."),
        SchemaKey("answers_as", .list(.integer(0...255)), "Units whose answer counts as this device's."),
        SchemaKey(
            "identify", .list(.section(identity, rule: .exactlyOne(["expect", "expect_range"]))),
            "Registers that tell the model."),
        SchemaKey("bench", .either([.nothing, .section(bench)]), "The check against a real device."),
        SchemaKey("site", .map(keys: topicWord, .section(parameter)), "What the installation chooses."),
        SchemaKey(
            "sets", .map(keys: ".", .section(set, rule: .exactlyOne(["values", "bits"]))),
            "Names of raw values or of bits."),
        SchemaKey("points", .map(keys: topicWord, .section(point)), "Named places in the registers."),
        SchemaKey("repeat", .list(.section(repetition)), "Points and signals that come several times."),
        SchemaKey("signals", .map(keys: signalName, signalShape), "What the product wants to know."),
        SchemaKey("probe", .either([text, .section(span)]), "One harmless read: a point or a span."),
        SchemaKey("examples", .list(.section(example)), "Frames as a source printed them."),
    ]

    static let source: [SchemaKey] = [
        SchemaKey("title", text, isRequired: true), SchemaKey("kind", text, "Such as vendor_manual or third_party."),
        SchemaKey("edition", text), SchemaKey("seen", text, "Which parts were read."),
    ]

    static let line: [SchemaKey] = [
        SchemaKey("factory", facts), SchemaKey("supported", facts), SchemaKey("note", text),
    ]
    private static let facts = SchemaShape.map(keys: ".", .either([text, .list(text)]))

    static let span: [SchemaKey] = [table, address, SchemaKey("count", .integer(1...2000))]

    static let limits: [SchemaKey] = [
        SchemaKey("maximum_read", .integer(1...125), "Most registers of one request."),
        SchemaKey("maximum_bits", .integer(1...2000), "Most coils or discrete inputs of one request."),
        SchemaKey("maximum_gap", .integer(0...2000), "Widest run of unwanted addresses in a request."),
        SchemaKey("even_address", .boolean), SchemaKey("even_count", .boolean),
        SchemaKey("boundaries", .list(.integer(0...65_535)), "A request never crosses into one of these addresses."),
        SchemaKey("forbidden", .list(.section(span)), "Addresses that no request may touch."),
        SchemaKey("single_read", .list(text), "Points that are each read by a request of their own."),
    ]

    static let identity: [SchemaKey] = [
        table, address, SchemaKey("count", .integer(1...4)),
        SchemaKey("expect", .either([rawValue, .list(rawValue)]), "Raw values, one of which is there."),
        SchemaKey("expect_range", .list(rawValue, count: 2...2), "Lowest and highest raw value."),
        SchemaKey("source", text), SchemaKey("note", text),
    ]
    private static let rawValue = SchemaShape.integer(0...Int.max)

    static let bench: [SchemaKey] = [
        SchemaKey("firmware", text, isRequired: true), SchemaKey("date", text, isRequired: true),
        SchemaKey("by", text, isRequired: true),
    ]

    static let parameter: [SchemaKey] = [
        SchemaKey("type", .words(ProfileParameter.Kind.self), isRequired: true),
        SchemaKey("default", text, "Without it the site has to say the value."),
        SchemaKey("allowed", .list(text)), SchemaKey("range", range), SchemaKey("unit", .words(UnitOfMeasure.self)),
    ]

    static let set: [SchemaKey] = [
        SchemaKey("values", .map(keys: wholeNumber, text)),
        SchemaKey(
            "bits",
            .map(
                keys: wholeNumber,
                .either([
                    text,
                    .section(bit),
                ]))),
    ]
    static let bit: [SchemaKey] = [
        SchemaKey("name", text, isRequired: true), SchemaKey("severity", .words(BitSeverity.self)),
    ]

    static let point: [SchemaKey] = [
        table, address,
        SchemaKey("reference", .integer(0...465_536), "The number that the manual prints."),
        SchemaKey("type", .words(PointType.self), isRequired: true),
        SchemaKey("order", bound(.words(WordOrder.self))),
        SchemaKey("scale", bound(.number)), SchemaKey("offset", .number),
        SchemaKey("unit", bound(.words(UnitOfMeasure.self)), "In UCUM, such as m3/h, kPa or Cel."),
        SchemaKey("set", text), SchemaKey("sentinel", .number, "A raw value that means: no value."),
        SchemaKey("sentinels", .list(.number)),
        SchemaKey("decimals", text, "The point that holds the number of decimals."),
        SchemaKey("bit", .integer(0...63)), SchemaKey("mask", rawValue), SchemaKey("shift", .integer(0...63)),
        SchemaKey("poll", .words(PollClass.self)), SchemaKey("source", text),
        SchemaKey("confidence", .words(SourceConfidence.self)),
        SchemaKey("plausible", range, "Values outside are kept and marked uncertain."), presenceKey,
    ]

    private static let presenceKey = SchemaKey(
        "present_if", .section(presence), "It exists only where the site's parameter has one of these values.")
    static let presence: [SchemaKey] =
        binding + [SchemaKey("is", .either([text, .list(text)]), isRequired: true)]

    /// The closed list of ways in which a signal follows from points.
    static let combiners = [
        "from", "sum_parts", "pair_to_state", "mantissa_exponent", "high_low_unit", "overflow_counter",
    ]

    static let signal: [SchemaKey] = [
        SchemaKey("from", text, "A point."), SchemaKey("bit", .integer(0...63)),
        SchemaKey("any", .words(BitSeverity.self), "Whether a bit of this severity is set."),
        SchemaKey("bits", .list(.integer(0...63)), "Whether one of these bits is set."),
        SchemaKey("values", .map(keys: wholeNumber, text), "Raw values seen as states."),
        SchemaKey("sum_parts", .list(text)), SchemaKey("pair_to_state", pair),
        SchemaKey("states", .list(text), "For (1,0), for (0,1) and for (0,0)."),
        SchemaKey("mantissa_exponent", pair, "mantissa * 10^exponent"),
        SchemaKey("high_low_unit", pair, "high * base + low"), SchemaKey("base", .integer(2...4_294_967_296)),
        SchemaKey("overflow_counter", pair, "overflows * modulus + count"),
        SchemaKey("modulus", .integer(2...4_294_967_296)),
        SchemaKey("unit", bound(.words(UnitOfMeasure.self))), presenceKey,
        SchemaKey("frozen_after", .section(frozen), "When a value that stands still is not believed any more."),
    ]
    static let frozen: [SchemaKey] = [
        SchemaKey("seconds", .number, isRequired: true, "Unchanged for this long."),
        SchemaKey(
            "while", text, isRequired: true, "A signal that was on, or other than 0, all the while: pump.running."),
    ]
    private static let signalShape = SchemaShape.section(signal, rule: .exactlyOne(combiners))

    static let repetition: [SchemaKey] = [
        SchemaKey("count", bound(.integer(1...65_535)), isRequired: true),
        SchemaKey("step", .integer(0...65_535), isRequired: true, "Addresses from one to the next."),
        SchemaKey("first", .integer(0...65_535), "Number of the first suffix."),
        SchemaKey("points", .map(keys: topicWord, .section(point)), isRequired: true),
        SchemaKey("signals", .map(keys: signalName, signalShape)), SchemaKey("note", text),
    ]

    static let example: [SchemaKey] = [
        SchemaKey("request", text, isRequired: true, "Bytes in hexadecimal."), SchemaKey("answer", text),
        SchemaKey("expected", .map(keys: ".", text)), SchemaKey("source", text), SchemaKey("note", text),
    ]
}
