// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import Logging
import Subprocess
import SystemPackage

/// The mosquitto that the demo keeps for itself.
struct DemoBroker {
    private let program: String

    /// Debian's mosquitto, where it is installed.
    static func find() -> DemoBroker? {
        for program in ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"]
        where access(program, X_OK) == 0 {
            return DemoBroker(program: program)
        }
        return nil
    }

    /// Runs the broker on a loopback port for as long as `body` runs, then ends it.
    func run(in folder: String, port: Int, logger: Logger, _ body: @escaping @Sendable () async throws -> Void)
        async throws
    {
        let file = "\(folder)/mosquitto.conf"
        let text = """
            listener \(port) 127.0.0.1
            allow_anonymous true
            persistence false
            log_type error
            """
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        var platform = PlatformOptions()
        // A group of its own: Ctrl-C shall reach the gateway only, which says good-bye to the broker first.
        platform.processGroupID = 0
        platform.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
        _ = try await Subprocess.run(
            .path(.init(program)), arguments: ["-c", file], platformOptions: platform, input: .none,
            output: .discarded, error: .discarded
        ) { execution in
            defer { try? execution.send(signal: .terminate) }
            try await body()
        }
    }
}
