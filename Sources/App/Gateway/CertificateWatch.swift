// SPDX-License-Identifier: Apache-2.0

import Logging
import MQTTTransport
import Model
import Pipeline
import ServiceLifecycle

/// Tells 30 days ahead, and every day from then on, that a certificate of the connection to the broker will expire.
struct CertificateWatch: NamedService {
    static let notice = Duration.seconds(30 * 86_400)

    let files: [String]
    let clock: any ClockSource
    let logger: Logger

    init(_ tls: BrokerTLS?, clock: any ClockSource, logger: Logger) {
        files = [tls?.certificateFile, tls?.caFile].compactMap { $0 }
        (self.clock, self.logger) = (clock, logger)
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                for text in Self.warnings(files, at: clock.now().wall) { logger.warning("\(text)") }
                try await Task.sleep(for: .seconds(86_400))
            }
        }
    }

    /// A sentence for each file whose certificate ends soon or has ended.
    static func warnings(_ files: [String], at now: Timestamp) -> [String] {
        files.compactMap { file in
            guard let end = CertificateDates.expiry(ofFile: file), end - now < notice else { return nil }
            let days = Int((end - now).inSeconds / 86_400)
            return end <= now
                ? "The certificate \(file) has expired; the broker will not be reached. Renew it."
                : "The certificate \(file) expires in \(days) days, at \(end.rfc3339). Renew it."
        }
    }
}
