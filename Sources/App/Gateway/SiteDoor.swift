// SPDX-License-Identifier: Apache-2.0

import Dashboard
import Logging
import Model
import Passwords
public import People
public import Pipeline
public import Store
import Synchronization

/// The door of an estate's page, from one gateway to the next: who is signed in stays so, and who must wait has to.
public final class Doorkeeper: Sendable {
    private let last = Mutex(SignInDoor?.none)

    public init() {}

    /// The door that was made last; its gateway may have ended.
    var door: SignInDoor? {
        get { last.withLock { $0 } }
        set { last.withLock { $0 = newValue } }
    }
}

extension SiteGateway {
    /// The accounts of the site, and whether its page asks for them; who came by the door before goes on.
    ///
    /// While sign-in is needed and nobody could manage accounts, a token for the first administrator goes into the log.
    func makeDoor(_ store: SluiceStore) async throws -> SignInDoor {
        let desk = try await PeopleDesk(configuration, store: store, cost: options.passwordCost) { [clock] in
            clock.now()
        }
        let settings = configuration.dashboard
        let door = SignInDoor(
            desk: desk, isRequired: settings.needsSignIn,
            encryptedAddress: settings.isEncrypted ? settings.publicAddress : nil,
            estate: options.neighbourhood.map(\.isShown) == true ? configuration.site.identifier.text : nil)
        if let earlier = options.doorkeeper.door {
            await desk.takeOver(earlier.desk.attendance, keepsSessions: door.keepsSessions(of: earlier))
        }
        if settings.needsSignIn, let token = await desk.open() {
            logger.warning(
                "There is no administrator. Open /first-run and enter this token within 24 hours.",
                metadata: ["token": "\(token)"])
        }
        options.doorkeeper.door = door
        return door
    }
}

extension PeopleDesk {
    /// The accounts in a store, with the system's random numbers.
    public init(
        _ configuration: SiteConfiguration, store: SluiceStore, cost: PasswordHash.Cost = .usual,
        now: @escaping @Sendable () -> ClockReading
    ) async throws {
        let site = configuration.site
        try await self.init(
            store: store, work: ScryptWork(cost: cost), persons: Set(configuration.persons.map(\.identifier)),
            siteNames: [site.identifier.text, site.name.zh, site.name.en], now: now,
            random: { count in
                var generator = SystemRandomNumberGenerator()
                return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            })
    }
}
