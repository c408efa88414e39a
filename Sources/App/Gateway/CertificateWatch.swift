// SPDX-License-Identifier: Apache-2.0

import Logging
import MQTTTransport
import Model
import Pipeline
import ServiceLifecycle
import Synchronization

/// Tells 30 days ahead, and every day from then on, that a certificate of the connection to the broker will expire.
final class CertificateWatch: NamedService {
    static let notice = Duration.seconds(30 * 86_400)

    private let files: [String]
    private let clock: any ClockSource
    private let logger: Logger
    /// When the first of them ends, read once a day.
    private let end = Mutex<Timestamp?>(nil)

    init(_ tls: BrokerTLS?, clock: any ClockSource, logger: Logger) {
        files = Self.files(of: tls)
        (self.clock, self.logger) = (clock, logger)
    }

    static func files(of tls: BrokerTLS?) -> [String] { [tls?.certificateFile, tls?.caFile].compactMap { $0 } }

    func run() async throws {
        try? await cancelWhenGracefulShutdown { [self] in
            while true {
                end.withLock { $0 = files.compactMap { CertificateDates.expiry(ofFile: $0) }.min() }
                for text in Self.warnings(files, at: clock.now().wall) { logger.warning("\(text)") }
                try await Task.sleep(for: .seconds(86_400))
            }
        }
    }

    /// Time until the first certificate ends; `nil` when there is none or the clock is not known to be right.
    func rest(at now: ClockReading) -> Duration? {
        guard now.timeQuality == .synced else { return nil }
        return end.withLock { $0 }.map { $0 - now.wall }
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
