// SPDX-License-Identifier: Apache-2.0

import CMosquitto

extension MosquittoBroker {
    /// Version of the libmosquitto that this program runs on, such as `2.0.11`.
    public static var libraryVersion: String {
        var (major, minor, revision): (Int32, Int32, Int32) = (0, 0, 0)
        mosquitto_lib_version(&major, &minor, &revision)
        return "\(major).\(minor).\(revision)"
    }

    /// Version of the libmosquitto that this program was built with.
    public static var builtLibraryVersion: String {
        "\(LIBMOSQUITTO_MAJOR).\(LIBMOSQUITTO_MINOR).\(LIBMOSQUITTO_REVISION)"
    }
}
