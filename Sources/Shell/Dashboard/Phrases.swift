// SPDX-License-Identifier: Apache-2.0

import Alarms
import ModbusCodec
import Model
import Notices
import People
import Pipeline
import Prevention
import Tickets

/// Sentences that code puts together; templates name theirs themselves.
enum Phrase: String, CaseIterable {
    case moment
    case momentWithSeconds = "moment_with_seconds"
    case ageSeconds = "age_seconds"
    case ageMinutes = "age_minutes"
    case ageHours = "age_hours"
    case ageDays = "age_days"
    case spanSeconds = "span_seconds"
    case spanMinutes = "span_minutes"
    case spanHours = "span_hours"
    case spanHoursMinutes = "span_hours_minutes"
    case spanDays = "span_days"
    case spanDaysHours = "span_days_hours"
    case remainingLeft = "remaining_left"
    case remainingOver = "remaining_over"
    case clockMet = "clock_met"
    case clockMetLate = "clock_met_late"
    case clockRespond = "clock_respond"
    case clockResolve = "clock_resolve"
    case findingSince = "finding_since"
    case findingCleared = "finding_cleared"
    case lossRate = "loss_rate"
    case lossRateRange = "loss_rate_range"
    case lossLitres = "loss_litres"
    case lossCost = "loss_cost"
    case lossCostRange = "loss_cost_range"
    case measureValue = "measure_value"
    case listSeparator = "list_separator"
    case titleOverview = "title_overview"
    case titleTickets = "title_tickets"
    case titleTicket = "title_ticket"
    /// Around the firing of a ticket.
    case trendPicture = "trend_picture"
    case cardCause = "card_cause"
    case labelHint = "label_hint"
    case brokerConnected = "broker_connected"
    case brokerDisconnected = "broker_disconnected"
    case benchTested = "bench_tested"
    case benchNotTested = "bench_not_tested"
    case actorEngine = "actor_engine"
    case personWithRole = "person_with_role"
    case trendTitle = "trend_title"
    case trendFailed = "trend_failed"
    case trendEmpty = "trend_empty"
    case trendGap = "trend_gap"
    case titleHistory = "title_history"
    case historySpan = "history_span"
    case historyDrawn = "history_drawn"
    case historyValue = "history_value"
    case historyOverGap = "history_over_gap"
    case historyCount = "history_count"
    case columnConsumption = "column_consumption"
    case columnReading = "column_reading"
    case columnGood = "column_good"
    case columnLeast = "column_least"
    case columnMean = "column_mean"
    case columnGreatest = "column_greatest"
    case pageTitle = "page_title"
    case savingsPeriod = "savings_period"
    case savingsLosses = "savings_losses"
    case savingsLoss = "savings_loss"
    case savingsSaved = "savings_saved"
    case savingsNotMeasured = "savings_not_measured"
    case savingsSeparator = "savings_separator"
    case savingsZones = "savings_zones"
    case savingsZone = "savings_zone"
    case savingsZoneNight = "savings_zone_night"
    case savingsDwellings = "savings_dwellings"
    case savingsQuartiles = "savings_quartiles"
    case savingsDwelling = "savings_dwelling"
    case savingsPerson = "savings_person"
    case savingsNight = "savings_night"
    case savingsTrend = "savings_trend"
    case savingsNone = "savings_none"
    case reportTitle = "report_title"
    case reportJudged = "report_judged"
    case reportFigures = "report_figures"
    case reportCounts = "report_counts"
    case reportOverdue = "report_overdue"
    case reportFollowUps = "report_follow_ups"
    case reportWater = "report_water"
    case reportTopAssets = "report_top_assets"
    case reportAlarms = "report_alarms"
    case reportGaps = "report_gaps"
    case reportNone = "report_none"
    case reportNoCase = "report_no_case"
    case reportMean = "report_mean"
    case reportShareCounts = "report_share_counts"
    case reportShare = "report_share"
    case reportReached = "report_reached"
    case reportMissed = "report_missed"
    case reportTarget = "report_target"
    case reportFigure = "report_figure"
    case reportPending = "report_pending"
    case reportCount = "report_count"
    case reportOverdueLine = "report_overdue_line"
    case reportFollowUpLine = "report_follow_up_line"
    case reportLost = "report_lost"
    case reportCost = "report_cost"
    case reportSaved = "report_saved"
    case reportTopAsset = "report_top_asset"
    case reportAlarmLine = "report_alarm_line"
    case reportGap = "report_gap"
    case reportTargetTime = "report_target_time"
    case reportTargetTimeReached = "report_target_time_reached"
    case reportTargetTimeMissed = "report_target_time_missed"
    case reportBelowLeast = "report_below_least"
    case reportPerHundred = "report_per_hundred"
    case reportTargetPlain = "report_target_plain"
    case reportTargetPlainReached = "report_target_plain_reached"
    case reportTargetPlainMissed = "report_target_plain_missed"
    case reportByBuilding = "report_by_building"
    case reportBuilding = "report_building"
    case reportReliability = "report_reliability"
    case reportReliable = "report_reliable"
    case reportAlarmShares = "report_alarm_shares"
    case reportAlarmStanding = "report_alarm_standing"
    case reportAlarmTop = "report_alarm_top"
    case reportPlanned = "report_planned"
    case reportPlannedLine = "report_planned_line"
    case reportPlannedOverdue = "report_planned_overdue"
    case reportByRunHours = "report_by_run_hours"
    case titleWork = "title_work"
    case titleNotice = "title_notice"
    case workLast = "work_last"
    case workTold = "work_told"
    case workNotTold = "work_not_told"
    case workDue = "work_due"
    case workWitnesses = "work_witnesses"
    case workHoliday = "work_holiday"
    case workNoHoliday = "work_no_holiday"
    case workLine = "work_line"
    case titleEstates = "title_estates"
    case estatesNoArea = "estates_no_area"
    case estatesSum = "estates_sum"
    case photoLine = "photo_line"
    case photoGone = "photo_gone"
    case photoLimit = "photo_limit"
    case workRecordLine = "work_record_line"
    case noticeSent = "notice_form_sent"
    case noticeDraft = "notice_form_is_draft"
    case noticeApproved = "notice_form_approved"
    case holdUntil = "field_until"
    case newTime = "field_new_time"
    case noticeTitle = "notice_title"
    case noticeUsed = "notice_used"
    case noticeBroken = "notice_broken"
    case noticeMoved = "notice_moved"
    case noticeReason = "notice_reason"
    case noticeRespond = "notice_respond"
    case noticeResolve = "notice_resolve"
    case noticeOwner = "notice_owner"
    case noticeAssignee = "notice_assignee"
    case noticeDigest = "notice_digest"
    case noticeTest = "notice_test"
    case noticeTestDetail = "notice_test_detail"
    case expectedUntil = "expected_until"
    case expectedUntilOptional = "expected_until_optional"
    case reasonRequired = "reason_required"
    case reasonOptional = "reason_optional"
    case verdictLine = "verdict_line"
    case verdictUntil = "verdict_until"
    case titleFault = "title_fault"
    case titleSignIn = "title_sign_in"
    case titleFirstRun = "title_first_run"
    case titleAccount = "title_account"
    case titlePeople = "title_people"
    case titleAudit = "title_audit"
    case peopleGiven = "people_given"
    case peopleActive = "people_active"
    case peopleWaits = "people_waits"
    case peopleExpired = "people_expired"
    case peopleDisabled = "people_disabled"
    case faultMade = "report_form_made"
    case faultOwner = "report_form_owner"
    case titleAlarms = "title_alarms"
    case titleAlarm = "title_alarm"
    case alarmFlood = "alarm_flood"
    case alarmStorm = "alarm_storm"
    case alarmSince = "alarm_since"
    case alarmReturned = "alarm_returned"
    case alarmFlapping = "alarm_flapping"
    case alarmWithin = "alarm_within"
    case alarmWithheld = "alarm_withheld"
    case alarmWithheldUntil = "alarm_withheld_until"
    case alarmExplained = "alarm_explained"
    case alarmWork = "alarm_work"
    case alarmLine = "alarm_line"
    case alarmPercent = "alarm_percent"
    case alarmWhy = "alarm_why"
    case alarmWhyOptional = "alarm_why_optional"
    case helpTable = "help_table"
    case titleWater = "title_water"
    case titleAssets = "title_assets"
    case titleReports = "title_reports"
    case titleSystem = "title_system"
    case waterAsOf = "water_as_of"
    case waterLostNothing = "water_lost_nothing"
    case waterLostToday = "water_lost_today"
    case waterLostTodayRange = "water_lost_today_range"
    case waterRange = "water_range"
    case waterNotRead = "water_not_read"
    case waterHeadNotRead = "water_head_not_read"
    case waterOthers = "water_others"
    case waterUnaccounted = "water_unaccounted"
    case waterOpen = "water_open"
    case waterWithin = "water_within"
    case waterPicture = "water_picture"
    case waterBox = "water_box"
    case waterNightLine = "water_night_line"
    case waterWeeks = "water_weeks"
    case waterWeeksNothing = "water_weeks_nothing"
    case assetQuality = "asset_quality"
    case assetBus = "asset_bus"
    case reportLastWeek = "report_last_week"
    case systemWorks = "system_works"
    case systemFails = "system_fails"
    case systemSynced = "system_synced"
    case systemUnsynced = "system_unsynced"
    case systemEchoMissing = "system_echo_missing"
    case systemEchoThere = "system_echo_there"
    case systemUnitsDown = "system_units_down"
    case systemCommandLine = "system_command_line"
    case systemCommandDoctor = "system_command_doctor"
    case systemCommandBackup = "system_command_backup"
    case systemCommandConfig = "system_command_config"
    case titleSettings = "title_settings"
    case settingsRefused = "settings_refused"
    case settingsStep = "settings_step"
    case settingsFileValue = "settings_file_value"
    case settingsOfPage = "settings_of_page"
    case settingsUsual = "settings_usual"
    case settingsMinutes = "settings_minutes"
    case settingsPercent = "settings_percent"
    case figureAlarms = "figure_alarms"
    case figureAlarmsMost = "figure_alarms_most"
    case figureAlarmsFlood = "figure_alarms_flood"
    case figureAlarmsTop = "figure_alarms_top"
    case figureAlarmsShares = "figure_alarms_shares"
    case figureAlarmsStanding = "figure_alarms_standing"
}

/// Sentences with a number in them; the catalogue has each with `_one` and `_other`.
enum CountedPhrase: String, CaseIterable {
    case findings = "count_findings"
    case offline = "count_offline"
    case stale = "count_stale"
    case bad = "count_bad"
    case answering = "count_answering"
    case waitingMessages = "count_waiting_messages"
    case openTickets = "count_open_tickets"
    case alarms = "count_alarms"
    case shelved = "count_shelved"
    case unusual = "count_unusual"
    case occurrences = "count_occurrences"
    case unreadMeters = "count_unread_meters"
    case homes = "count_homes"
    case wholeDays = "count_whole_days"
    case devices = "count_devices"
}

/// Words for values that other parts of the gateway give.
///
/// A value that is not listed is shown as it is, so that a new state or rule never breaks the page.
enum WordFamily: String, CaseIterable {
    case month, rule, evidence, measure, state, waits, event, action, holdReason, reason, quality, availability, role,
        kind
    case system, status, severity, point, label, flag, problem, fault, range, period, verdict, announcement
    case alarmState, alarmDeed, alarmEvent
    /// What is wrong, in the words of a person who reports it.
    case trouble
    /// What a person does about an alarm of a rule, and what comes of doing nothing.
    case alarmAction, alarmConsequence
    case reportKind, figure, formula, promise, ground, followUpState, post
    case count = "count_of"
    /// Headings of the logs of a device, and what their lines say.
    case log
    /// What residents are told of a ticket.
    case resident
    /// Who must act on an asset, and what the owner of its ticket does about that.
    case party, partyAdvice
    /// Headings of an asset's card and of a ticket on paper.
    case card, sheet
    case residentKind
    /// What a form of a notice to residents asks for.
    case noticeField
    /// Why planned work, a notice or a photo was not taken, and what a notice may lack.
    case refusal, noticeSlot
    /// What a message tells of a ticket.
    case notice
    case waterPeriod = "water_period"
    case weekday
    /// What the gateway tells of itself.
    case gateway
    /// What the line doctor suspects.
    case line
    /// Tables of registers and bits.
    case table
    /// What a setting that the page offers is for.
    case setting

    func key(_ member: String) -> String { "\(rawValue)_\(member)" }

    /// Every value that both catalogues have a text for.
    var members: [String] {
        switch self {
        case .month: (1...12).map { "\($0)" }
        case .rule:
            FindingVocabulary.alarmRules + ["complaint", RuleIdentifier.alarmStorm.text]
                + PlannedWork.Kind.allCases.map(\.rawValue) + InspectionLine.Kind.allCases.map(\.rawValue)
                + FaultReport.failureModes.map(\.text)
        case .evidence: FindingVocabulary.sentences
        case .measure: FindingVocabulary.measures
        case .state:
            [
                "new", "assigned", "accepted", "onSite", "inProgress", "onHold", "resolved", "verifying",
                "awaitingSignOff", "closed", "cancelled", "merged", "falseAlarm",
            ]
        case .waits:
            [
                "new", "assigned", "accepted", "onSite", "inProgress", "onHold", "resolved", "verifying",
                "awaitingSignOff", "closed",
            ]
        case .event:
            [
                "raised", "alarmAppended", "assign", "accept", "arrive", "resolve", "verifying", "verified",
                "verifyFailed", "sign-off", "signOff", "breached", "cleared", "reopen", "rootMoved", "absorbed",
                "merged",
                "alarmEnded", "selfCleared", "signOffFailed", "grab", "start", "hold", "resume", "holdEnded", "attempt",
                "postpone", "postponementRefused", "handOver", "takeOver", "cancel", "falseAlarm", "followUp",
                "escalated", "reported", "residentNotice", "inform", "feedbackDue", "photo",
            ]
        case .action: TicketAction.Verb.allCases.map(\.rawValue)
        case .holdReason: HoldWords.all
        case .reason:
            [
                "frozen", "soft_range", "suspect_step", "restored", "gap", "starting", "timeout", "device_down",
                "bus_down", "crc", "frame", "address", "sentinel", "not_finite", "range", "contact_pair", "stale",
                "disabled", "exception",
            ]
        case .quality: ["good", "uncertain", "bad", "stale", "none"]
        case .availability: ["online", "offline", "unknown"]
        case .role: Role.allCases.map(\.rawValue)
        case .kind: ["water-meter", "level", "pump", "lift", "gate"]
        case .system: EstateSystem.allCases.map(\.rawValue)
        case .status: SystemStatus.Level.allCases.map(\.rawValue)
        case .severity: Severity.allCases.map(\.word)
        case .point:
            [
                "total", "flow", "reverse_total", "status", "running", "fault", "warning", "outlet_pressure", "power",
                "starts", "run_hours", "energy", "level", "door", "direction", "mode", "safety_chain", "alarm_button",
                "position", "forced", "cycles",
            ]
        case .label: ["open", "closed", "moving", "up", "down", "stopped", "normal", "inspection", "between"]
        case .flag:
            [
                "running_true", "running_false", "fault_true", "fault_false", "warning_true", "warning_false",
                "safety_chain_true", "safety_chain_false", "alarm_button_true", "alarm_button_false", "forced_true",
                "forced_false", "true", "false",
            ]
        case .problem: Problem.Kind.allCases.flatMap { [$0.rawValue, $0.rawValue + "_detail"] }
        case .verdict:
            FindingVerdict.Verb.allCases.flatMap { [$0.rawValue, $0.rawValue + "_said", $0.rawValue + "_hint"] }
                + ["expected_until_hint"]
        case .trouble: FaultReport.failureModes.map(\.text)
        case .alarmState: AlarmState.allCases.map(\.rawValue)
        case .alarmDeed: AlarmAction.Verb.allCases.map(\.rawValue)
        case .alarmEvent: ["raised", "returned", "released", "changed"] + AlarmAction.Verb.allCases.map(\.rawValue)
        case .alarmAction, .alarmConsequence: FindingVocabulary.alarmRules
        case .announcement:
            AnnouncementSettings.Kind.allCases.map(\.rawValue) + AnnouncementLine.State.allCases.map(\.rawValue)
        case .fault: RequestFault.Word.allCases.map(\.rawValue)
        case .range: TrendRange.allCases.map(\.rawValue)
        case .period: HistoryPeriod.allCases.map(\.rawValue)
        case .log:
            EquipmentLog.Book.allCases.map(\.rawValue) + [
                "title", "book", "date", "written", "event", "what", "person", "note", "source", "corrects", "began",
                "ended", "done", "vehicles", "none", "signature",
            ]
        case .card:
            [
                "asset", "place", "model", "bench", "bus", "parent", "responsible", "boundary", "contact", "service",
                "warranty",
            ]
        case .sheet: ["urgency", "cause", "done", "parts", "signed"]
        case .party, .partyAdvice: ResponsibleParty.allCases.map(\.rawValue)
        case .resident: ResidentNotice.Kind.allCases.map(\.rawValue) + ["utility-cause"]
        case .residentKind: ResidentNotice.Kind.allCases.map(\.rawValue)
        case .noticeField: ["cause", "causeEn", "place", "placeEn", "start", "end", "phone"]
        case .refusal: RefusalReason.words
        case .noticeSlot: ResidentSlot.allCases.map(\.rawValue)
        case .notice: NoticeKind.allCases.map(\.rawValue)
        case .reportKind: ReportKind.allCases.map(\.rawValue)
        case .figure, .formula: FigureKey.allCases.map(\.rawValue)
        case .promise: TicketClock.allCases.map(\.rawValue)
        case .ground: ["major", "drawn", "toppedUp"]
        case .followUpState: ["done", "due"]
        case .post: DutyPost.allCases.map(\.rawValue)
        case .count: TicketReport.Counts.names
        case .waterPeriod: WaterPeriod.allCases.map(\.rawValue)
        case .weekday: (1...7).map { "\($0)" }
        case .gateway:
            [
                "broker", "waiting", "oldest", "acknowledged", "refused", "echo", "readings", "dropped", "database",
                "free", "since", "clock", "memory",
            ]
        case .line: LineWords.words
        case .table: RegisterTable.allCases.map(\.rawValue)
        case .setting: SettingWords.described
        }
    }
}
