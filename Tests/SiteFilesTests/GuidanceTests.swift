// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import SiteFiles
import Testing
import Tickets

@Suite struct GuidanceTests {
    private static let good = """
        site: {id: lakeside, name: Lakeside, zone: Europe/Madrid}
        mqtt: {url: "mqtt://127.0.0.1:1883"}
        dashboard: {public_url: "https://lakeside.example/"}
        buses:
          line-1: {tcp: 127.0.0.1}
        devices:
          inlet:
            profile: acme-wm40
            bus: line-1
            unit: 1
            area: a
            asset: inlet
            place: cellar
            responsible: utility
            boundary: {zh: 市政负责到总表, en: utility up to the inlet meter}
            contact: works
            warranty_until: 2027-06-30
            meter: {role: bulk, litres_per_count: 1}
        persons:
          p: {name: P, role: receiver}
          works: {name: Water works, role: technician}
        duty: {owner: p}
        guidance:
          emergency_plans:
            burst: {zh: 关闭总阀, en: Close the main valve}
            water-meter: Call the manager
          safety_notes: {water-meter: Mind the step}
          spare_parts: {burst: [clamp DN50, gasket]}

        """

    @Test func `card and guidance are read`() throws {
        let folder = try SiteFolder(site: Self.good)
        let loaded = folder.load()
        #expect(folder.lines(loaded) == [])
        let site = try #require(loaded.configuration)
        #expect(
            site.devices[0].card
                == CardSettings(
                    contact: PersonIdentifier("works"),
                    boundary: BilingualText(zh: "市政负责到总表", en: "utility up to the inlet meter"),
                    warrantyUntil: CivilDate(year: 2027, month: 6, day: 30)))
        #expect(site.guidance.emergencyPlans["burst"]?.en == "Close the main valve")
        #expect(site.guidance.spareParts["burst"]?.map(\.zh) == ["clamp DN50", "gasket"])
        #expect(site.dashboard.publicAddress == "https://lakeside.example/")
        let responsible = site.ticketPolicy.responsible[AssetIdentifier("inlet")]
        #expect(responsible?.party == .utility && responsible?.contact == PersonIdentifier("works"))
    }

    @Test(arguments: cases)
    func `a mistake is told with place, cause and cure`(_ refusal: Refusal) throws {
        let text = try #require(refusal.applied(to: Self.good), "the good file has no '\(refusal.old)'")
        let folder = try SiteFolder(site: text)
        let loaded = folder.load()
        #expect(folder.lines(loaded) == refusal.lines)
        #expect(loaded.configuration == nil)
    }

    static let cases = Refusal.table(
        """
        ## a contact that nobody knows
        - contact: works
        + contact: work
        16:14: error: SL-1113: device 'inlet': contact 'work' is not under 'persons'. Did you mean 'works'?
        ## no day
        - 2027-06-30
        + 2027-06-31
        17:21: error: SL-1108: device 'inlet': '2027-06-31' is no date such as 2026-10-01.
        ## an asset with no party
        -     responsible: utility
        +     # responsible: utility
        7:3: error: SL-1105: device 'inlet': key 'responsible' is missing. Name utility, propertyCompany, contractor or resident.
        ## a plan for what does not exist
        - water-meter: Call
        + water-metre: Call
        26:5: error: SL-1108: guidance: emergency_plans: 'water-metre' is neither a failure mode such as burst nor a kind of asset such as lift. Did you mean 'water-meter'?
        ## an address that is none
        - https://lakeside.example/
        + lakeside.example
        3:25: error: SL-1108: dashboard: public_url 'lakeside.example' is no address such as https://estate.example/.
        """)
}
