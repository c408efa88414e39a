// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Pipeline

/// Which language a reader gets: the one chosen now, the one chosen before, the browser's, the site's.
enum LanguageChoice {
    static let cookieName = "sluice_language"

    static func language(of request: Request, default standard: Language) -> Language {
        chosen(in: request)
            ?? request.cookies[cookieName].flatMap { Language(rawValue: $0.value) }
            ?? request.headers[.acceptLanguage].flatMap(preferred(in:))
            ?? standard
    }

    /// The choice of `?lang=`.
    static func chosen(in request: Request) -> Language? {
        request.uri.queryParameters["lang"].flatMap { Language(rawValue: String($0)) }
    }

    /// Kept for a year.
    static func cookie(_ language: Language) -> Cookie {
        Cookie(
            name: cookieName, value: language.rawValue, maxAge: 365 * 86_400, path: "/", httpOnly: true,
            sameSite: .strict)
    }

    /// The first of our languages by weight in an `Accept-Language` header (RFC 9110, section 12.5.4).
    static func preferred(in header: String) -> Language? {
        var best: (language: Language, weight: Double)?
        for range in header.split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
            guard let tag = parts.first, let language = language(ofTag: tag) else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            if weight > 0, weight > (best?.weight ?? 0) { best = (language, weight) }
        }
        return best?.language
    }

    private static func language(ofTag tag: String) -> Language? {
        switch tag.split(separator: "-").first {
        case "zh": .chinese
        case "en": .english
        default: nil
        }
    }
}
