// SPDX-License-Identifier: Apache-2.0

import CModbus

extension SerialTransport {
    /// Version of the libmodbus that this program runs on, such as `3.1.6`.
    public static var libraryVersion: String {
        "\(libmodbus_version_major).\(libmodbus_version_minor).\(libmodbus_version_micro)"
    }

    /// Version of the libmodbus that this program was built with.
    public static var builtLibraryVersion: String {
        "\(LIBMODBUS_VERSION_MAJOR).\(LIBMODBUS_VERSION_MINOR).\(LIBMODBUS_VERSION_MICRO)"
    }
}
