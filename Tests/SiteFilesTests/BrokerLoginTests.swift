// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Notices
import Pipeline
import SiteFiles
import Testing

@Suite struct BrokerLoginTests {
    private struct Outcome {
        var login: BrokerLogin?
        var problems: [String]
        var isAccepted: Bool
    }

    /// The good site's file with a login, and what stands in `secrets/mqtt`; `nil` makes no such file.
    private func read(
        url: String = "mqtt://127.0.0.1:1883", name: String = "gateway", password: Data?, mode: Int = 0o640
    ) throws -> Outcome {
        let folder = try SiteFolder(
            site: SiteRefusalTests.good.replacing(
                #"mqtt: {url: "mqtt://127.0.0.1:1883"}"#,
                with: #"mqtt: {url: "\#(url)", user_name: \#(name), password_file: secrets/mqtt}"#))
        if let password {
            try folder.write(password, to: "secrets/mqtt")
            try FileManager.default.setAttributes(
                [.posixPermissions: mode], ofItemAtPath: "\(folder.path)/secrets/mqtt")
        }
        let loaded = folder.load()
        return Outcome(
            login: loaded.configuration?.mqtt.login, problems: folder.lines(loaded),
            isAccepted: loaded.configuration != nil)
    }

    @Test(arguments: ["pass word:§\n", "pass word:§\r\n", "pass word:§\n\n", "pass word:§"])
    func `the line break at the end of the file is no part of the password`(text: String) throws {
        let outcome = try read(password: Data(text.utf8))
        #expect(outcome.problems == [])
        #expect(outcome.login == BrokerLogin(userName: "gateway", password: Secret("pass word:§")))
        #expect(!"\(String(describing: outcome.login))".contains("pass word"))
    }

    @Test func `spaces belong to the password`() throws {
        #expect(try read(password: Data(" x ".utf8)).login?.revealedPassword == " x ")
    }

    @Test(
        arguments: [
            (
                Data("secret\n".utf8), 0o644,
                "'secrets/mqtt' can be read or changed by everybody. Run: chmod 640 secrets/mqtt."
            ),
            (
                Data("secret\n".utf8), 0o602,
                "'secrets/mqtt' can be read or changed by everybody. Run: chmod 640 secrets/mqtt."
            ),
            (Data(), 0o640, "'secrets/mqtt' must hold the password alone, on its first line."),
            (Data("\nsecret\n".utf8), 0o640, "'secrets/mqtt' must hold the password alone, on its first line."),
            (Data("secret\nmore\n".utf8), 0o640, "'secrets/mqtt' must hold the password alone, on its first line."),
            (Data([0xFF, 0xFE]), 0o640, "'secrets/mqtt' cannot be read as text."),
            (
                nil, 0o640,
                "'secrets/mqtt' cannot be read as text. Create it, and let the user that runs Sluice read it."
            ),
        ] as [(Data?, Int, String)])
    func `a file that cannot be used is told with what to do`(password: Data?, mode: Int, says: String) throws {
        let outcome = try read(password: password, mode: mode)
        #expect(!outcome.isAccepted)
        #expect(outcome.problems.count == 1)
        let line = try #require(outcome.problems.first)
        #expect(line.hasPrefix("site.yaml:2:73: error: SL-1140: mqtt: the password file \(says)"), "\(line)")
        #expect(!line.contains("secret\n"))
    }

    @Test(arguments: [("", true), (", units: true", true), (", units: false", false)])
    func `values carry their units unless the file says otherwise`(key: String, carries: Bool) throws {
        let folder = try SiteFolder(
            site: SiteRefusalTests.good.replacing("127.0.0.1:1883\"}", with: "127.0.0.1:1883\"\(key)}"))
        let loaded = folder.load()
        #expect(folder.lines(loaded) == [])
        #expect(loaded.configuration?.mqtt.includesUnits == carries)
    }

    @Test func `a password that travels in the clear to another machine is a warning`() throws {
        let outcome = try read(url: "mqtt://broker.example", password: Data("x".utf8))
        #expect(outcome.isAccepted)
        #expect(
            outcome.problems == [
                "site.yaml:2:49: warning: SL-1128: mqtt: the password travels to broker.example for everybody on the "
                    + "way to read. Write url: mqtts://..."
            ])
        #expect(try read(url: "mqtts://broker.example", password: Data("x".utf8)).problems == [])
    }
}
