// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway

struct ShowVersion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Versions of the program and of the libraries it runs on.")

    func run() {
        for (name, version) in Version.all { tell("\(name) \(version)") }
    }
}
