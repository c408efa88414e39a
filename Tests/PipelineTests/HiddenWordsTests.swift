// SPDX-License-Identifier: Apache-2.0

import Pipeline
import Testing

@Suite struct HiddenWordsTests {
    private static let words: HiddenWords = {
        var words = HiddenWords()
        words.hide("wang", as: "person-1")
        words.hide("wang-fang", as: "person-2")
        words.hide("王芳")
        words.hide("Li Wei")
        words.hide("4711")
        words.hide("true")
        words.hide("x")
        words.hide("[]")
        return words
    }()

    @Test(arguments: [
        ("by wang-fang, then Wang.", "by person-2, then person-1."),
        ("wangs and swang stay; wang_1 does not", "wangs and swang stay; person-1_1 does not"),
        ("请找王芳处理", "请找***处理"),
        ("LI WEI", "***"),
        ("4711 true x [] stay", "4711 true x [] stay"),
        ("ends with wang", "ends with person-1"),
        ("", ""),
    ])
    func `known words are taken out, the longest first`(text: String, taken: String) {
        #expect(Self.words.taken(outOf: text) == taken)
        #expect(Self.words.withoutWords(text) == taken)
    }

    @Test(arguments: [
        ("call 13812345678", "call 138******78"),
        ("10.0.3.20 and 172.16.100.100 and 192.168.10.100:502", "10.0.3.20 and 172.16.100.100 and 192.168.10.100:502"),
        ("from 172.16.100.100 call 0571-88880000", "from 172.16.100.100 call 057*-******00"),
        ("to duty.officer@example.org: no", "to ***@***: no"),
        ("mqtts://me:hunter2@broker.lan:8883 is away", "mqtts://***@broker.lan:8883 is away"),
        ("'https://h.example/send?access_token=abc&x=1': 404", "'https://h.example/send?***': 404"),
        ("token=abc, Password: \"hunter2\" key='k'", "token=***, Password: *** key=***"),
        ("0123456789abcdef0123456789ABCDEF", "***"),
        ("key_file: keys/page.pem, a key of 12 bytes", "key_file: keys/page.pem, a key of 12 bytes"),
        ("one line\ncall 13812345678\n", "one line\ncall 138******78\n"),
    ])
    func `what looks like something to hide is taken out wherever it stands`(text: String, taken: String) {
        #expect(HiddenWords().taken(outOf: text) == taken)
    }

    @Test func `figures keep digits that look like a number to call`() {
        #expect(Self.words.withoutWords("sluice_store_bytes 13812345678") == "sluice_store_bytes 13812345678")
    }
}
