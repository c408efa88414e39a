// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles

/// A bus of the file and where it stands.
struct PlacedBus {
    var settings: BusSettings
    var place: FilePlace
}

extension SiteReader {
    /// The `buses:` of the file.
    mutating func readBuses(_ root: Section) {
        guard let all = file.section("buses", in: root, "buses", keys: nil) else { return }
        if all.entries.isEmpty {
            file.error(.missingKey, at: all.place, "buses: describe at least one: line-1: {tcp: 10.0.0.20}.")
        }
        var names = CaseTwins()
        for entry in all.entries {
            let subject = "bus '\(entry.key)'"
            let isNamed = isIdentifier(entry.key, subject, at: entry.keyPlace, among: names)
            names.insert(entry.key)
            if let section = file.section(entry.value, subject, at: entry.keyPlace, keys: SiteKeys.bus),
                let bus = readBus(entry.key, section), isNamed
            {
                buses.append(PlacedBus(settings: bus, place: entry.keyPlace))
            } else {
                unreadableBuses.insert(entry.key)
            }
        }
    }

    private mutating func readBus(_ name: String, _ section: Section) -> BusSettings? {
        guard section.has("tcp") != section.has("serial") else {
            file.error(
                .busWire, at: section.place,
                section.says("give either 'tcp', the address of an endpoint, or 'serial', the file of a line."))
            return nil
        }
        let isSerial = section.has("serial")
        for key in isSerial ? SiteKeys.socket.names : SiteKeys.line.names {
            guard let entry = section.entry(key) else { continue }
            let (owner, this) = isSerial ? ("a TCP endpoint", "a serial line") : ("a serial line", "a TCP endpoint")
            file.error(
                .busWire, at: entry.keyPlace, section.says("'\(key)' belongs to \(owner), and this bus is \(this)."))
        }
        let timeout = span("timeout_milliseconds", in: section, unitMilliseconds: 1)
        let framing: SocketFraming? =
            section.has("framing") ? file.word("framing", in: section, "framing") : SiteKeys.usualWire.framing
        if !isSerial { file.noteUsual("framing", in: section) }
        let isLineGiven = section.has("line")
        let line = lineBehind(section)
        let turnaround = span(
            "turnaround_milliseconds", in: section, unitMilliseconds: 1,
            default: isSerial || isLineGiven || framing == .rtu ? 20 : 2)
        guard let framing, line != nil || !isLineGiven,
            let wire = isSerial ? self.line(of: section) : endpoint(of: section)
        else { return nil }
        return BusSettings(
            identifier: BusIdentifier(name), wire: wire, timeout: timeout, turnaround: turnaround, framing: framing,
            lineBehind: line)
    }

    /// The serial line behind an endpoint that is itself a gateway.
    private mutating func lineBehind(_ bus: Section) -> LineSettings? {
        guard let section = file.section("line", in: bus, bus.subject + ": line", keys: SiteKeys.line) else {
            return nil
        }
        return lineSettings(of: section)
    }

    private mutating func endpoint(of section: Section) -> BusSettings.Wire? {
        let host = file.text("tcp", in: section)
        let isPortGiven = section.has("port")
        let usualPort = SiteKeys.usualWire.port
        file.noteUsual("port", in: section)
        let port = file.integer("port", in: section)
        guard let host, port != nil || !isPortGiven else { return nil }
        let isAddress =
            host.value.utf8.count <= 253
            && host.value.utf8.allSatisfy { byte in
                byte > 0x20 && byte < 0x7F && !"/?#@\"'\\[]".utf8.contains(byte)
            }
        // One colon is a port; an IPv6 address has at least two.
        guard isAddress, host.value.utf8.count(where: { $0 == UInt8(ascii: ":") }) != 1 else {
            file.error(
                .busWire, at: host.place,
                section.says("tcp '\(host.value)' is not an address or a host name. The port goes into 'port'."))
            return nil
        }
        let wire = BusSettings.Wire.tcp(host: host.value, port: port?.value ?? usualPort)
        if let twin = buses.first(where: { $0.settings.wire.isSameEndpoint(as: wire) }) {
            file.error(
                .sharedEndpoint, at: host.place,
                section.says(
                    "\(host.value) port \(port?.value ?? usualPort) is already "
                        + "bus '\(twin.settings.identifier)' (\(file.name(of: twin.place, seenFrom: host.place)))."
                ))
        }
        return wire
    }

    private mutating func line(of section: Section) -> BusSettings.Wire? {
        let path = file.text("serial", in: section)
        let settings = lineSettings(of: section)
        guard let path, let settings else { return nil }
        guard path.value.hasPrefix("/") else {
            file.error(
                .busWire, at: path.place,
                section.says(
                    "serial '\(path.value)' must be the whole path of a device file, best below /dev/serial/by-id/."))
            return nil
        }
        for bus in buses {
            guard case .serial(let other) = bus.settings.wire, other.path == path.value else { continue }
            file.error(
                .sharedEndpoint, at: path.place,
                section.says(
                    "\(path.value) is already bus '\(bus.settings.identifier)' "
                        + "(\(file.name(of: bus.place, seenFrom: path.place)))."))
        }
        return .serial(
            SerialLine(
                path: path.value, baud: settings.baud, parity: settings.parity, stopBits: settings.stopBits,
                extraGap: settings.extraGap))
    }

    /// Speed and character of a serial line.
    private mutating func lineSettings(of section: Section) -> LineSettings? {
        file.require("baud", in: section, "Give the speed of the line, such as 9600.")
        let baud = file.integer("baud", in: section, 0...10_000_000)
        let parity: SerialLine.Parity? =
            section.has("parity") ? file.word("parity", in: section, "parity") : .some(SiteKeys.usualWire.parity)
        let usualStopBits = SiteKeys.usualWire.stopBits
        file.noteUsual("parity", in: section)
        file.noteUsual("stop_bits", in: section)
        let isStopGiven = section.has("stop_bits")
        let stopBits = file.integer("stop_bits", in: section)
        let gap = span("gap_milliseconds", in: section, unitMilliseconds: 1)
        guard let baud, let parity, stopBits != nil || !isStopGiven else { return nil }
        // The line itself is known all the same, so that mistakes in what hangs on it are told too.
        if !SiteKeys.bauds.contains(baud.value) {
            let nearest = SiteKeys.bauds.min { abs($0 - baud.value) < abs($1 - baud.value) } ?? 9600
            file.error(
                .impossibleBaud, at: baud.place,
                section.says("baud \(baud.value) is not possible; nearest is \(nearest)."))
        }
        return LineSettings(baud: baud.value, parity: parity, stopBits: stopBits?.value ?? usualStopBits, extraGap: gap)
    }
}

extension BusSettings.Wire {
    /// Whether both are one TCP endpoint, whatever the framing; host names do not tell capitals.
    fileprivate func isSameEndpoint(as other: BusSettings.Wire) -> Bool {
        guard case .tcp(let host, let port) = self, case .tcp(let otherHost, let otherPort) = other else {
            return false
        }
        return port == otherPort && host.lowercased() == otherHost.lowercased()
    }
}
