// SPDX-License-Identifier: Apache-2.0

/// Takes a password apart into what everybody thinks of: common words, names of this place, rows of the keyboard,
/// alphabets and numbers in a row, repeated characters, years, and the whole written twice.
struct CommonParts {
    private let words: Set<[Character]>
    private let longest: Int

    /// - Parameter names: Of the site and the user; pieces of at least three characters count.
    init(names: [String]) {
        var words = Self.common
        for name in names {
            let plain = Self.plain(name)
            words.insert(plain.filter { $0.isLetter || $0.isNumber })
            for piece in plain.split(whereSeparator: { !$0.isLetter && !$0.isNumber }) { words.insert(Array(piece)) }
        }
        self.words = words.filter { $0.count >= 3 }
        longest = self.words.map(\.count).max() ?? 0
    }

    /// Whether at most four such parts, with at most three characters between them, make up the password.
    func makeUp(_ password: String) -> Bool {
        let text = Self.plain(password)
        let half = text.count / 2
        if text.count.isMultiple(of: 2), text[..<half] == text[half...], half < PasswordRule.least { return true }
        return leastLeft(in: text) <= 3
    }

    /// Characters that are left when the text is taken apart as well as it can be into at most four parts.
    private func leastLeft(in text: [Character]) -> Int {
        let mostParts = 4
        // rest[parts][place]: least characters left before `place` with so many parts.
        var rest = Array(repeating: Array(repeating: Int.max / 2, count: text.count + 1), count: mostParts + 1)
        rest[0][0] = 0
        let letters = text.map { Self.masks[$0] ?? $0 }
        for place in 0..<text.count {
            let ends = ends(of: text, letters, from: place)
            for parts in 0...mostParts {
                let left = rest[parts][place]
                guard left < Int.max / 2 else { continue }
                rest[parts][place + 1] = min(rest[parts][place + 1], left + 1)
                guard parts < mostParts else { continue }
                for end in ends { rest[parts + 1][end] = min(rest[parts + 1][end], left) }
            }
        }
        return rest.map { $0[text.count] }.min() ?? text.count
    }

    /// Where parts end that begin at `place`.
    ///
    /// - Parameter letters: The text with digits and signs that stand for letters read as those.
    private func ends(of text: [Character], _ letters: [Character], from place: Int) -> [Int] {
        var ends: [Int] = []
        for length in stride(from: 3, through: min(longest, text.count - place), by: 1)
        where words.contains(Array(text[place..<place + length]))
            || words.contains(Array(letters[place..<place + length]))
        {
            ends.append(place + length)
        }
        for step in Self.steps {
            var end = place + 1
            while end < text.count, step(text[end - 1], text[end]) { end += 1 }
            if end - place >= 3 { ends += (place + 3)...end }
        }
        if place + 4 <= text.count, let year = Int(String(text[place..<place + 4])), (1940...2039).contains(year) {
            ends.append(place + 4)
        }
        return ends
    }

    /// Whether one character follows another in a row that fingers or children know.
    private static let steps: [@Sendable (Character, Character) -> Bool] = [
        { $0 == $1 },
        { follows($0, $1, by: 1) }, { follows($0, $1, by: -1) },
        { isNeighbour($0, $1, by: 1) }, { isNeighbour($0, $1, by: -1) },
    ]

    private static func follows(_ a: Character, _ b: Character, by step: Int) -> Bool {
        guard let x = a.asciiValue, let y = b.asciiValue, a.isLetter || a.isNumber, b.isLetter || b.isNumber else {
            return false
        }
        return Int(y) - Int(x) == step || (step == 1 && a == "9" && b == "0")
    }

    private static let rows = [
        "1234567890-=", "qwertyuiop", "asdfghjkl", "zxcvbnm", "!@#$%^&*()", "1qaz2wsx3edc4rfv5tgb6yhn",
    ]
    .map(Array.init)

    private static func isNeighbour(_ a: Character, _ b: Character, by step: Int) -> Bool {
        rows.contains { row in
            guard let place = row.firstIndex(of: a) else { return false }
            return row.indices.contains(place + step) && row[place + step] == b
        }
    }

    private static func plain(_ text: String) -> [Character] { Array(text.lowercased()) }

    private static let masks: [Character: Character] = [
        "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i",
    ]

    /// Our own list of what people in offices, families and estates take for a password, in English and in pinyin.
    private static let common: Set<[Character]> = Set(
        """
        password passwort passwd pass word secret private access login signin logon welcome letmein open sesame enter
        admin administrator root superuser user guest test testing demo default changeme change temp temporary initial
        manager master server system service support office company internet network computer windows desktop laptop
        wireless router gateway modbus sluice water meter pump lift gate leak estate house home garden building tower
        property engineer technician receiver auditor resident leader shift
        hello goodbye please thanks sorry love iloveyou loveyou lover sweet sweetheart baby angel princess prince queen
        king family mother father mama papa daddy mummy brother sister friend friends forever together happy lucky
        sunshine summer winter spring autumn monday tuesday wednesday thursday friday saturday sunday january february
        march april june july august september october november december today tomorrow
        dragon monkey tiger lion horse rabbit panda dolphin eagle shadow ghost ninja pirate cowboy hunter ranger soldier
        superman batman spider matrix starwars pokemon mickey
        football baseball basketball hockey soccer tennis golf chelsea liverpool arsenal barcelona
        flower rose lily cherry apple orange banana lemon coffee chocolate cookie cheese pepper ginger
        diamond silver golden purple yellow green black white blue red
        michael daniel thomas andrew robert joshua george charlie jordan jessica jennifer michelle nicole ashley amanda
        freedom trust nothing whatever something anything everything number numbers money dollar million
        china beijing shanghai guangzhou shenzhen hangzhou chengdu london paris berlin america
        woaini woaiwo aini wode nihao wuye xiaoqu gongsi mima denglu guanli guanliyuan admin123 qwer asdf zxcv
        zhang wang chen yang zhao huang zhou
        """.split(whereSeparator: \.isWhitespace).map { Array($0) })
}
