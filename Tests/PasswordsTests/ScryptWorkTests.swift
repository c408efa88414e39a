// SPDX-License-Identifier: Apache-2.0

import Passwords
import People
import Pipeline
import Testing

@Suite struct ScryptWorkTests {
    private static let cheap = PasswordHash.Cost(logRounds: 4, blockSize: 8, parallelism: 1)
    private static let salt = [UInt8](0..<16)

    @Test func `a password fits its own hash and no other`() async throws {
        let work = ScryptWork(cost: Self.cheap)
        let hash = try await work.hash("rainy day, slow train", salt: Self.salt)
        #expect(hash.hasPrefix("$scrypt$ln=4,r=8,p=1$000102030405060708090a0b0c0d0e0f$"))
        #expect(try await work.fits("rainy day, slow train", hash))
        #expect(try await !work.fits("rainy day, slow trains", hash))
        #expect(try await !work.fits("", hash))
        #expect(try await work.hash("rainy day, slow train", salt: [UInt8](1...16)) != hash)
    }

    @Test func `the usual cost works and is what a hash says`() async throws {
        let work = ScryptWork()
        let hash = try await work.hash("rainy day, slow train", salt: Self.salt)
        #expect(hash.hasPrefix("$scrypt$ln=14,r=8,p=5$"))
        // A cheaper or dearer default of later does not shut anybody out.
        #expect(try await ScryptWork(cost: Self.cheap).fits("rainy day, slow train", hash))
    }

    @Test func `ASVS 6.2.1: no character is cut off, and one letter written in two ways is one letter`() async throws {
        let work = ScryptWork(cost: Self.cheap)
        let long = String(repeating: "水管漏水 ", count: 25)
        let hash = try await work.hash(long + "a", salt: Self.salt)
        #expect(try await !work.fits(long + "b", hash))
        let composed = try await work.hash("caf\u{E9} on the corner", salt: Self.salt)
        #expect(try await work.fits("cafe\u{301} on the corner", composed))
    }

    @Test(arguments: [
        "", "$scrypt$ln=4,r=8,p=1$00$00", "plain text", "$scrypt$ln=99,r=8,p=1$\(String(repeating: "00", count: 16))$",
        "$scrypt$ln=20,r=8,p=1$\(String(repeating: "00", count: 16))$\(String(repeating: "00", count: 32))",
        "$scrypt$ln=15,r=8,p=16$\(String(repeating: "00", count: 16))$\(String(repeating: "00", count: 32))",
    ])
    func `a hash that is none, or would cost too much, lets nobody in`(hash: String) async throws {
        #expect(try await !ScryptWork(cost: Self.cheap).fits("rainy day, slow train", hash))
    }

    @Test func `few wait, the others are told that it is busy`() async throws {
        let work = ScryptWork(cost: .init(logRounds: 10, blockSize: 8, parallelism: 1))
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 {
                group.addTask { (try? await work.hash("rainy day, slow train", salt: Self.salt)) != nil }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.contains(true))
        #expect(outcomes.contains(false))
        // And then there is room again.
        #expect(try await !work.hash("rainy day, slow train", salt: Self.salt).isEmpty)
    }
}
