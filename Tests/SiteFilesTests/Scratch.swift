import Foundation
import SiteFiles
import Model
import Testing
@Test func scratch() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: "/tmp/dev/prof/gen/in2.json"))
    let cases = try JSONDecoder().decode([[String]].self, from: data)
    var out: [[String]] = []
    for c in cases {
        let f = try SiteFolder(site: c[1]); let l = f.load();
        out.append(f.lines(l) + (l.configuration == nil ? ["NIL"] : []))
    }
    try JSONEncoder().encode(out).write(to: URL(fileURLWithPath: "/tmp/dev/prof/gen/out2.json"))
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    let s = loadSite(at: root + "/deploy/examples/lakeside.yaml", profileFolders: [root + "/DeviceProfiles"])
    for p in s.problems { print(p); print(caretExcerpt(of: p, in: s.texts[p.path] ?? "")) }
    print(s.summary, s.configuration == nil)
}
