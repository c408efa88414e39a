// SPDX-License-Identifier: Apache-2.0

import Glibc
import MQTTTransport
public import Model
import ModbusTransport
public import Pipeline

/// What `sluice doctor --security` says: only what somebody can mend.
public struct SecurityReport: Sendable {
    public struct Finding: Hashable, Codable, Sendable {
        /// A word for programs, such as `state-rights`.
        public var check: String
        /// The file, address or account that it is about.
        public var place: String
        public var says: BilingualText
        public var remedy: BilingualText
    }

    /// What is seen of the service while it runs.
    public struct Service: Sendable {
        public var process: Int
        /// `nil` when the gateway did not tell.
        public var accounts: [(name: String, isOneTime: Bool, isAdministrator: Bool)]?

        public init(process: Int, accounts: [(name: String, isOneTime: Bool, isAdministrator: Bool)]?) {
            (self.process, self.accounts) = (process, accounts)
        }
    }

    public private(set) var findings: [Finding] = []

    /// - Parameter service: `nil` when no gateway runs on this state directory.
    public init(_ site: SiteConfiguration, service: Service?, now: Timestamp) {
        lookAtFiles(of: site)
        lookAtPage(site.dashboard)
        lookAtBroker(site.mqtt)
        lookAtCertificates(of: site, now: now)
        lookAtLibraries()
        if let service { look(at: service, needsSignIn: site.dashboard.needsSignIn) }
    }

    private mutating func add(
        _ check: String, _ place: String, zh: (says: String, remedy: String), en: (says: String, remedy: String)
    ) {
        findings.append(
            Finding(
                check: check, place: place, says: BilingualText(zh: zh.says, en: en.says),
                remedy: BilingualText(zh: zh.remedy, en: en.remedy)))
    }

    private mutating func lookAtFiles(of site: SiteConfiguration) {
        let directory = site.storage.directory
        if Self.status(of: directory).map({ $0.st_mode & 0o077 != 0 }) == true {
            add(
                "state-rights", directory,
                zh: ("状态目录可以被其他用户进入；其中有姓名、电话和网关的本地套接字。", "运行：chmod 700 \(directory)"),
                en: (
                    "others than its owner can enter the state directory, with names, phones and the local socket.",
                    "Run: chmod 700 \(directory)"
                ))
        }
        for key in [site.mqtt.tls?.keyFile, site.dashboard.certificate?.key].compactMap({ $0 })
        where Self.status(of: key).map({ $0.st_mode & 0o007 != 0 }) == true {
            add(
                "key-rights", key, zh: ("所有用户都能读取或更改这个密钥。", "运行：chmod 640 \(key)，并换用新的密钥。"),
                en: ("everybody can read or change this key.", "Run: chmod 640 \(key), and replace the key."))
        }
    }

    private mutating func lookAtPage(_ page: DashboardSettings) {
        if !isLoopback(page.host), page.certificate == nil {
            add(
                "page-open", "\(page.host):\(page.port)",
                zh: ("其他机器可以不经代理、不加密地访问页面端口。", "代理在本机时设 address: 127.0.0.1，否则只让代理访问该端口。"),
                en: (
                    "other machines reach the page's port past the proxy, without encryption.",
                    "Set address: 127.0.0.1 when the proxy is on this machine, else close the port to all but the proxy."
                ))
        }
        if !page.needsSignIn {
            add(
                "sign-in", "\(page.host):\(page.port)",
                zh: ("本机的每个用户和程序都可以在页面上操作，无需登录。", "在 dashboard 下设 sign_in: required。"),
                en: (
                    "every user and program of this machine may act on the page without signing in.",
                    "Set sign_in: required under dashboard."
                ))
        }
    }

    private mutating func lookAtBroker(_ mqtt: MQTTSettings) {
        guard !mqtt.isLocal else { return }
        if mqtt.tls == nil {
            add(
                "broker-plain", mqtt.url, zh: ("到消息代理的途中没有加密。", "使用 mqtts:// 和 ca_file。"),
                en: ("nothing is encrypted on the way to the broker.", "Use mqtts:// with ca_file."))
        }
        if mqtt.login == nil, mqtt.tls?.certificateFile == nil {
            add(
                "broker-anonymous", mqtt.url,
                zh: ("网关匿名连接消息代理，别人也可以。", "设 user_name 和 password_file，或 certificate_file 和 key_file。"),
                en: (
                    "the gateway says no name to the broker, so anybody may be let in.",
                    "Set user_name and password_file, or certificate_file and key_file."
                ))
        }
    }

    private mutating func lookAtCertificates(of site: SiteConfiguration, now: Timestamp) {
        for file in CertificateWatch.files(of: site).map(\.path) {
            guard let end = CertificateDates.expiry(ofFile: file), end - now < CertificateWatch.notice else { continue }
            let isOver = end <= now
            add(
                "certificate", file,
                zh: (isOver ? "证书已于 \(end.rfc3339) 到期。" : "证书将于 \(end.rfc3339) 到期。", "更换证书。"),
                en: ("the certificate \(isOver ? "ended" : "ends") at \(end.rfc3339).", "Renew it."))
        }
    }

    private mutating func lookAtLibraries() {
        for (name, built, loaded) in [
            ("libmodbus", SerialTransport.builtLibraryVersion, SerialTransport.libraryVersion),
            ("libmosquitto", MosquittoBroker.builtLibraryVersion, MosquittoBroker.libraryVersion),
        ] where built != loaded {
            add(
                "library", name, zh: ("程序按 \(built) 构建，运行时载入的是 \(loaded)。", "安装 \(built)，或用 \(loaded) 重新构建。"),
                en: (
                    "the program was built with \(built) and runs with \(loaded).",
                    "Install \(built), or build the program with \(loaded)."
                ))
        }
    }

    private mutating func look(at service: Service, needsSignIn: Bool) {
        if Self.status(of: "/proc/\(service.process)")?.st_uid == 0 {
            add(
                "root", "process \(service.process)",
                zh: ("网关以 root 运行。", "用软件包的服务单元启动：systemctl enable --now sluice。"),
                en: ("the gateway runs as root.", "Start it by the package's unit: systemctl enable --now sluice."))
        }
        let folders = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"]
        if Self.status(of: "/run/systemd/system") != nil,
            !folders.contains(where: { Self.status(of: "\($0)/sluice.service") != nil })
        {
            add(
                "unit", "/etc/systemd/system/sluice.service",
                zh: ("没有服务单元，因此网关不受其限制，停止后也不会再启动。", "安装软件包，或复制 deploy/systemd/sluice.service。"),
                en: (
                    "there is no unit, so that nothing confines the gateway or starts it again.",
                    "Install the package, or copy deploy/systemd/sluice.service."
                ))
        }
        guard let accounts = service.accounts else { return }
        for account in accounts where account.isOneTime {
            add(
                "one-time-password", account.name,
                zh: ("该账号的一次性密码尚未更换。", "让其本人登录并更换，或运行：sluice people disable \(account.name)"),
                en: (
                    "still has the password that somebody else gave it.",
                    "Let its owner sign in and change it, or run: sluice people disable \(account.name)"
                ))
        }
        if needsSignIn, !accounts.contains(where: \.isAdministrator) {
            add(
                "first-run", "/first-run",
                zh: ("没有可用的管理员；日志中的首次运行令牌可能仍在等待使用。", "使用该令牌，或运行：sluice people add NAME --role administrator"),
                en: (
                    "there is no administrator, and the log's first-run token may wait for whoever reads it.",
                    "Use it, or run: sluice people add NAME --role administrator"
                ))
        }
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}
