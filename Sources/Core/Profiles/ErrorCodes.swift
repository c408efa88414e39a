// SPDX-License-Identifier: Apache-2.0

/// Every mistake that a site file or a profile can contain, by its code; docs/error-codes.md and its Chinese twin list
/// them all.
///
/// `SL-11nn` are for the site's file, `SL-12nn` for profiles and their captures, `SL-13nn` for lists of points. Mistakes
/// in the shape of a site's file and of a profile have the same last two digits. A code keeps its meaning for ever.
public enum ErrorCode: String, Hashable, Sendable, CaseIterable {
    // the shape of a file
    case siteUnreadable = "SL-1101"
    case siteSyntax = "SL-1103"
    case siteUnknownKey = "SL-1104"
    case siteMissingKey = "SL-1105"
    case siteShape = "SL-1107"
    case siteValue = "SL-1108"
    case siteRange = "SL-1109"
    case siteDuplicateKey = "SL-1110"
    case siteUnsupported = "SL-1111"
    case siteBareWord = "SL-1199"
    // the site
    case unknownProfile = "SL-1102"
    case unknownBus = "SL-1112"
    case unknownPerson = "SL-1113"
    case unknownParent = "SL-1114"
    case impossibleUnit = "SL-1115"
    case duplicateUnit = "SL-1116"
    case impossibleBaud = "SL-1117"
    case duplicateAsset = "SL-1118"
    case identifierAlphabet = "SL-1119"
    case identifierCase = "SL-1120"
    case reservedArea = "SL-1121"
    case unknownZone = "SL-1122"
    case openDashboard = "SL-1123"
    case cyclicParents = "SL-1124"
    case meterWithoutTotal = "SL-1125"
    case gateWithoutPosition = "SL-1126"
    case literalCredential = "SL-1127"
    case brokerAddress = "SL-1128"
    case unknownParameter = "SL-1129"
    case parameterValue = "SL-1130"
    case sharedEndpoint = "SL-1131"
    case busWire = "SL-1132"
    case meterSettings = "SL-1133"
    case siteFrozenCompanion = "SL-1134"
    case reportSpan = "SL-1135"
    case machineWithoutSignal = "SL-1136"
    case unknownAsset = "SL-1137"
    case channelAddress = "SL-1138"
    case unknownChannel = "SL-1139"
    case secretFile = "SL-1140"
    case pageSetting = "SL-1141"
    // the shape of a profile
    case profileUnreadable = "SL-1201"
    case profileSyntax = "SL-1203"
    case profileUnknownKey = "SL-1204"
    case profileMissingKey = "SL-1205"
    case profileShape = "SL-1207"
    case profileValue = "SL-1208"
    case profileRange = "SL-1209"
    case profileDuplicateKey = "SL-1210"
    case profileUnsupported = "SL-1211"
    case profileBareWord = "SL-1299"
    // a profile
    case unknownTable = "SL-1206"
    case profileName = "SL-1212"
    case unknownUnit = "SL-1213"
    case missingOrder = "SL-1214"
    case typeOutsideTable = "SL-1215"
    case beyondTable = "SL-1216"
    case overlap = "SL-1217"
    case referenceRelation = "SL-1218"
    case duplicateName = "SL-1219"
    case duplicateSetEntry = "SL-1220"
    case unknownPoint = "SL-1221"
    case unknownSet = "SL-1222"
    case unknownSource = "SL-1223"
    case unboundParameter = "SL-1224"
    case bitOutsideType = "SL-1225"
    case combinerParts = "SL-1226"
    case signalUnit = "SL-1227"
    case floatTotal = "SL-1228"
    case captureContent = "SL-1229"
    case signalName = "SL-1230"
    case reservedName = "SL-1231"
    case identityCheck = "SL-1232"
    case presence = "SL-1233"
    case repetition = "SL-1234"
    case baseProfile = "SL-1235"
    case exampleFrames = "SL-1236"
    case frozenCompanion = "SL-1237"
    // a list of points
    case listUnreadable = "SL-1301"
    case listShape = "SL-1302"
    case listHeader = "SL-1303"
    case addressBase = "SL-1304"
    case listValue = "SL-1305"
    case listName = "SL-1306"

    /// What the mistake is, in one sentence.
    public var explanation: String {
        switch self {
        case .siteUnreadable: "The site's file cannot be read as UTF-8 text."
        case .siteSyntax: "The site's file is not valid YAML at this place."
        case .siteUnknownKey: "A key of the site's file is not known; it would be ignored, so it is refused."
        case .siteMissingKey: "A key that the site's file needs is missing."
        case .siteShape: "The site's file has a list, a map or a text where another of them belongs."
        case .siteValue: "A value of the site's file is not of the kind, or not one of the words, that its key takes."
        case .siteRange: "A value of the site's file is outside its range."
        case .siteDuplicateKey:
            "A key stands twice in one map of the site's file, or an entry of the same name in two of its files."
        case .siteUnsupported: "The site's file uses a part of YAML that Sluice does not read, such as tags."
        case .siteBareWord: "A bare word such as no or 0123 is read as text; quotes make that plain."
        case .unknownProfile: "A device names a profile that is in no profile folder."
        case .unknownBus: "A device names a bus that the file does not describe."
        case .unknownPerson: "A post is given to somebody who is not in the list of persons."
        case .unknownParent: "A meter names a parent that is not an asset with a meter."
        case .impossibleUnit: "A unit identifier cannot be used on this kind of bus."
        case .duplicateUnit: "Two devices of one bus have the same unit identifier."
        case .impossibleBaud: "The line speed is not one that serial lines use."
        case .duplicateAsset: "Two devices speak for the same asset."
        case .identifierAlphabet: "An identifier has to fit into an MQTT topic."
        case .identifierCase: "Two identifiers differ only by case, which people cannot tell apart."
        case .reservedArea: "The name of an area is reserved for topics of the product's own."
        case .unknownZone: "The time zone is not in the system's tz database."
        case .openDashboard: "The page would be reached from other machines without TLS or without signing in."
        case .cyclicParents: "A meter is among its own parents."
        case .meterWithoutTotal: "A meter needs a profile that offers water.total."
        case .gateWithoutPosition: "A gate needs a profile that offers gate.position."
        case .literalCredential: "A password stands in the file for everybody to read."
        case .brokerAddress: "The address of the broker cannot be used."
        case .pageSetting: "What was set at the page holds in place of the site's file, or cannot be read."
        case .unknownParameter: "The profile has no parameter of this name, or the site has to give one."
        case .parameterValue: "The value does not fit the parameter that the profile declares."
        case .sharedEndpoint: "Two buses use the same line or the same endpoint."
        case .busWire: "A bus is either one serial line or one TCP endpoint."
        case .meterSettings: "A water meter has no meter settings, so no leak rule watches it."
        case .siteFrozenCompanion: "The point that tells whether a value should move is missing, or cannot tell it."
        case .reportSpan: "A deadband in per cent needs the span that it is a part of."
        case .machineWithoutSignal: "The profile does not offer what such a machine has to tell."
        case .unknownAsset: "A name is not that of an asset, or not of one that can stand here."
        case .channelAddress: "The address of a channel cannot be used, or is not one that messages may go to."
        case .unknownChannel: "A name is not that of a channel, or channels stand in for each other in a ring."
        case .secretFile: "The file with a secret of a channel, of the broker or of the page cannot be used."
        case .pageSetting: "What was set at the page holds in place of the site's file, or cannot be read."
        case .profileUnreadable: "The profile cannot be read as UTF-8 text."
        case .profileSyntax: "The profile is not valid YAML at this place."
        case .profileUnknownKey: "A key of the profile is not known; it would be ignored, so it is refused."
        case .profileMissingKey: "A key that the profile needs is missing."
        case .profileShape: "The profile has a list, a map or a text where another of them belongs."
        case .profileValue: "A value of the profile is not of the kind, or not one of the words, that its key takes."
        case .profileRange: "A value of the profile is outside its range."
        case .profileDuplicateKey: "A key stands twice in one map of the profile."
        case .profileUnsupported: "The profile uses a part of YAML that Sluice does not read, such as tags."
        case .profileBareWord: "A bare word such as no or 0123 is read as text; quotes make that plain."
        case .unknownTable: "A point names a register table that Modbus does not have."
        case .profileName:
            "The profile's name and that of its folder differ, or a name is not made of topic characters."
        case .unknownUnit: "The unit of measure is not known; units are written in UCUM."
        case .missingOrder: "A value of several registers needs a word order."
        case .typeOutsideTable: "Coils and discrete inputs hold one bit an address; the type needs a register."
        case .beyondTable: "The value ends beyond address 65535."
        case .overlap: "Two points overlap without being the same registers."
        case .referenceRelation: "Printed references and wire addresses of one table do not differ by a constant."
        case .duplicateName: "Two values of the device would have the same name on the wire."
        case .duplicateSetEntry: "A raw value, a bit or a name stands twice in one set."
        case .unknownPoint: "A point of this name is not in the file."
        case .unknownSet: "A set of this name is not in the file, or is of the other kind."
        case .unknownSource: "A source of this name is not in the file."
        case .unboundParameter: "A value is bound to a parameter that the file does not declare or that does not fit."
        case .bitOutsideType: "The bit, mask or shift lies outside the value."
        case .combinerParts: "The parts of a combined signal do not fit each other."
        case .signalUnit: "The unit of the signal is not of its quantity, or contradicts the point's."
        case .floatTotal: "A lifetime total in 32-bit floating point loses its small steps as it grows."
        case .captureContent: "A capture does not fit its profile."
        case .signalName: "The name of the signal is nearly that of a known one."
        case .reservedName: "The name of the value is a key of the message that carries it."
        case .identityCheck: "A check of the device's identity expects nothing, or what its registers cannot hold."
        case .presence: "A condition of presence names a value that its parameter cannot have."
        case .repetition: "Points and signals cannot be repeated like this."
        case .baseProfile: "The profile that this one extends is missing, has mistakes or extends another one."
        case .exampleFrames: "The frames of an example are not whole, or do not give the values it expects."
        case .frozenCompanion: "The signal that tells whether a value should move is missing, or cannot tell it."
        case .listUnreadable: "The list of points cannot be read as text in the encoding that it seems to have."
        case .listShape: "The list of points is no table: a quote does not end, or a bound is passed."
        case .listHeader: "The row that names the columns of a list is missing, or lacks a column."
        case .addressBase: "Nothing says from what number the addresses of a list are counted."
        case .listValue: "A cell of a list does not say what its column is for."
        case .listName: "A device, a kind or a point of a list cannot have its name in a profile."
        }
    }
}

/// The mistakes in the shape of a file, which every file can have.
public enum ShapeMistake: Hashable, Sendable, CaseIterable {
    case unreadable, syntax, unknownKey, missingKey, shape, value, range, duplicateKey, unsupported, bareWord

    /// The code in a file of this kind.
    public func code(in document: FileReader.Document) -> ErrorCode {
        switch (document, self) {
        case (.site, .unreadable): .siteUnreadable
        case (.site, .syntax): .siteSyntax
        case (.site, .unknownKey): .siteUnknownKey
        case (.site, .missingKey): .siteMissingKey
        case (.site, .shape): .siteShape
        case (.site, .value): .siteValue
        case (.site, .range): .siteRange
        case (.site, .duplicateKey): .siteDuplicateKey
        case (.site, .unsupported): .siteUnsupported
        case (.site, .bareWord): .siteBareWord
        case (.profile, .unreadable): .profileUnreadable
        case (.profile, .syntax): .profileSyntax
        case (.profile, .unknownKey): .profileUnknownKey
        case (.profile, .missingKey): .profileMissingKey
        case (.profile, .shape): .profileShape
        case (.profile, .value): .profileValue
        case (.profile, .range): .profileRange
        case (.profile, .duplicateKey): .profileDuplicateKey
        case (.profile, .unsupported): .profileUnsupported
        case (.profile, .bareWord): .profileBareWord
        }
    }
}
