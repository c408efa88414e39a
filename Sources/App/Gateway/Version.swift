// SPDX-License-Identifier: Apache-2.0

import MQTTTransport
import ModbusTransport
import Store

/// What this program is made of.
public enum Version {
    /// Semantic version of Sluice.
    public static let sluice = "0.1.0"

    /// Names and versions of the program and of the libraries it runs on.
    public static var all: [(name: String, version: String)] {
        [
            ("sluice", sluice), ("libmodbus", SerialTransport.libraryVersion),
            ("libmosquitto", MosquittoBroker.libraryVersion), ("sqlite", SluiceStore.libraryVersion),
        ]
    }
}
