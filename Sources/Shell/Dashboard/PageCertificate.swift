// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Logging
import NIOCore
import NIOSSL
import Pipeline
import Synchronization

/// What the page shows to browsers that come by TLS, read anew when its files were changed: certificates are renewed
/// every few weeks, and nobody starts the gateway again for that.
final class PageCertificate: Sendable {
    /// A certificate with a key that fits.
    private struct Pair {
        var chain: [NIOSSLCertificateSource]
        var key: NIOSSLPrivateKeySource
    }

    /// Tells whether a file is still the one that was read.
    private struct Stamp: Hashable {
        var number, size: UInt64
        var changedAt: Date
    }

    private let files: PageCertificateFiles
    private let logger: Logger
    private let held: Mutex<(pair: Pair, stamps: [Stamp?])>

    /// - Throws: ``DashboardError`` when there is no certificate, or no key that fits it.
    init(_ files: PageCertificateFiles, logger: Logger) throws(DashboardError) {
        (self.files, self.logger) = (files, logger)
        let stamps = Self.stamps(files)
        held = Mutex((try Self.read(files), stamps))
    }

    /// Of the server: TLS 1.2 and later, and for each handshake what the files hold then.
    var configuration: TLSConfiguration {
        let pair = held.withLock(\.pair)
        var configuration = Self.configuration(of: pair)
        configuration.sslContextCallback = { [self] _, promise in
            // Not on the thread of the handshake, which would take an error that reading left there for its own.
            promise.completeWithTask { [self] in
                let pair = current()
                var shown = NIOSSLContextConfigurationOverride()
                (shown.certificateChain, shown.privateKey) = (pair.chain, pair.key)
                return shown
            }
        }
        return configuration
    }

    /// What the files hold; while they do not fit together, what they held before.
    private func current() -> Pair {
        held.withLock { held in
            let stamps = Self.stamps(files)
            guard stamps != held.stamps else { return held.pair }
            held.stamps = stamps
            do {
                held.pair = try Self.read(files)
                logger.notice("The page's certificate was renewed.", metadata: ["file": "\(files.chain)"])
            } catch {
                logger.error("The page goes on with the certificate it had. \(error)")
            }
            return held.pair
        }
    }

    private static func read(_ files: PageCertificateFiles) throws(DashboardError) -> Pair {
        guard let chain = try? NIOSSLCertificate.fromPEMFile(files.chain), !chain.isEmpty else {
            throw .certificateNotUsable(path: files.chain, reason: "there is no certificate in PEM format in it")
        }
        guard let key = try? NIOSSLPrivateKey(file: files.key, format: .pem) else {
            throw .certificateNotUsable(
                path: files.key, reason: "there is no private key in PEM format, without a password, in it")
        }
        let pair = Pair(chain: chain.map { .certificate($0) }, key: .privateKey(key))
        do {
            _ = try NIOSSLContext(configuration: configuration(of: pair))
        } catch {
            throw .certificateNotUsable(path: files.key, reason: "this key is not the one of \(files.chain)")
        }
        return pair
    }

    private static func configuration(of pair: Pair) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: pair.chain, privateKey: pair.key)
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }

    private static func stamps(_ files: PageCertificateFiles) -> [Stamp?] {
        [files.chain, files.key].map { path in
            guard let found = try? FileManager.default.attributesOfItem(atPath: path),
                let number = found[.systemFileNumber] as? UInt64, let size = found[.size] as? UInt64,
                let changedAt = found[.modificationDate] as? Date
            else { return nil }
            return Stamp(number: number, size: size, changedAt: changedAt)
        }
    }
}
