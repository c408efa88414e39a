// SPDX-License-Identifier: Apache-2.0

import Model
import People
import Pipeline

/// What every page has around its content.
struct PageFrame: Sendable {
    struct LanguageLink: Sendable {
        var tag: String
        var languageName: String
        var href: String
        var isCurrent: Bool
    }

    var language: String
    var pageTitle: String
    var heading: String
    var siteName: String
    var isOverview: Bool
    var isTickets: Bool
    var isAlarms: Bool
    var isWork: Bool
    var isHistory: Bool
    var isWater: Bool
    var isAssets: Bool
    var isReports: Bool
    var isSystem: Bool
    var isHelp: Bool
    /// Whether it is for a screen that nobody touches.
    var isWall = false
    var languages: [LanguageLink]
    var hasCharts: Bool
    /// The estates of the box; empty where there is only this one.
    var estates: [EstateLink] = [] { didSet { hasEstates = !estates.isEmpty } }
    var hasEstates = false
    var isEstates: Bool
    /// Whether the places of the page are named; not to somebody who cannot go there.
    var hasPlaces = true
    /// Behind the address of each form: what a foreign page cannot know. Empty where nobody signs in.
    var formQuery = ""
    /// In whose name forms are sent, where that cannot be chosen.
    var ownPerson: TicketPage.Choice?
    var accountName: String?
    var managesPeople = false
    var readsAudit = false
    var readsReports = true
    var readsMetrics = true

    init(
        wording: Wording, title: String, siteName: String, path: String, query: String = "", hasCharts: Bool = false
    ) {
        language = wording.language.rawValue
        heading = title
        pageTitle = siteName.isEmpty ? title : wording.text(.pageTitle, ["title": title, "site": siteName])
        self.siteName = siteName
        isOverview = path == "/"
        isEstates = path == "/estates"
        isTickets = path.hasPrefix("/tickets")
        isAlarms = path.hasPrefix("/alarms")
        isWork = path.hasPrefix("/planned-work") || path.hasPrefix("/resident-notice")
        isHistory = path == HistoryPages.path
        isWater = path == WaterPages.path
        isAssets = path.hasPrefix(AssetPages.path)
        isReports = path == ReportPages.path || path.hasPrefix("/api/v1/reports")
        isSystem = path.hasPrefix(SystemPages.path)
        isHelp = path.hasPrefix(HelpPages.path)
        self.hasCharts = hasCharts
        let kept = query.split(separator: "&").filter { !$0.hasPrefix("lang=") && !$0.hasPrefix("form=") }
        languages = Language.allCases.map { language in
            LanguageLink(
                tag: language.rawValue, languageName: LanguageNames.own(language),
                href: path + "?" + (kept + ["lang=" + language.rawValue]).joined(separator: "&"),
                isCurrent: language == wording.language)
        }
    }
}

extension PageFrame {
    /// Names who is signed in.
    mutating func show(_ visitor: Visitor, _ moment: EstateMoment) {
        accountName = visitor.name.text
        hasPlaces = visitor.permissions.contains(.viewPages)
        formQuery = visitor.formToken.map { "?\(Doorkeeper.formKey)=\($0)" } ?? ""
        managesPeople = visitor.permissions.contains(.managePeople)
        readsAudit = visitor.permissions.contains(.readAudit)
        readsReports = visitor.permissions.contains(.readReports)
        readsMetrics = visitor.permissions.contains(.readMetrics)
        if let person = visitor.person, !visitor.permissions.contains(.actForOthers) {
            ownPerson = .init(choiceValue: person.text, choiceText: moment.name(ofActor: person.text))
        }
    }
}

/// Each language by its own name, so that its readers find it on a page they cannot read.
enum LanguageNames {
    static func own(_ language: Language) -> String {
        switch language {
        case .chinese: "中文"
        case .english: "English"
        }
    }
}

/// A page that says why something was refused.
struct ProblemPage: Sendable {
    var frame: PageFrame
    var word: [String: String]
    var problemDetail: String

    init(frame: PageFrame, wording: Wording, problemDetail: String) {
        self.frame = frame
        word = wording.texts
        self.problemDetail = problemDetail
    }
}
