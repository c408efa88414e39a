// SPDX-License-Identifier: Apache-2.0

import Glibc
import ModbusCodec
import NIOCore
import NIOPosix
import Pipeline
import Testing

@testable import ModbusTransport

/// Each in a process of its own: the descriptors of this one belong to other tests too.
@Suite struct DescriptorRuleTests {
    /// F08.
    @Test(arguments: [(40, 30), (64, 48), (256, 232), (1024, 1000), (1_048_576, 1000), (0, 0)])
    func `where there are few, buses leave some to the others`(system: Int, limit: Int32) {
        #expect(DescriptorRule.usable(ofSystem: system) == limit)
    }

    @Test func `a connection past the limit is refused and counted, and the process lives`() async {
        await #expect(processExitsWith: .success) {
            let endpoint = try await ScriptedEndpoint { [.send($0.rightFrame)] }
            let transport = SocketTransport(
                host: "127.0.0.1", port: endpoint.port, eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
                logger: quiet, reopenDelay: ReopenDelay(seed: 1, first: .milliseconds(1), greatest: .milliseconds(5)))
            let fill = try Fill()
            let answer = await transport.sweep([holding(0)], of: UnitIdentifier(1), timeout: .seconds(5))
            guard case .busDown(let text)? = answer.failures[0] else { exit(1) }
            let pattern = try Regex("127\\.0\\.0\\.1:\\d+: descriptor 1\\d\\d\\d is past 999, " + refusalTail)
            #expect(text.wholeMatch(of: pattern) != nil, "\(text)")
            #expect(DescriptorRule.refusedCount == 1)
            #expect(transport.counters.refusedDescriptors == 1)
            fill.release()
            #expect(await sweepWhenUp(transport, [holding(3)]).words == rightWords(at: 3))
        }
    }

    @Test func `a line past the limit is refused and counted, and the process lives`() async {
        await #expect(processExitsWith: .success) {
            let line = try PseudoLine { [.send($0.rightSerialFrame)] }
            let transport = SerialTransport(
                line: SerialLine(path: line.path, baud: 115_200, parity: .none, stopBits: 1), logger: quiet,
                reopenDelay: ReopenDelay(seed: 1, first: .milliseconds(1), greatest: .milliseconds(5)))
            let fill = try Fill()
            let answer = await transport.sweep([holding(0)], of: UnitIdentifier(1), timeout: .seconds(5))
            guard case .busDown(let text)? = answer.failures[0] else { exit(1) }
            let pattern = try Regex("/dev/pts/\\d+: descriptor 1\\d\\d\\d is past 999, " + refusalTail)
            #expect(text.wholeMatch(of: pattern) != nil, "\(text)")
            #expect(DescriptorRule.refusedCount == 1)
            #expect(transport.counters.refusedDescriptors == 1)
            fill.release()
            #expect(await sweepWhenUp(transport, [holding(3)]).words == rightWords(at: 3))
            line.unplug()
        }
    }
}

private let refusalTail =
    "the last one used for a bus: the process has too many files and connections open; "
    + "set LimitNOFILE=1024 and look for what holds them"

/// Takes every descriptor below 1100.
private struct Fill {
    private var taken: [Int32] = []

    init() throws {
        // Soft and hard limit; RLIMIT_NOFILE is 7 on Linux.
        var limits: [UInt64] = [0, 0]
        limits.withUnsafeMutableBytes { bytes in
            let limit = bytes.assumingMemoryBound(to: rlimit.self).baseAddress
            guard let limit, getrlimit(7, limit) == 0 else { return }
            let words = bytes.assumingMemoryBound(to: UInt64.self)
            words[0] = min(words[1], max(words[0], 2000))
            setrlimit(7, limit)
        }
        while (taken.last ?? 0) < 1100 {
            let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw PseudoLineError() }
            taken.append(descriptor)
        }
    }

    func release() { for descriptor in taken { close(descriptor) } }
}
