// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing

@Suite(.serialized) struct DoctorCommandTests {
    private func doctor(_ arguments: [String]) throws -> (status: Int32, lines: [String]) {
        let program = try RunningProgram(try Programs.sluice, ["doctor"] + arguments)
        try program.linesToEnd(within: 90)
        program.process.waitUntilExit()
        return (program.process.terminationStatus, program.output)
    }

    @Test func `doctor says what a broker can do, what Sluice will use, and that durability cannot be seen`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let estate = try PracticeEstate(in: folder, brokerPort: broker.port)
        let found = try doctor(["--broker", "--config", estate.siteFile])
        #expect(found.status == 0, "\(found.lines)")
        #expect(found.lines.first == "mqtt://127.0.0.1:\(broker.port)")
        #expect(found.lines.contains { $0.contains("own messages come back") && $0.contains(" yes ") })
        #expect(
            found.lines.contains { $0.contains("packets are limited") && $0.contains("set max_packet_size 262144") })
        #expect(found.lines.contains { $0.hasPrefix("Sluice will use MQTT 3.1.1") })
        #expect(found.lines.last?.hasPrefix("Durability cannot be seen from here.") == true)
        broker.stop()
        let gone = try doctor(["--broker", "--config", estate.siteFile])
        #expect(gone.status == 1)
        #expect(gone.lines.contains { $0.contains("nothing works: Connection refused") })
        #expect(gone.lines.contains("This broker cannot be used as it is."))
        #expect(try doctor([]).lines.contains { $0.contains("Say what to examine: --broker.") })
    }
}
