// SPDX-License-Identifier: Apache-2.0

import Logging
import MQTTTransport
import Model
import Pipeline
import ServiceLifecycle
import Synchronization

/// Tells 30 days ahead, and every day from then on, that a certificate will expire: of the connection to the broker, or
/// of the page.
final class CertificateWatch: NamedService {
    static let notice = Duration.seconds(30 * 86_400)

    struct File: Hashable {
        var path: String
        /// What comes of it when it has expired.
        var consequence: String
    }

    private let files: [File]
    private let clock: any ClockSource
    private let logger: Logger
    /// When the first of them ends, read once a day.
    private let end = Mutex<Timestamp?>(nil)

    init(_ configuration: SiteConfiguration, clock: any ClockSource, logger: Logger) {
        files = Self.files(of: configuration)
        (self.clock, self.logger) = (clock, logger)
    }

    /// Of the connection to the broker and of the page.
    static func files(of configuration: SiteConfiguration) -> [File] {
        files(of: configuration.mqtt.tls)
            + [configuration.dashboard.certificate?.chain].compactMap { $0 }.map {
                File(path: $0, consequence: "browsers warn of the page")
            }
    }

    static func files(of tls: BrokerTLS?) -> [File] {
        [tls?.certificateFile, tls?.caFile].compactMap { $0 }.map {
            File(path: $0, consequence: "the broker will not be reached")
        }
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown { [self] in
            while true {
                end.withLock { $0 = files.compactMap { CertificateDates.expiry(ofFile: $0.path) }.min() }
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
    static func warnings(_ files: [File], at now: Timestamp) -> [String] {
        files.compactMap { file in
            guard let end = CertificateDates.expiry(ofFile: file.path), end - now < notice else { return nil }
            let days = Int((end - now).inSeconds / 86_400)
            return end <= now
                ? "The certificate \(file.path) has expired; \(file.consequence). Renew it."
                : "The certificate \(file.path) expires in \(days) days, at \(end.rfc3339). Renew it."
        }
    }
}
