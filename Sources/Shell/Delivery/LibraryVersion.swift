// SPDX-License-Identifier: Apache-2.0

import CCurl

/// Version of libcurl, for `sluice version`.
public enum CurlLibrary {
    public static var version: String { curl_version().map { String(cString: $0) } ?? "" }
}
