// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import TestKit
import Testing

/// Devices that fall silent together, and those that do not.
@Suite struct SilenceBookTests {
    static let line = DeviceGroup(.bus, asset: AssetIdentifier("bus-line-1"), members: Set((0..<6).map(device)))
    static let plant = DeviceGroup(.area, asset: AssetIdentifier("area-plant"), members: Set((4..<9).map(device)))
    static let site = DeviceGroup(.site, asset: AssetIdentifier("site"), members: Set((0..<12).map(device)))

    static func device(_ number: Int) -> AssetIdentifier { AssetIdentifier("device-\(number)") }
    static func moment(_ seconds: Double) -> Timestamp { Timestamp(milliseconds: Int64(seconds * 1000)) }

    private var book = SilenceBook(groups: [Self.line, Self.plant, Self.site])

    private mutating func poll(_ devices: some Sequence<Int>, _ isAnswered: Bool, at seconds: Double) -> [String] {
        devices.flatMap { device in
            book.note(Self.device(device), isAnswered: isAnswered, at: Self.moment(seconds)).map { change in
                switch change {
                case .silent(let group, let count): "silent \(group.asset) \(count)"
                case .returning(let group): "returning \(group.asset)"
                case .heard(let group): "heard \(group.asset)"
                }
            }
        }
    }

    @Test mutating func `more than half of a line together is the line, whatever single devices did before`() {
        #expect(poll(0..<12, true, at: 0) == [])
        #expect(poll([0], false, at: 10) == [])
        #expect(poll([1, 2], false, at: 20) == [], "half is not more than half")
        #expect(poll([3], false, at: 21) == ["silent bus-line-1 4"])
        #expect(poll([4, 5], false, at: 22) == [], "one silence is told once")
        #expect(book.silentCount(of: Self.line) == 6)
    }

    @Test mutating func `devices that are lost one after the other over hours have nothing in common`() {
        for device in 0..<6 { #expect(poll([device], false, at: Double(device) * 450) == []) }
        #expect(poll([5], false, at: 9000) == [])
    }

    @Test mutating func `a line is heard again when its devices have answered three times each`() {
        _ = poll(0..<6, false, at: 0)
        #expect(poll(0..<6, true, at: 100) == ["returning bus-line-1"])
        #expect(poll(0..<6, true, at: 110) == [])
        #expect(poll([0], false, at: 115) == [], "one that stops again begins anew")
        #expect(poll(1..<6, true, at: 120) == ["heard bus-line-1"])
        #expect(book.silentGroups.isEmpty && book.silentCount(of: Self.line) == 1)
    }

    @Test mutating func `the site goes before its lines, and a line that stays silent is told when the site is back`() {
        #expect(poll(0..<6, false, at: 0) == ["silent bus-line-1 4"])
        #expect(poll(6..<12, false, at: 5) == ["silent site 7", "heard bus-line-1"])
        for round in 0..<2 { _ = poll(6..<12, true, at: 100 + Double(round)) }
        #expect(poll(6..<12, true, at: 110) == [], "half of the site is still silent")
        for round in 0..<2 { _ = poll(0..<3, true, at: 120 + Double(round)) }
        #expect(poll(0..<3, true, at: 130) == ["heard site"])
        #expect(book.silentGroups.isEmpty, "half of the line is not more than half")
    }

    @Test mutating func `an area is told where no line explains its silence`() {
        #expect(poll(4..<9, false, at: 0) == ["silent area-plant 3"])
        #expect(poll(0..<4, false, at: 5) == ["silent site 7", "heard area-plant"])
        var other = SilenceBook(groups: [Self.line, Self.plant])
        for device in 0..<6 { _ = other.note(Self.device(device), isAnswered: false, at: Self.moment(0)) }
        #expect(other.silentGroups == [Self.line])
    }

    @Test func `two devices are never a group`() {
        let pair = DeviceGroup(.bus, asset: AssetIdentifier("bus-pair"), members: [Self.device(0), Self.device(1)])
        #expect(SilenceBook(groups: [pair]).groups.isEmpty)
    }

    @Test func `what was told before a restart goes on until it is heard`() {
        var again = SilenceBook(groups: [Self.line], known: [Self.line.asset: Self.moment(0)])
        #expect(again.silentGroups == [Self.line])
        for round in 0..<3 {
            for device in 0..<6 {
                _ = again.note(Self.device(device), isAnswered: true, at: Self.moment(Double(round)))
            }
        }
        #expect(again.silentGroups.isEmpty)
    }
}
